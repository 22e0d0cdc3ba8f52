"""Offer: what undoes what ran is named, in order, and nothing runs by itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from interlock.path.execution import InDoubt
from interlock.tools.run import run

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools:
  refund.issue: {risk_tags: [write], compensate: refund.reverse}
  refund.reverse: {risk_tags: [write]}
  mail.send: {risk_tags: [egress]}
  shop.close: {risk_tags: [delete]}
rules:
  - {id: writes, match: {risk_tags: [write]}, decision: allow}
  - {id: mails, match: {risk_tags: [egress]}, decision: require_approval}
  - {id: closes, match: {risk_tags: [delete]}, decision: deny}
"""


@pytest.fixture
def shop(tmp_path: Path) -> World:
    """Open a world in which two refunds ran in one thread and one in another."""
    world = open_world(tmp_path, POLICY)
    for amount in (1, 2):
        (call,) = world.propose(("refund.issue", {"amount": amount}))
        answer(world.go(call))
        world.clock.advance(1)
    turn = replace(world.turn(("refund.issue", {"amount": 9})), thread_id="thread,2")
    (call,) = world.gate.conductor.propose(turn)
    answer(world.go(call))
    return world


LAST_FIRST = [("refund.reverse", {"amount": 2}), ("refund.reverse", {"amount": 1})]


def test_a_denied_step_names_what_undoes_the_ones_before(shop: World) -> None:
    """The record of the denial offers the thread's compensations, the last call's first."""
    (call,) = shop.propose(("shop.close", {}))

    offers = answer(shop.go(call)).record["compensate"]

    assert [(offer["tool"], offer["args"]) for offer in offers] == LAST_FIRST
    assert len(shop.effects) == 3


def test_a_step_that_a_person_rejects_does_so_too(shop: World) -> None:
    """A rejection offers the same as a denial."""
    (call,) = shop.propose(("mail.send", {}))
    asked = waiting(shop.go(call))
    shop.gate.inbox.deny(asked.request.id, by="ana", reason="no")

    offers = answer(shop.go(call)).record["compensate"]

    assert [(offer["tool"], offer["args"]) for offer in offers] == LAST_FIRST


def test_a_call_in_doubt_names_its_own(shop: World) -> None:
    """Nobody knows whether it ran; who finds out is told what would undo it."""
    (call,) = shop.propose(("refund.issue", {"amount": 5}))
    ready = shop.gate.conductor.advance(call)
    run(ready, shop.effect)
    settled = shop.gate.conductor.settle(ready.warrant, InDoubt("lost"))

    assert settled.answer.record["compensate"] == [
        {"call_id": call, "tool": "refund.reverse", "args": {"amount": 5}}
    ]
    assert shop.gate.inbox.show(call).answer["record"] == settled.answer.record


def test_nothing_to_undo_is_no_offer(tmp_path: Path) -> None:
    """Where nothing ran, or nothing undoes it, the record holds no offer."""
    world = open_world(tmp_path, POLICY)
    (call,) = world.propose(("shop.close", {}))
    assert "compensate" not in answer(world.go(call)).record
