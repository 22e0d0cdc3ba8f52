"""Look back: results that were released, and calls that people approved, on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from interlock.conduct import Waiting
from interlock.ledger.past import LedgerPast
from interlock.path.hearing import ToolResult

from ..conduct.conftest import World, open_world  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world on each database."""
    made = open_world(tmp_path)
    yield made
    made.gate.close()


def ask(world: World, amount: int, *, approve: bool) -> None:
    """Have a refund asked about and answered, and run what is approved."""
    (call,) = world.propose(("refund.issue", {"amount": amount}))
    progress = world.go(call)
    assert isinstance(progress, Waiting)
    if approve:
        world.gate.inbox.approve(progress.request.id, by="ana", reason="ok")
    else:
        world.gate.inbox.deny(progress.request.id, by="ana", reason="no")
    world.go(call)


def test_results_of_a_thread_as_the_model_was_given_them(world: World) -> None:
    """Of this thread alone and in order, masked; what was refused was given to nobody."""
    past, turn = LedgerPast(world.gate.ledger), world.turn()
    for at, result in enumerate([["a", 1], "my card is 4111 1111 1111 1111", None]):
        world.result = result
        world.clock.advance(1)
        (call,) = world.propose(("orders.get", {"id": at}))
        world.go(call)
    world.propose(("refund.issue", {"amount": 5000}))
    other = replace(world.turn(("orders.get", {"id": 9})), thread_id="thread2")
    (elsewhere,) = world.gate.conductor.propose(other)
    world.go(elsewhere)
    heard = [each for each in past.released(turn) if isinstance(each, ToolResult)]

    assert [(each.tool, each.args) for each in heard] == [
        ("orders.get", {"id": at}) for at in range(3)
    ]
    assert [each.text for each in heard] == ['["a",1]', "my card is [REDACTED]", "null"]
    assert past.released(replace(turn, host="elsewhere")) == ()


def test_what_people_approved_of_an_agent(world: World) -> None:
    """Approved by a person and done; not what was refused, allowed by rule, or failed."""
    past = LedgerPast(world.gate.ledger)
    ask(world, 60, approve=True)
    ask(world, 70, approve=False)
    (small,) = world.propose(("refund.issue", {"amount": 5}))
    world.go(small)
    world.result = RuntimeError("down")
    ask(world, 80, approve=True)

    assert past.approved("", "bot") == [("refund.issue", {"amount": 60})]
    assert past.approved("", "other") == []
    assert past.approved("acme", "bot") == []
