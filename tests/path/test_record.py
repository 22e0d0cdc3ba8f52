"""Record: one table of transitions, and a chain that shows every change."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import InvariantError
from interlock.path.record import (
    ANSWERED,
    GENESIS,
    PROBED,
    RUNNABLE,
    TRANSITIONS,
    Entry,
    State,
    Step,
    chain,
    check,
    rehash,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STATES: tuple[State, ...] = get_args(State)
bodies = st.dictionaries(st.sampled_from("abc"), st.integers(-9, 9), max_size=3)


def entries(given_bodies: list[dict[str, int]]) -> list[Entry]:
    """Chain one entry for each body."""
    steps = [Step("proposed", "proposed", body) for body in given_bodies]
    return chain("call", GENESIS, 0, steps, NOW, [f"e{at}" for at in range(len(steps))])


class TestTable:
    def test_every_state_has_its_row(self) -> None:
        """The table is total."""
        assert set(TRANSITIONS) == set(STATES)

    def test_every_state_can_be_reached_and_left_or_is_answered(self) -> None:
        """I5: no state is a dead end without an answer for the agent."""
        reached = {"new"} | {state for after in TRANSITIONS.values() for state in after}
        assert reached == set(STATES)
        ends = {state for state, after in TRANSITIONS.items() if not after}
        assert ends - {"superseded", "disclosed"} <= ANSWERED

    def test_a_probe_reaches_no_state_of_a_call(self) -> None:
        """No way leads from a probe to anything that runs, nor from a call to a probe."""
        reached = {after for state in PROBED for after in TRANSITIONS[state]}
        assert reached == PROBED
        assert PROBED.isdisjoint(RUNNABLE | {"executing"})
        before = {state for state, after in TRANSITIONS.items() if after & PROBED}
        assert before == {"new", "posed"}

    def test_nothing_runs_from_a_refusal(self) -> None:
        """I6: from a denial, rejection, expiry, cancellation or veto no way leads to execution."""
        for state in (
            "denied",
            "rejected",
            "expired",
            "cancelled",
            "vetoed",
            "conflict",
            "superseded",
        ):
            assert TRANSITIONS[state] == frozenset()
        assert {s for s, after in TRANSITIONS.items() if "executing" in after} == {
            *RUNNABLE,
            "executing",
        }

    def test_a_doubt_leads_to_a_run_by_a_settlement_only(self) -> None:
        """I3: between a doubt and a further run stands the state that a person makes."""
        ends = {"done", "failed", "retried", "compensated"}
        assert TRANSITIONS["in_doubt"] == {"in_doubt", *ends}
        assert TRANSITIONS["retried"] == {"executing", "in_doubt"}

    def test_nothing_is_delivered_before_inspection(self) -> None:
        """I17: only an inspected or quarantined result is released."""
        for state in ("released", "redacted"):
            before = {s for s, after in TRANSITIONS.items() if state in after}
            assert before == {"inspected", "quarantined"}

    @given(st.lists(st.sampled_from(STATES), max_size=6))
    def test_check_walks_the_table_only(self, states: list[State]) -> None:
        """A walk is accepted exactly when each of its steps is in the table."""
        pairs = zip(["new", *states], states, strict=False)
        legal = all(after in TRANSITIONS[before] for before, after in pairs)  # pyright: ignore[reportArgumentType] - literals
        if legal:
            assert check("new", states) == (states[-1] if states else "new")
        else:
            with pytest.raises(InvariantError):
                check("new", states)


class TestChain:
    @given(st.lists(bodies, min_size=1, max_size=5))
    def test_each_entry_stands_on_the_one_before(self, given_bodies: list[dict[str, int]]) -> None:
        """Positions count from 0 and every hash covers its predecessor's."""
        made = entries(given_bodies)

        assert [entry.position for entry in made] == list(range(len(made)))
        assert [entry.previous for entry in made] == [GENESIS, *(e.hash for e in made[:-1])]
        assert all(rehash(entry) == entry.hash for entry in made)

    @given(
        bodies,
        st.sampled_from(["id", "chain", "position", "at", "kind", "state", "actor", "auth"]),
    )
    def test_any_change_changes_the_hash(self, body: dict[str, int], member: str) -> None:
        """Every member of an entry is covered by its hash."""
        (entry,) = entries([body])
        other: Any = 99 if member == "position" else "mallory"

        assert rehash(entry._replace(**{member: other})) != entry.hash
        assert rehash(entry._replace(written=entry.written + " ")) != entry.hash
        assert rehash(entry._replace(previous="f" * 64)) != entry.hash
