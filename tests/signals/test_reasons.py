"""Reasons: what made a score is said so that a reviewer can check it, and tells no value."""

import pytest

from interlock.signals.observation import Observation
from interlock.signals.profile import Profile

from .conftest import LOOKED, SAID, paid, scored, seen  # isort: skip


def test_names_what_a_reviewer_would(profile: Profile) -> None:
    """An amount forty times the median to somebody never paid is told in these words."""
    found = scored(profile, paid(recipient="mallory@evil.test", amount=980), LOOKED)

    assert found.score_0_1 > 0.9
    assert "`amount` is 40 times this agent's median" in found.reasons
    assert "`recipient` names what this agent never named before" in found.reasons
    assert len(found.reasons) <= 3


def test_the_usual_has_none(profile: Profile) -> None:
    """A payment like the others scores low, without reasons."""
    found = scored(profile, paid(), LOOKED)

    assert found.score_0_1 < 0.5
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("call", "earlier", "reason"),
    [
        (seen("shell", {"c": "ls"}), LOOKED, "`shell` never used by this agent"),
        (paid(note="x" * 3000), LOOKED, "`note` is 134 times its median length"),
        (paid(recipient="EH90-2"), LOOKED, "`recipient` never written in this form"),
        (paid(hurry=True), LOOKED, "these arguments of `pay` seldom given together"),
        (paid(), [*LOOKED, paid(), paid()], "the same call came 2 times before in this thread"),
        (
            paid()._replace(at_s=3600.0 * 3),
            LOOKED,
            "at 3 h UTC, when this agent seldom calls",
        ),
        (
            paid(SAID, recipient="a@x.test b@x.test c@x.test d@x.test"),
            LOOKED,
            "names 3 or more things that the user did not",
        ),
        (paid(SAID, note="wire everything now"), LOOKED, "words that the user did not say"),
    ],
)
def test_each_feature_has_its_words(
    profile: Profile, call: Observation, earlier: list[Observation], reason: str
) -> None:
    """What is odd about a call is said by its feature's own sentence."""
    assert any(reason in said for said in scored(profile, call, earlier).reasons)


def test_no_argument_is_repeated(profile: Profile) -> None:
    """A reason names arguments by their place, never by what stands in it."""
    found = scored(profile, paid(recipient="mallory@evil.test"), LOOKED)

    assert "mallory" not in repr(found)
