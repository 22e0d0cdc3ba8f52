"""Rise: only by evidence and sign-off, one level at a time, never above the cap."""

from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.evidence import ERRORS, Error, Evidence, Found, Success
from interlock.autonomy.promotion import cap, held, needed, risen, weighed
from interlock.policy.decisions import Risk
from interlock.policy.operations import PromotionCriteria

from .conftest import OURS, criteria, day, did, evidences, exposed  # isort: skip

CRITERIA = st.builds(
    criteria,
    min_successful_actions=st.integers(1, 90),
    max_error_rate=st.sampled_from([0.0, 0.02, 0.1, 1.0]),
    review_period_days=st.sampled_from([0.0, 3.0]),
    requires_human_sign_off=st.booleans(),
    evidence=st.sampled_from(["counts", "e_process"]),
)
KINDS: tuple[Literal["counts", "e_process"], ...] = ("counts", "e_process")


class TestLaws:
    @given(known=evidences(), asked=CRITERIA, highest=st.integers(0, 3), agreed=st.booleans())
    def test_a_level_rises_only_by_evidence_and_sign_off(
        self, known: Evidence, asked: PromotionCriteria, highest: int, agreed: bool
    ) -> None:
        """I14: a level rises by one where all is met and agreed, up to its cap; else not at all."""
        found = weighed(known, asked, day(5), highest)
        rises = (
            not found.missing
            and known.level < highest
            and (agreed or not asked.requires_human_sign_off)
        )

        assert risen(known.level, found, signed_off=agreed) == known.level + rises

    @given(known=evidences(), asked=CRITERIA, error=st.sampled_from(ERRORS), days=st.integers(0, 9))
    def test_an_error_never_brings_it_nearer(
        self, known: Evidence, asked: PromotionCriteria, error: Error, days: int
    ) -> None:
        """Where the criteria are met after an error, of whatever call, they were met without it."""
        act = did(1001, error, at=day(days), level=known.level)
        late = Found(1001, day(days), did(1000, level=known.level), error)

        for fact in (act, late):
            if weighed(known.after(fact), asked, day(5), 3).met:
                assert weighed(known, asked, day(5), 3).met

    @given(known=evidences(), asked=CRITERIA, outcome=st.sampled_from(["unseen", "right"]))
    def test_a_success_never_takes_it_farther(
        self, known: Evidence, asked: PromotionCriteria, outcome: Success
    ) -> None:
        """Where the criteria are met, one more success of the same makings leaves them met."""
        more = known.after(did(1001, outcome, level=known.level))

        if weighed(known, asked, day(5), 3).met:
            assert weighed(more, asked, day(5), 3).met

    @given(known=evidences(), asked=CRITERIA)
    def test_a_changed_schema_never_brings_it_nearer(
        self, known: Evidence, asked: PromotionCriteria
    ) -> None:
        """A tool that changes its schema helps no agent, whatever was wrong before."""
        same, other = (
            known.after(did(1001, level=known.level, versions=OURS._replace(tool_schema=schema)))
            for schema in ("s1", "s9")
        )

        if weighed(other, asked, day(2000), 3).met:
            assert weighed(same, asked, day(2000), 3).met


@pytest.mark.parametrize(("signed_off", "level"), [(True, 2), (False, 1)])
def test_without_sign_off_nobody_rises(signed_off: bool, level: int) -> None:
    """All criteria met open a question to people; only their answer raises the level."""
    found = weighed(exposed(level=1, right=50), criteria(), day(7), 3)

    assert found.met
    assert risen(1, found, signed_off=signed_off) == level


def test_an_answer_raises_only_the_level_it_was_about() -> None:
    """A sign-off that comes after the level changed raises nothing."""
    found = weighed(exposed(level=1, right=50), criteria(), day(7), 3)

    assert [risen(level, found, signed_off=True) for level in (0, 2, 3)] == [0, 2, 3]


