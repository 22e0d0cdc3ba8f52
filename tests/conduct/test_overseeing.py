"""Oversee: a notice that nobody acknowledges in time has the consequence that policy names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from interlock.conduct import Held, Ready
from interlock.conduct.overseeing import SILENCE
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.execution import Done
from interlock.path.proposal import Agent, Context

from ..databases import by_hand  # isort: skip
from .conftest import World, answer, open_world, waiting  # isort: skip

POLICY = """
version: v1
tools:
  mail.send: {risk_tags: [write], owner: payments}
  page.put: {risk_tags: [write]}
  page.view: {risk_tags: [read], effect: read}
  page.late: {risk_tags: [write]}
rules:
  - {id: mails, match: {tools: [mail.send]}, decision: notify, escalate_after_sec: 60,
     on_silence: halt_agent}
  - {id: pages, match: {tools: [page.put]}, decision: notify, escalate_after_sec: 60,
     on_silence: hold_result}
  - {id: views, match: {tools: [page.view]}, decision: notify, escalate_after_sec: 60}
  - {id: late, match: {tools: [page.late]}, decision: notify, veto_window_sec: 30,
     escalate_after_sec: 20, on_silence: halt_agent}
"""
MAIL, PUT, VIEW, LATE = (
    ("mail.send", {"to": "x"}),
    ("page.put", {"id": 1}),
    ("page.view", {"id": 1}),
    ("page.late", {"id": 1}),
)


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world, whose record is whole in the end."""
    made = open_world(tmp_path, POLICY)
    yield made
    verified = made.gate.audit.verify()
    assert verified.ok, verified.problems
    made.gate.close()


def fired(world: World) -> list[str]:
    """Fire what is due, and say what each came to."""
    return [each.came_to for each in world.gate.recover()]


class TestHaltAgent:
    def test_an_agent_that_nobody_watches_is_halted(self, world: World) -> None:
        """When nobody acknowledges its call in time, the agent is halted, once, never early."""
        first, second = world.propose(MAIL)[0], world.propose(MAIL)[0]
        assert answer(world.go(first)).ending == "released"
        world.clock.advance(59)
        assert fired(world) == []
        assert world.gate.halts.list() == []
        world.clock.advance(2)
        assert fired(world) == ["agent halted", "agent halted"]
        assert fired(world) == []

        (halt,) = world.gate.halts.list()
        assert (halt.kind, halt.ref, halt.by) == ("agent", "bot", SILENCE)
        assert "within 60 s" in halt.reason
        assert answer(world.go(second)).ending == "halted"
        world.gate.unhalt(agent="bot", reason="seen now", by="ana")
        (after,) = world.propose(VIEW)
        assert answer(world.go(after)).ending == "released"

    def test_who_takes_notice_keeps_it_running(self, world: World) -> None:
        """A call that a person acknowledged in time halts nobody."""
        (call,) = world.propose(MAIL)
        world.gate.inbox.acknowledge(call, by="ana")
        world.clock.advance(3600)

        assert fired(world) == []
        assert world.gate.halts.list() == []
        with pytest.raises(AlreadyDecided, match="before"):
            world.gate.inbox.acknowledge(call, by="bea")

    @pytest.mark.parametrize("name", ["bot", "olga", "cust", "payments", "Local:OLGA"])
    def test_nobody_of_the_call_itself(self, world: World, name: str) -> None:
        """I7: agent, principal and owners do not take notice in place of another person."""
        (call,) = world.propose(MAIL)
        with pytest.raises(NotEligible):
            world.gate.inbox.acknowledge(call, by=name)
        world.clock.advance(61)
        assert fired(world) == ["agent halted"]

    def test_nor_another_agent(self, world: World) -> None:
        """I7: no agent's name takes notice, however it is written, also before anyone is known."""
        (call,) = world.propose(MAIL)
        other = replace(world.turn(VIEW), context=Context(Agent("helper"), principal="cust"))
        world.gate.conductor.propose(other)
        for name in ("helper", "Local:HELPER", "he1per"):
            with pytest.raises(NotEligible, match="name of an agent"):
                world.gate.inbox.acknowledge(call, by=name)
        world.clock.advance(61)
        assert "agent halted" in fired(world)

    def test_once_people_are_registered_nobody_else(self, world: World) -> None:
        """I7: a name that nobody has disarms nothing, nor one alone whose owner has a token."""
        (call,) = world.propose(MAIL)
        people = world.gate.reviewers
        people.add("ana")
        people.add("bea", identities=["bea@example.org"])
        _, token = people.new_token("ana")
        for name in ("Zzz nobody", "ana"):
            with pytest.raises(NotEligible):
                world.gate.inbox.acknowledge(call, by=name)
        second, third = world.propose(MAIL)[0], world.propose(MAIL)[0]
        world.gate.inbox.acknowledge(second, held=token)
        world.gate.inbox.acknowledge(third, by="bea@example.org")
        world.clock.advance(61)
        assert fired(world) == ["agent halted"]

    def test_a_veto_is_notice_enough(self, world: World) -> None:
        """A call that a person stopped needs nobody's notice, nor one that never ran."""
        (call,) = world.propose(LATE)
        world.gate.inbox.veto(call, by="ana", reason="no")
        world.clock.advance(61)

        fired(world)
        assert world.gate.halts.list() == []

    def test_silence_within_the_veto_window(self, world: World) -> None:
        """When the time to acknowledge ends before the veto window, the call does not run."""
        (call,) = world.propose(LATE)
        assert isinstance(world.go(call), Held)
        world.clock.advance(31)
        fired(world)

        assert answer(world.go(call)).ending == "halted"
        assert world.effects == []

    def test_a_halt_by_a_person_stays_theirs(self, world: World) -> None:
        """Silence does not write itself over a person's halt."""
        (call,) = world.propose(MAIL)
        world.go(call)
        world.gate.halt(agent="bot", by="ana", reason="odd")
        world.clock.advance(61)
        fired(world)

        assert [halt.by for halt in world.gate.halts.list()] == ["ana"]


