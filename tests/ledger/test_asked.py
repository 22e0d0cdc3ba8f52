"""Read: what agents proposed, people answered and nobody was asked, each once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from interlock.desk.measures import AgeRow, CallRow, VerdictRow
from interlock.ledger.asked import AskedRows, asked
from interlock.path.proposal import Agent

from ..conduct.conftest import World, breaker, open_world  # isort: skip

POLICY = """
tools: {pay: {risk_tags: [write]}, wipe: {risk_tags: [delete]}, note: {}}
groups: {ops: [ana, bo]}
approval_queue_policy: {max_open_requests_per_agent: 4}
rules:
  - {id: pays, match: {tools: [pay]}, decision: require_approval,
     review: {route: ops, approval_ttl_sec: 1000}}
  - {id: wipes, match: {tools: [wipe]}, decision: require_approval}
  - {id: notes, match: {tools: [note]}, decision: allow, constraints: {args: {to: us}}}
"""


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world in which payments are asked of a group."""
    del database
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def propose(world: World, tool: str = "pay", agent: str = "bot", tenant: str = "") -> str:
    """Propose one call; return its request, or itself where nobody is asked."""
    turn = world.turn((tool, {"n": world.turns}))
    context = replace(turn.context, agent=Agent(agent), tenant=tenant)
    turn = replace(turn, context=context, thread_id=f"t{world.turns}")
    (call,) = world.gate.conductor.propose(turn)
    return world.gate.inbox.show(call).id


def read(world: World, tenant: str | None = None, days: float = 7) -> AskedRows:
    since = world.clock.now() - timedelta(days=days)
    return asked(world.gate.ledger, since, tenant)


def test_an_emergency_says_nothing_of_a_rule(world: World) -> None:
    """Who broke the glass approved for no route, and their answer is none of the rule's."""
    token = breaker(world.gate, "tim")
    world.gate.inbox.break_glass(propose(world), reason="fire", held=token)
    world.gate.inbox.approve(propose(world), by="ana", reason="fine")
    found = read(world)

    assert found.verdicts == [VerdictRow(("pays",), approved=True)]
    assert [one.by for one in found.answers] == ["ana"]


def test_a_proposal_is_counted_once(world: World) -> None:
    """Neither what constraints make of a call nor what a person does is another proposal."""
    propose(world, "note")
    edited = propose(world)
    world.gate.inbox.edit(edited, args={"n": "less"}, by="ana", reason="less")
    found = read(world).calls

    assert sorted(found) == [
        CallRow("", "bot"),
        CallRow("", "bot", ("pays",), asks=True),
    ]


def test_a_cut_call_wanted_to_ask(world: World) -> None:
    """Of an agent that floods, the record tells how much nobody was asked about."""
    for _ in range(6):
        propose(world)
    propose(world, agent="other", tenant="acme")

    assert sum(row.cut for row in read(world).calls) == 2
    assert sum(row.asks for row in read(world).calls) == 7
    assert [row.agent for row in read(world, "acme").calls] == ["other"]


def test_how_questions_end(world: World) -> None:
    """By people's answers only: what expires says nothing of a rule."""
    first, second, third = (propose(world) for _ in range(3))
    world.gate.inbox.approve(first, by="ana", reason="ok")
    world.gate.inbox.deny(second, by="bo", reason="no")
    world.gate.inbox.edit(third, args={"n": "less"}, by="ana", reason="less")
    world.clock.advance(1001)
    world.gate.inbox.expire_overdue()

    assert sorted(read(world).verdicts) == [
        VerdictRow(("pays",), approved=False),
        VerdictRow(("pays",), approved=False),
        VerdictRow(("pays",), approved=True),
    ]


def test_an_answer_is_a_persons_last_word(world: World) -> None:
    """Under whichever of their names, with how long the question had waited, and its risk."""
    world.gate.reviewers.add("ana", identities=["ana@work"])
    low, high = propose(world), propose(world, "wipe")
    world.clock.advance(7)
    world.gate.inbox.approve(low, by="ana@work", reason="ok")
    world.gate.inbox.approve(high, by="ana", reason="ok")
    found = {one.rules: one for one in read(world).answers}

    assert {one.by for one in found.values()} == {"ana"}
    assert (found["pays",].grave, found["wipes",].grave) == (False, True)
    assert {(one.approved, one.waited_s, one.on_screen_s) for one in found.values()} == {
        (True, 7.0, None)
    }


def test_what_is_open_has_an_age(world: World) -> None:
    """Against the time that it has, whenever it was asked."""
    propose(world)
    world.clock.advance(250)

    assert read(world, days=0.001).ages == [AgeRow("ops", 250.0, 1000.0)]
    assert read(world, days=0.001).calls == []