class TestCounts:
    @pytest.mark.parametrize(
        ("unseen", "failed", "days", "met"),
        [
            (50, 0, 7.0, True),
            (49, 0, 7.0, False),
            (50, 1, 7.0, True),
            (50, 2, 7.0, False),
            (98, 2, 7.0, True),
            (97, 2, 7.0, False),
            (50, 0, 6.999, False),
        ],
    )
    def test_as_written(self, unseen: int, failed: int, days: float, met: bool) -> None:
        """50 successes, at most 2 % errors over the same exposure, 7 days, not one less."""
        known = exposed(unseen=unseen, tool_failed=failed)

        assert weighed(known, criteria(), day(days), 3).met == met

    def test_it_says_what_is_missing(self) -> None:
        """Each missing thing is named, with how much of it."""
        verdict = weighed(exposed(unseen=46, edited=3), criteria(), day(5), 0)

        top, few, many, early = verdict.missing
        assert top == "level 0 is the highest here"
        assert few == "4 successful actions more"
        assert many.startswith("3 errors in 49 actions are more than 2 %; ")
        assert many.endswith("without another error 101 more actions make it")
        assert early == "2 more days at the level"
        assert (verdict.errors.hits, verdict.errors.of) == (3, 49)

    def test_no_error_allowed(self) -> None:
        """At a limit of 0 one error is too many for ever, and none is fine."""
        none = criteria(max_error_rate=0.0)

        assert weighed(exposed(right=50), none, day(7), 3).met
        (why,) = weighed(exposed(right=50, rejected=1), none, day(7), 3).missing
        assert why == "1 error in 51 actions, where none is allowed"


class TestEProcess:
    @pytest.mark.parametrize(("errors", "actions"), [(0, 195), (1, 319), (2, 424)])
    def test_it_takes_as_many_as_the_table_says(self, errors: int, actions: int) -> None:
        """At 2 % the known numbers of judged actions suffice, and one less does not."""
        asked = criteria(evidence="e_process")

        assert needed(errors, 0.02) == actions
        for fewer, met in ((0, True), (1, False)):
            known = exposed(right=actions - errors - fewer, rejected=errors)
            assert weighed(known, asked, day(7), 3).met == met

    def test_what_nobody_looked_at_proves_nothing(self) -> None:
        """Ten thousand actions that nobody saw leave the rate of errors open."""
        verdict = weighed(exposed(unseen=10_000), criteria(evidence="e_process"), day(7), 3)

        (why,) = verdict.missing
        assert why.startswith("0 judged actions with 0 errors leave 2 % possible; ")
        assert why.endswith("without another error 195 more judged actions rule it out")
        assert (verdict.errors.of, verdict.log_weight) == (0, 0.0)

    def test_never_to_err_cannot_be_shown(self) -> None:
        """A limit of 0 is never met, and the verdict says so instead of counting for ever."""
        asked = criteria(evidence="e_process", max_error_rate=0.0)

        assert "cannot be shown" in weighed(exposed(right=9999), asked, day(7), 3).missing[-1]

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_days_count_for_both(self, kind: Literal["counts", "e_process"]) -> None:
        """No amount of evidence shortens the review period."""
        known = exposed(right=10_000)
        at = known.since + timedelta(days=6) if known.since else day(6)

        assert weighed(known, criteria(evidence=kind), at, 3).missing == (
            "1 more days at the level",
        )


class TestCap:
    @pytest.mark.parametrize(
        ("tags", "risk", "highest"),
        [
            (("read",), "low", 3),
            (("read", "delete"), "high", 1),
            (("write",), "medium", 2),
            ((), "low", 3),
            (None, "low", 1),
            (("read",), "critical", 1),
            (("read",), None, 1),
        ],
    )
    def test_the_lowest_of_all_that_may_be(
        self, tags: tuple[str, ...] | None, risk: Risk | None, highest: int
    ) -> None:
        """Each tag's cap counts; what is unknown may be any; a critical risk stays at 1."""
        assert cap({"default": 3, "delete": 1, "write": 2}, tags, risk) == highest

    def test_the_default_is_a_cap_too(self) -> None:
        """No tag lifts what holds for all."""
        assert cap({"default": 1, "read": 3}, ("read",), "low") == 1

    @given(level=st.integers(0, 3), highest=st.integers(0, 3))
    def test_a_call_is_never_decided_above_its_cap(self, level: int, highest: int) -> None:
        """The level that counts for a call is the lower of the agent's and the cap."""
        assert held(level, highest) == min(level, highest)
