"""Unlearn: what a call at fault named is new again; what others did stays."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.observation import Observation, observe
from interlock.signals.profile import POOLS, Profile
from interlock.signals.unlearning import unlearn

DAY_S = 86_400.0
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["read", "write", "pay"]),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.text("xy1@", max_size=6)),
        st.integers(0, 40),
    ),
    max_size=9,
)


def seen(tool: str, args: dict[str, Any], day: int = 0) -> Observation:
    """Observe a call of a day."""
    found = observe(tool, args, b"k", at_s=day * DAY_S)
    assert isinstance(found, Observation)
    return found


def learned(*calls: Observation) -> Profile:
    """Learn calls, in order, each in a thread of its own."""
    profile = Profile()
    for call in calls:
        profile.learn(call)
    return profile


@given(CALLS, st.integers(0, 9), CALLS)
def test_what_was_known_is_what_others_taught(before: Any, day: int, after: Any) -> None:
    """Whenever a call is taken out, the values, names, words and tools of others are known."""
    wrong = seen("pay", {"a": "mallory@evil.example", "b": 4711}, day)
    first = [seen(tool, args) for tool, args, _ in before]
    then = [seen(*call[:2], day + call[2]) for call in sorted(after, key=lambda call: call[2])]
    profile = learned(*first, wrong, *then)
    unlearn(profile, wrong)
    without = learned(*first, *then).faded(profile.day)

    for name in (*POOLS, "tools"):
        left = profile.seen(name).weights
        wanted = without[name,].weights if (name,) in without else {}
        assert left.keys() == wanted.keys()
        assert all(left[thing] == pytest.approx(wanted[thing]) for thing in left)


def test_a_stranger_is_strange_again() -> None:
    """Whom only the call at fault named is new to the agent; a usual name stays known."""
    usual = [seen("pay", {"to": "ana@example.com", "amount": at}) for at in range(5)]
    wrong = seen("pay", {"to": "mallory@evil.example", "amount": 900})
    profile = learned(*usual, wrong)
    unlearn(profile, wrong)
    known = profile.seen("known identifiers").weights

    assert not {digest for _, digest in wrong.identifiers} & known.keys()
    assert {digest for _, digest in usual[0].identifiers} <= known.keys()
    assert profile.calls == pytest.approx(5)


def test_of_what_was_never_learned_nothing_is_taken() -> None:
    """A call that the profile does not know leaves it as it is."""
    profile = learned(seen("pay", {"to": "ana@example.com"}))
    before = profile.to_text()
    unlearn(profile, seen("write", {"path": "/etc/passwd"}))

    assert profile.to_text() == before
