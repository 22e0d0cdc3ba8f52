"""Look: how long questions wait, by rows that are there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conduct.conftest import World, open_world, waiting  # isort: skip

POLICY = """
tools: {pay: {risk_tags: [write]}, ship: {risk_tags: [write]}}
groups: {ops: [ana]}
approval_queue_policy: {target_median_wait_sec: 60, target_p95_wait_sec: 1800}
rules:
  - {tool: pay, action: escalate, review: {route: ops, approval_ttl_sec: 7200}}
  - {tool: ship, action: escalate}
"""


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world whose policy wants answers within a minute."""
    del database
    made = open_world(tmp_path, POLICY)
    yield made
    made.gate.close()


def ask(world: World, tool: str = "pay") -> str:
    world.clock.advance(0.001)
    (call,) = world.propose((tool, {"n": world.turns}))
    return waiting(world.go(call)).request.id


def test_every_way_in_which_a_question_ends(world: World) -> None:
    """Answered, edited and withdrawn ones count as answered, expired ones as nobody's."""
    approved, edited, _, shipped = ask(world), ask(world), ask(world), ask(world, "ship")
    world.clock.advance(100)
    world.gate.inbox.approve(approved, by="ana", reason="ok")
    world.gate.inbox.edit(edited, by="ana", args={"n": 99})
    world.clock.advance(7099.999)
    world.gate.inbox.deny(shipped, by="bo", reason="no")
    anyone, ops = world.gate.inbox.queues()

    assert (anyone.route, anyone.answered, round(anyone.median_s)) == ("", 1, 7200)
    assert (ops.answered, ops.unanswered, ops.open, round(ops.oldest_s)) == (2, 1, 1, 7100)
    assert (round(ops.median_s), round(ops.p95_s)) == (100, 7200)
    assert ops.missed == ("target_median_wait_sec", "target_p95_wait_sec")


def test_what_ended_before_a_day_counts_no_more(world: World) -> None:
    """Yesterday's waits say nothing of today."""
    world.gate.inbox.approve(ask(world), by="ana", reason="ok")
    world.clock.advance(86401)

    assert world.gate.inbox.queues() == []


def test_a_repetition_does_not_end_a_question_again(world: World) -> None:
    """An approval that nobody used in time is one question still, answered once."""
    first = ask(world)
    world.clock.advance(30)
    call = world.gate.inbox.approve(first, by="ana", reason="ok").call_id
    world.clock.advance(3600)
    world.go(call)
    (queue,) = world.gate.inbox.queues()

    assert (queue.answered, round(queue.median_s)) == (1, 30)


class TestPutOff:
    def test_is_out_of_that_persons_view_and_nobody_elses(self, world: World) -> None:
        """Nobody can hide a question from the others, nor from themselves for ever."""
        request = ask(world)
        world.gate.inbox.snooze(request, for_s=1800, by="local:Ana", reason="later")
        seen = {
            viewer: [case.id for case in world.gate.inbox.pending(viewer=viewer)]
            for viewer in ("ana", "bo", None)
        }
        world.clock.advance(1800)

        assert seen == {"ana": [], "bo": [request], None: [request]}
        assert [case.id for case in world.gate.inbox.pending(viewer="ana")] == [request]

    def test_the_last_word_counts(self, world: World) -> None:
        """Who puts a question off again says how long from now."""
        request = ask(world)
        world.gate.inbox.snooze(request, for_s=3600, by="ana", reason="later")
        world.gate.inbox.snooze(request, for_s=60, by="ana", reason="sooner")
        world.clock.advance(61)

        assert world.gate.inbox.count(viewer="ana") == 1

    def test_pages_go_on_behind_it(self, world: World) -> None:
        """A page is as long as it was asked for, also where some are put off."""
        first, second, third = ask(world), ask(world), ask(world)
        world.gate.inbox.snooze(second, for_s=60, by="ana", reason="later")
        page = world.gate.inbox.pending(limit=2, viewer="ana")

        assert [case.id for case in page] == [first, third]
        assert world.gate.inbox.count(after=first, viewer="ana") == 1