class TestHoldResult:
    @pytest.mark.parametrize("size", [10, 50_000])
    def test_a_result_that_comes_late_is_held(self, world: World, size: int) -> None:
        """A result that was not delivered when the time was over is held for a person."""
        (call,) = world.propose(PUT)
        claimed = world.gate.conductor.advance(call)
        assert isinstance(claimed, Ready)
        world.clock.advance(29)
        world.gate.ledger.renew(call, 1, 3600)
        world.clock.advance(32)
        given = world.gate.conductor.settle(claimed.warrant, Done("x" * size), claimed.call)

        assert given.answer.ending == "quarantined"
        assert "x" * 10 not in str(given.answer.content)
        assert world.gate.quarantine.release(call, by="ana", reason="seen") == "released"

    def test_in_time_it_is_delivered(self, world: World) -> None:
        """A result that comes in time, or of a call that was acknowledged, is delivered."""
        early, late = world.propose(PUT)[0], world.propose(PUT)[0]
        assert answer(world.go(early)).ending == "released"
        world.gate.inbox.acknowledge(late, by="ana")
        world.clock.advance(61)
        assert answer(world.go(late)).ending == "released"
        assert fired(world) == ["unacknowledged"]

    def test_what_ran_was_told_of(self, world: World) -> None:
        """Without a consequence silence is only noted, and shown until somebody acknowledges it."""
        (call,) = world.propose(VIEW)
        world.clock.advance(61)
        assert answer(world.go(call)).ending == "released"
        assert fired(world) == ["unacknowledged"]
        (shown,) = world.gate.inbox.oversight()
        assert shown.acknowledge_until is not None
        world.gate.inbox.acknowledge(call, by="ana")

        (shown,) = world.gate.inbox.oversight()
        assert shown.acknowledge_until is None
        kinds = [entry["kind"] for entry in world.gate.audit.log() if entry["chain"] == "ledger"]
        assert kinds == ["unacknowledged", "acknowledged"]


def test_what_needs_nobody(tmp_path: Path) -> None:
    """A notice for which policy names no time, and a call that is asked about, need no notice."""
    plain = "rules: [{tool: a, action: allow}, {match: {tools: [b]}, decision: notify}]"
    world = open_world(tmp_path, plain)
    for tool in ("a", "b"):
        (call,) = world.propose((tool, {}))
        with pytest.raises(DeskError, match="nobody needs"):
            world.gate.inbox.acknowledge(call, by="ana")
    (asked,) = world.propose(("c", {}))
    assert waiting(world.go(asked)).request.state == "open"
    world.clock.advance(100_000)
    assert "unacknowledged" not in fired(world)


def test_a_policy_that_came_to_notice_it_later(tmp_path: Path) -> None:
    """Where a stricter policy tells people of a call as it is claimed, the time runs from then."""
    world = open_world(tmp_path, "rules: [{tool: page.put, action: allow}]")
    (call,) = world.propose(PUT)
    world.gate.close()
    after = open_world(tmp_path, POLICY, world.clock)
    after.clock.advance(100)
    assert answer(after.go(call)).ending == "released"
    (shown,) = after.gate.inbox.oversight()
    assert shown.acknowledge_until is not None
    assert (shown.acknowledge_until - after.clock.now()).total_seconds() == 60
    assert after.gate.audit.verify().ok


CHANGED = {
    "removed": "delete from timers where kind = 'oversight'",
    "later": "update timers set due_at = '2099-01-01T00:00:00.000000Z' where kind = 'oversight'",
    "fired": "update timers set fired_at = '2020-01-01T00:00:00.000000Z' where kind = 'oversight'",
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_timer_changed_by_hand_is_named(tmp_path: Path, database: str, what: str) -> None:
    """Nobody keeps silence from having its consequence by editing the database unseen."""
    world = open_world(tmp_path, POLICY)
    (call,) = world.propose(MAIL)
    assert world.gate.audit.verify().ok
    by_hand(tmp_path, CHANGED[what])

    assert any(
        f"oversight timer of `{call}`" in line for line in world.gate.audit.verify().problems
    )
    world.gate.close()
