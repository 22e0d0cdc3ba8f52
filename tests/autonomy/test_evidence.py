"""Gather: evidence is its facts, each once; nothing but good work under watch brings it further."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.evidence import (
    ERRORS,
    Acted,
    Entered,
    Error,
    Evidence,
    EvidenceFact,
    Exposure,
    Found,
    Versions,
    gathered,
)

from .conftest import FINDINGS, OURS, START, day, did, histories  # isort: skip


def now_of(*facts: EvidenceFact) -> Exposure:
    """Return the present exposure after some facts."""
    return gathered(facts).now


class TestLaws:
    @given(facts=histories(), at=st.integers(0, 14))
    def test_any_prefix_written_down_and_gone_on_with_is_the_whole(
        self, facts: list[EvidenceFact], at: int
    ) -> None:
        """Folding a prefix, writing it as JSON, reading it and going on equals folding all."""
        written = json.dumps(gathered(facts[:at]).to_json())
        read = Evidence.from_json(json.loads(written))

        assert read == gathered(facts[:at])
        assert gathered(facts[at:], read) == gathered(facts)

    @given(facts=histories(), at=st.integers(0, 13))
    def test_a_fact_that_comes_again_changes_nothing(
        self, facts: list[EvidenceFact], at: int
    ) -> None:
        """Whatever is delivered twice, at once or later, counts once."""
        again = [*facts, facts[min(at, len(facts) - 1)], facts[-1]]

        assert gathered(again) == gathered(facts)

    @given(facts=histories())
    def test_every_action_is_counted_once_at_its_level(self, facts: list[EvidenceFact]) -> None:
        """Findings move actions between outcomes and make none; errors never become fewer."""
        known, errors = Evidence(), 0
        for fact in facts:
            known = known.after(fact)
            ever = sum(each.errors for each in known.levels)
            assert ever >= errors
            errors = ever
        acted = [fact for fact in facts if isinstance(fact, Acted)]

        for level, exposure in enumerate(known.levels):
            assert exposure.actions == sum(fact.level == level for fact in acted)
            assert min(exposure) >= 0

    @given(facts=histories(), finding=st.sampled_from(FINDINGS), at=st.integers(0, 13))
    def test_a_finding_makes_no_success(
        self, facts: list[EvidenceFact], finding: Error, at: int
    ) -> None:
        """Whatever is found of whichever call, also twice, there are not more successes after."""
        known = gathered(facts)
        calls = [fact for fact in facts if isinstance(fact, Acted)]
        for seq, acted in enumerate(calls[at : at + 1] * 2, start=known.seq + 1):
            after = known.after(Found(seq, START, acted, finding))
            assert after.now.successes <= known.now.successes
            assert after.now.errors >= known.now.errors
            known = after

    @given(facts=histories(), hours=st.lists(st.integers(0, 72), min_size=14, max_size=14))
    def test_a_clock_that_steps_back_shortens_no_review(
        self, facts: list[EvidenceFact], hours: list[int]
    ) -> None:
        """However often a clock is set back, the time at the level is not more than passed."""
        back, true_at, begun = timedelta(), START, START
        known = Evidence()
        for number, fact in enumerate(facts):
            true_at += timedelta(hours=6)
            back += timedelta(hours=hours[number] if number % 3 == 2 else 0)
            before, known = known.since_seq, known.after(fact._replace(at=true_at - back))
            begun = true_at if number == 0 or known.since_seq != before else begun
            assert known.time_at_level(true_at - back) <= true_at - begun

    @given(facts=histories(), behind=st.integers(0, 500))
    def test_a_level_is_entered_no_earlier_than_anything_seen(
        self, facts: list[EvidenceFact], behind: int
    ) -> None:
        """A clock that is behind as the level is entered and then set right gains no days."""
        known = gathered(facts)
        latest = max(fact.at for fact in facts)
        entered = known.after(Entered(known.seq + 1, latest - timedelta(hours=behind), 1))

        assert entered.time_at_level(latest) == timedelta()


class TestErrors:
    @pytest.mark.parametrize("error", ERRORS)
    def test_each_cause_is_told_apart(self, error: Error) -> None:
        """An error is counted under its cause, and no success beside it."""
        now = now_of(did(1, error), did(2, "right"))

        assert now == Exposure(right=1, **{error: 1})

    def test_a_finding_turns_a_success(self) -> None:
        """What an audit finds wrong is an error and no success any more."""
        call = did(1)

        assert now_of(call, Found(2, day(2), call, "audit_harm")) == Exposure(audit_harm=1)

    def test_a_finding_that_all_was_well_is_a_look(self) -> None:
        """An unseen success that an audit finds fine is one that somebody looked at."""
        call = did(1)

        assert now_of(call, Found(2, day(2), call, "right")) == Exposure(right=1)

    def test_an_error_is_never_taken_back(self) -> None:
        """No later finding makes a rejected call right."""
        call = did(1, "rejected")

        assert now_of(call, Found(2, day(2), call, "right")) == Exposure(rejected=1)

    def test_what_is_found_late_counts_now(self) -> None:
        """An error in a call of an earlier level is not lost with that level's exposure."""
        call = did(1)
        known = gathered([call, Entered(2, day(2), 1), Found(3, day(3), call, "audit_error")])

        assert known.now == Exposure(audit_error=1)
        assert known.levels[0] == Exposure(audit_error=1)

    def test_a_call_of_the_old_level_is_no_success_at_the_new_one(self) -> None:
        """What was decided before the level was entered and ends after counts only if it errs."""
        entered = Entered(1, day(1), 1)

        assert now_of(entered, did(2, level=0)) == Exposure()
        assert now_of(entered, did(2, "tool_failed", level=0)) == Exposure(tool_failed=1)


