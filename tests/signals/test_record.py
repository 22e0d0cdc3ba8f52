"""Track records: a few calls prove little, many take over, another agent's prove nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.record import TrackRecord

decided = st.lists(
    st.tuples(st.sampled_from(["ana", "bo"]), st.sampled_from(["read", "pay"]), st.booleans())
)


def learned(calls: list[tuple[str, str, bool]]) -> TrackRecord:
    """Learn decided calls."""
    record = TrackRecord()
    for agent, tool, right in calls:
        record.learn(agent, tool, right=right)
    return record


class TestLaws:
    @given(decided)
    def test_a_record_never_makes_certain(self, calls: list[tuple[str, str, bool]]) -> None:
        """Confidence stays within (0, 1), or is missing for who was never seen."""
        record = learned(calls)

        for agent in ("ana", "bo", "cy"):
            found = record.confidence(agent, "pay")
            assert (found is None) == (agent not in {call[0] for call in calls})
            assert found is None or 0 < found < 1

    @given(decided)
    def test_a_right_call_never_lowers_it(self, calls: list[tuple[str, str, bool]]) -> None:
        """One more right call raises confidence in that tool, a wrong one lowers it."""
        base = [*calls, ("ana", "pay", True)]
        now, more, less = (
            learned(base + extra).confidence("ana", "pay") or 0.0
            for extra in ([], [("ana", "pay", True)], [("ana", "pay", False)])
        )

        assert less < now < more

    @given(decided)
    def test_written_and_read_is_the_same(self, calls: list[tuple[str, str, bool]]) -> None:
        """JSON carries a record exactly, whatever order it was learned in."""
        written = learned(calls).to_json()

        assert TrackRecord.from_json(json.loads(json.dumps(written))).to_json() == written
        assert learned(calls[::-1]).to_json() == written

    @given(decided)
    def test_read_back_it_says_the_same(self, calls: list[tuple[str, str, bool]]) -> None:
        """A record that was kept gives the same confidence as before."""
        record = learned(calls)
        again = TrackRecord.from_json(record.to_json())

        assert again.confidence("ana", "pay") == pytest.approx(record.confidence("ana", "pay"))


def test_a_tool_starts_from_its_agent() -> None:
    """An agent that is mostly wrong is not trusted with a tool it never used."""
    record = learned([("ana", "read", True)] * 20 + [("bo", "read", False)] * 20)
    good, bad = record.confidence("ana", "pay"), record.confidence("bo", "pay")

    assert good is not None
    assert bad is not None
    assert bad < 0.1
    assert good > 0.9


def test_its_own_record_takes_over() -> None:
    """Twenty wrong payments outweigh two hundred right look-ups."""
    record = learned([("ana", "read", True)] * 200 + [("ana", "pay", False)] * 20)

    assert (record.confidence("ana", "pay") or 1) < 0.15
    assert record.words("ana", "pay") == "0 of 20 decided calls of `pay` were right"


def test_a_changed_model_starts_anew() -> None:
    """What an agent did with another model is forgotten; other agents keep their records."""
    record = learned([("ana", "pay", True), ("bo", "pay", True)])
    record.forget("ana")

    assert record.confidence("ana", "pay") is None
    assert record.confidence("bo", "pay") is not None
