"""Look: what waits, in fair order, by little of each."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn, Waiting
from interlock.ledger.queue import approvals_by, calls_of, queue_rows, votes_of
from interlock.path.people import People
from interlock.path.proposal import Agent, Context

from ..databases import ledger_of  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
tools: {pay: {risk_tags: [write]}}
rules: [{id: pay, match: {tools: [pay]}, decision: require_approval, review: {quorum: 2}}]
"""


@pytest.fixture
def gate(tmp_path: Path) -> Any:
    """A gate that asks about everything."""
    with Gate.open(
        Policy.parse(POLICY), ledger_of(tmp_path), clock=FrozenClock(), state=tmp_path
    ) as made:
        yield made


def ask(gate: Gate, agent: str, number: int, tenant: str = "", n: int = 0) -> str:
    """Have an agent ask in its turn of a number; return the request."""
    context = Context(Agent(agent), tenant=tenant)
    turn = Turn(
        context, "h", f"t{agent}", "", f"m{number}", (Intent("pay", {"n": n or number}, "c"),)
    )
    (call,) = gate.conductor.propose(turn)
    progress = gate.conductor.advance(call)
    gate.ledger.clock.advance(1)  # type: ignore[attr-defined] - frozen
    assert isinstance(progress, Waiting)
    return progress.request.id


def test_the_first_of_each_agent_is_before_any_second(gate: Gate) -> None:
    """By rank, then by age; an agent of another tenant is another; a limit cuts the last."""
    asked = [ask(gate, "a", 1), ask(gate, "a", 2), ask(gate, "b", 3), ask(gate, "a", 4, "acme")]
    first, second, other, foreign = asked

    assert [row.request.id for row in queue_rows(gate.ledger, 9)] == [first, other, foreign, second]
    assert [row.request.id for row in queue_rows(gate.ledger, 2)] == [first, other]
    gate.inbox.deny(first, by="ana", reason="no")
    rows = queue_rows(gate.ledger, 9)
    assert [row.request.id for row in rows] == [second, other, foreign]
    assert [row.flow for row in rows] == [("", "a"), ("", "b"), ("acme", "a")]


def test_like_calls_are_told_by_tool_arguments_and_terms(gate: Gate) -> None:
    """The same arguments again are alike; others are not."""
    for number, n in enumerate((7, 7, 8)):
        ask(gate, "a", number, n=n)
    one, same, other = queue_rows(gate.ledger, 9)

    assert (one.alike, one.asked) == (same.alike, same.asked)
    assert (one.alike != other.alike, one.asked) == (True, other.asked)


def test_votes_and_calls_by_id(gate: Gate) -> None:
    """Answers in their order, calls whole; what nobody asks for is not there."""
    one, other = ask(gate, "a", 1), ask(gate, "b", 2)
    rows = {row.request.id: row for row in queue_rows(gate.ledger, 9)}
    for name in ("ana", "Ana", "bo"):
        gate.inbox.approve(one, by=name, reason="ok")
    votes = votes_of(gate.ledger, [rows[one].request, rows[other].request])

    assert [vote.by for vote in votes[one]] == ["ana", "Ana", "bo"]
    assert other not in votes
    assert {*calls_of(gate.ledger, [rows[other].request.call_id])} == {rows[other].request.call_id}
    people = People(gate.ledger.clock.now())
    since = rows[other].since
    found = approvals_by(gate.ledger, people, ["ana", "bo", "zoe"], since, 9)
    assert {name: len(times) for name, times in found.items()} == {"ana": 2, "bo": 1}
