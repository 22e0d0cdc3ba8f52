"""Repeat: what a thread tries again is counted, however it is worded, and people are asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interlock.conduct import Answered, Waiting

from .conftest import World, open_world  # isort: skip

POLICY = """
tools: {mail: {}, post: {}, pay: {}, look: {effect: read}}
signals: {retries: {window_sec: 600}}
rules:
  - {id: rest, match: {tools: [mail, post, look]}, decision: allow}
  - {id: payments, match: {tools: [pay]}, decision: deny}
  - {id: again, match: {retry_count_above: 2}, decision: require_approval}
  - {id: stuck, match: {error_streak_above: 2}, decision: require_approval}
  - {id: round, match: {when: "signals.retry_rounds > 2"}, decision: require_approval}
"""


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world on each database."""
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def go(world: World, tool: str, **args: Any) -> Any:
    """Propose a call and take it as far as it goes; the clock moves on."""
    (call,) = world.propose((tool, args))
    progress = world.go(call)
    world.clock.advance(1)
    return progress


def signals(world: World, progress: Any) -> dict[str, Any]:
    """Return what a call was decided by, but whether it was the first of its tool."""
    found = dict(world.gate.inbox.show(progress.call_id).signals)
    del found["first_time_action"]
    return found


def test_the_fourth_attempt_asks_and_says_why(world: World) -> None:
    """Three retries after the first attempt are more than two; the reviewer reads what it is."""
    for count in range(3):
        assert signals(world, go(world, "mail", to="ana"))["retry_count"] == count
    asked = go(world, "mail", to="ana")

    assert isinstance(asked, Waiting)
    (why,) = world.gate.inbox.show(asked.request.id).reasons["retry_count"]
    assert why == "came 3 times before with the same arguments"
    world.clock.advance(700)
    assert isinstance(go(world, "mail", to="bo"), Answered)
    assert signals(world, go(world, "mail", to="bo"))["retry_count"] == 1


def test_another_tool_and_other_words_are_another_attempt(world: World) -> None:
    """Who says in other words, or by another tool, what was refused tries it again."""
    for amount in (10, 10, 11):
        go(world, "pay", to="GB33BUKB20201555555555", note="invoice of may", amount=amount)
    asked = go(world, "mail", text="invoice of may to GB33BUKB20201555555555, please")

    assert signals(world, asked)["retry_count"] == 3
    assert isinstance(asked, Waiting)


def test_a_streak_of_errors_asks_whatever_is_called(world: World) -> None:
    """Failures of several tools one after the other; anything that works ends the streak."""
    world.result = TimeoutError("down")
    for at, tool in enumerate(("mail", "post", "look")):
        assert signals(world, go(world, tool, q=f"{tool} {at}"))["error_streak"] == at
    asked = go(world, "mail", q="another matter altogether")
    assert signals(world, asked)["error_streak"] == 3
    assert isinstance(asked, Waiting)


def test_a_loop_is_counted_in_rounds(world: World) -> None:
    """The same two calls again and again are a loop, of which a rule may have enough."""
    last: Any = None
    for _ in range(3):
        go(world, "look", id=7)
        last = go(world, "mail", to="ana", subject="the seventh")

    assert signals(world, last)["retry_rounds"] == 3
    assert isinstance(last, Waiting)


def test_siblings_count_and_a_delivery_again_does_not(world: World) -> None:
    """Of one turn each counts those before it; the turn delivered again changes nothing."""
    turn = world.turn(*[("mail", {"to": "ana"})] * 4, name="m")
    calls = world.gate.conductor.propose(turn)
    again = world.gate.conductor.propose(turn)

    found = [world.gate.inbox.show(call).signals["retry_count"] for call in calls]
    assert found == [0, 1, 2, 3]
    assert calls == again


def test_another_process_and_a_large_call_are_counted_too(world: World, tmp_path: Path) -> None:
    """What this process never saw is read; what cannot be looked at is counted by the ledger."""
    for _ in range(3):
        go(world, "mail", to="ana")
        go(world, "post", body="x" * 90_000)
    other = open_world(tmp_path, POLICY, world.clock)
    asked = other.gate.conductor.propose(replace(other.turn(("mail", {"to": "ana"})), turn_id="n"))
    assert isinstance(other.go(asked[0]), Waiting)
    large = go(world, "post", body="x" * 90_000)
    assert signals(world, large)["retry_count"] == 3
    assert isinstance(large, Waiting)
    told = world.gate.inbox.show(large.request.id).reasons["error_streak"]
    assert told[0].startswith("could not be told: the arguments are over")
    other.gate.close()