class TestVersions:
    @pytest.mark.parametrize("change", [{"model": "m2"}, {"prompt": "p2"}])
    def test_another_model_or_prompt_starts_from_nothing(self, change: dict[str, str]) -> None:
        """Neither successes, errors nor days of another model or prompt count."""
        known = gathered([did(1), did(2, "edited"), did(5, versions=OURS._replace(**change))])

        assert known.now == Exposure(unseen=1)
        assert known.since == day(5)

    def test_another_schema_leaves_the_errors(self) -> None:
        """A tool whose schema changes washes no error away, and takes every success and day."""
        known = gathered(
            [did(1), did(2, "edited"), did(5, versions=OURS._replace(tool_schema="t"))]
        )

        assert known.now == Exposure(unseen=1, edited=1)
        assert known.since == day(5)

    def test_two_tools_have_two_schemas(self) -> None:
        """Calls of different tools by turns change no version."""
        other = {"place": did(1).place._replace(tool="mail.read"), "versions": Versions("m1", "p1")}

        assert now_of(did(1), did(2, **other), did(3), did(4, **other)) == Exposure(unseen=4)

    def test_an_old_models_error_is_not_the_new_ones(self) -> None:
        """A late finding about the model before stays with all that ever happened."""
        call = did(1)
        new = did(2, versions=Versions("m2"))
        known = gathered([call, new, Found(3, day(3), call, "audit_harm")])

        assert known.now == Exposure(unseen=1)
        assert known.levels[0] == Exposure(unseen=1, audit_harm=1)


def test_entering_a_level_starts_anew() -> None:
    """A risen, fallen or newly begun agent has nothing to show yet at its level."""
    known = gathered([did(1), did(2, "rejected"), Entered(3, day(3), 1)])

    assert (known.level, known.now, known.since) == (1, Exposure(), day(3))
    assert known.levels[0].actions == 2


def test_the_time_at_a_level_passes() -> None:
    """It runs from the level's beginning, or the first action of whoever never entered one."""
    assert gathered([did(1), did(3)]).time_at_level(day(4)) == timedelta(days=3)
    assert gathered([Entered(2, day(2), 1)]).time_at_level(day(4)) == timedelta(days=2)


def test_before_any_fact_no_time_has_passed() -> None:
    """Nobody has been at a level before anything was seen of them."""
    assert Evidence().time_at_level(day(100)) == timedelta()
