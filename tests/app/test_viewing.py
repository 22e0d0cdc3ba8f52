"""View: what is said of a call is what happens to it, and the same alone as in the queue."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.path.proposal import Agent, Context, Link

from ..conduct.conftest import World, answer, open_world  # isort: skip

POLICY = """
tools:
  refund.issue: {topic: job.support.refund, risk_tags: [write]}
  mail.send: {risk_tags: [write]}
groups: {ops: [ana, bo, cy]}
rules:
  - {id: asked, match: {tools: [refund.issue]}, decision: require_approval}
  - {id: two, match: {tools: [mail.send]}, decision: require_approval,
     review: {route: ops, quorum: 2}}
"""
WHY = {"reason": "wrong payees", "by": "zoe"}


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world, on either database."""
    del database
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def ask(world: World, tool: str = "refund.issue") -> str:
    """Ask for an agent of a tenant that another one started; return the call."""
    chain = (Link("planner", "refund them"),)
    context = Context(Agent("bot"), principal="cust", tenant="acme", chain=chain)
    turn = replace(world.turn((tool, {"amount": world.turns})), context=context)
    (call,) = world.gate.conductor.propose(turn)
    return call


@pytest.mark.parametrize(
    "scope",
    [
        {"agent": "bot"},
        {"agent": "planner", "tenant": "acme"},
        {"tool": "refund.*"},
        {"topic": "job.**"},
        {"everything": True},
        {"agent": "bot", "tenant": "other"},
        {"tool": "mail.*"},
    ],
)
def test_what_is_halted_is_what_does_not_run(world: World, scope: dict[str, Any]) -> None:
    """I6, as it is told: where a case names a halt it ends by it, and else it runs."""
    (call, inbox) = ask(world), world.gate.inbox
    assert inbox.show(call).halt is None
    made = world.gate.halt(**scope, **WHY)
    waits, (listed,) = inbox.show(call), inbox.pending()
    approved = inbox.approve(call, by="ana", reason="ok")
    told = {each.halt for each in (waits, listed, approved)}
    ended = answer(world.go(call))

    assert told == ({made} if ended.ending == "halted" else {None})
    assert len(world.effects) == (ended.ending != "halted")
    assert inbox.show(call).halt is None


def test_a_halt_that_was_lifted_is_not_told(world: World) -> None:
    """What was approved under it runs after all, and the case says nothing of it."""
    call = ask(world)
    world.gate.halt(agent="bot", **WHY)
    told = world.gate.inbox.approve(call, by="ana", reason="ok").json()["halt"]
    world.gate.unhalt(agent="bot", **WHY)

    assert (told["by"], told["reason"], told["ref"]) == ("zoe", "wrong payees", "bot")
    assert told["at"].endswith("Z")
    assert world.gate.inbox.show(call).json()["halt"] is None
    assert answer(world.go(call)).ending == "released"


def test_the_queue_says_what_the_case_says(world: World) -> None:
    """Whose approval is there and whose is missing, of each of several, in one look."""
    several = [ask(world, "mail.send") for _ in range(3)]
    for call, who in zip(several, ("ana", "bo"), strict=False):
        world.gate.inbox.approve(call, by=who, reason="ok")
    found = {case.call_id: case for case in world.gate.inbox.pending()}

    assert [found[call].approved_by for call in several] == [("ana",), ("bo",), ()]
    assert [[one["more"] for one in found[call].missing] for call in several] == [[1], [1], [2]]
    for call in several:
        whole = world.gate.inbox.show(call)
        assert (whole.approved_by, whole.missing) == (found[call].approved_by, found[call].missing)
