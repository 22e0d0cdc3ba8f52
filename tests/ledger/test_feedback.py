"""Gather: whose word counts of which calls."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.ledger.feedback import words

from ..conduct.conftest import World, breaker, open_world  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world with nothing in it."""
    assert database
    made = open_world(tmp_path)
    with made.gate:
        yield made


def asked(world: World, amount: int) -> str:
    """Have a refund that waits; return its request."""
    (call,) = world.propose(("refund.issue", {"amount": amount}))
    world.go(call)
    return world.gate.inbox.pending()[-1].id


def test_each_word_once_in_the_order_of_the_record(world: World) -> None:
    """Approvals, refusals and answers in a call's place; nothing of what nobody answered."""
    inbox = world.gate.inbox
    inbox.approve(asked(world, 60), by="ana", reason="ok")
    inbox.deny(asked(world, 61), by="ana", reason="no")
    inbox.respond(asked(world, 62), message="done", by="ana")
    inbox.cancel(asked(world, 63), by="ana")
    asked(world, 64)
    world.clock.advance(601)
    inbox.expire_overdue()

    assert [word.kind for word in words(world.gate.ledger)] == ["approval", "rejection", "response"]


def test_what_people_made_themselves_is_nobodys_mistake(world: World) -> None:
    """An edited call that is refused says nothing of the agent, and the edit is unsettled."""
    inbox = world.gate.inbox
    inbox.edit(asked(world, 60), args={"amount": 70}, by="eve", reason="more")
    inbox.deny(inbox.pending()[-1].id, by="ana", reason="no")
    (word,) = words(world.gate.ledger)

    assert (word.kind, word.is_settled, word.call.proposal.revision) == ("edit", False, 0)


def test_an_emergency_says_nothing(world: World) -> None:
    """A call that one person let run by breaking the glass was not found right."""
    token = breaker(world.gate, "gil")
    request = asked(world, 60)
    world.gate.inbox.break_glass(request, held=token, reason="fire")

    assert [*words(world.gate.ledger)] == []
