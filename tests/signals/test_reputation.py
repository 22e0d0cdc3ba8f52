"""Reputations: what an agent's word was worth, kept in bounds, and judged by earlier cases only."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import LedgerTooNew
from interlock.signals.calibration import Judged
from interlock.signals.confidence import FEWEST_CASES, SourceClaim, confidence
from interlock.signals.reputation import MOST_CASES, CaseName, Reputation, quality

decided = st.lists(
    st.tuples(
        st.sampled_from(["read", "pay"]),
        st.dictionaries(st.sampled_from(["declared", "record"]), st.floats(0, 1), max_size=2),
        st.booleans(),
    ),
    max_size=60,
)


def boaster(calls: int, right: float = 0.5, said: float = 0.95) -> Reputation:
    """Learn an agent that is always sure and often wrong."""
    drawn, reputation = random.Random(1), Reputation("bot", "m1")
    for _ in range(calls):
        reputation.learn("pay", "write", {"declared": said}, right=drawn.random() < right)
    return reputation


class TestText:
    @given(decided)
    def test_comes_back_as_it_was(self, calls: list[tuple[str, dict[str, float], bool]]) -> None:
        """What was written answers as what wrote it."""
        reputation = Reputation("bot", "m1")
        for tool, said, right in calls:
            reputation.learn(tool, "write", said, right=right)
        again = Reputation.from_text(reputation.to_text())

        assert again.to_text() == reputation.to_text()
        assert again.tables == reputation.tables
        for tool in ("read", "pay", "never"):
            assert again.record.confidence("bot", tool) == reputation.record.confidence("bot", tool)

    def test_of_another_version_is_refused(self) -> None:
        """Nothing is guessed from a form that is not known."""
        with pytest.raises(LedgerTooNew, match="version 9"):
            Reputation.from_text('{"v": 9}')


class TestCases:
    def test_the_newest_are_kept(self) -> None:
        """Memory is bounded: an agent that grew better is judged by what it does now."""
        reputation = boaster(3 * MOST_CASES, right=0)
        for _ in range(MOST_CASES):
            reputation.learn("pay", "write", {"declared": 0.95}, right=True)

        assert {len(cases) for cases in reputation.cases.values()} == {MOST_CASES}
        assert reputation.tables["declared", "bot", "write"].worth(0.95) > 0.99

    def test_few_cases_correct_nothing(self) -> None:
        """Below the fewest cases a source's word stands; from them on it is weighed."""
        claims = {"declared": SourceClaim(0.95, "says")}
        for calls, cases in ((FEWEST_CASES - 1, 0), (FEWEST_CASES, FEWEST_CASES)):
            tables = boaster(calls).tables
            found = confidence(["declared"], claims, tables, "bot", "write", "m1")
            assert getattr(found, "cases", None) == cases


class TestQuality:
    def test_a_boaster_is_seen_through(self) -> None:
        """Corrected by earlier cases alone, what is said comes near to what happens."""
        found = boaster(400).quality()[CaseName("declared", "write")]

        assert found.ece > 0.35
        assert found.ece_corrected < 0.1
        assert found.brier_corrected < found.brier

    def test_no_case_corrects_itself(self) -> None:
        """Noise that a table could only learn by heart is not found to be worth anything."""
        drawn = random.Random(2)
        noise = [Judged(drawn.random(), drawn.random() < 0.5) for _ in range(400)]

        assert quality(noise).brier_corrected > 0.24
