"""Compare: what stands as one line in the queue is the same to whoever answers it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from interlock.path.proposal import Agent

from ..conduct.conftest import World, open_world  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world that asks about every mail."""
    del database
    made = open_world(tmp_path, "tools: {mail: {}, post: {}}\ndefault: require_approval")
    yield made
    made.gate.close()


def ask(world: World, to: str, tool: str = "mail", agent: str = "bot", tenant: str = "") -> str:
    """Ask from a thread of its own; return the request."""
    world.clock.advance(0.001)
    turn = world.turn((tool, {"to": to}))
    context = replace(turn.context, agent=Agent(agent), tenant=tenant)
    turn = replace(turn, context=context, thread_id=f"t{world.turns}")
    (call,) = world.gate.conductor.propose(turn)
    return world.gate.inbox.show(call).id


def test_the_oldest_stands_for_all(world: World) -> None:
    """Each names the others, oldest first, and all but the oldest name it."""
    first, other, second, third = (ask(world, to) for to in "abaa")
    found = {case.id: case for case in world.gate.inbox.pending()}

    assert {name: case.duplicates for name, case in found.items()} == {
        first: (second, third),
        other: (),
        second: (first, third),
        third: (first, second),
    }
    assert [found[name].duplicate_of for name in (first, other, second, third)] == [
        "",
        "",
        first,
        first,
    ]
    assert world.gate.inbox.show(second).duplicates == (first, third)


def test_only_what_is_the_same_in_all(world: World) -> None:
    """Another agent, tenant, tool or argument makes another question."""
    ask(world, "a")
    ask(world, "a ")
    ask(world, "a", tool="post")
    ask(world, "a", agent="other")
    ask(world, "a", tenant="acme")

    assert [case.duplicates for case in world.gate.inbox.pending()] == [()] * 5


def test_the_next_stands_for_them_once_it_is_answered(world: World) -> None:
    """An approval is of one question: the others wait as before, as their own line."""
    first, second, third = (ask(world, "a") for _ in range(3))
    world.gate.inbox.approve(first, by="ana", reason="once")
    still = world.gate.inbox.pending()

    assert [(case.id, case.duplicate_of) for case in still] == [(second, ""), (third, second)]
    assert world.gate.inbox.show(first).duplicates == ()
