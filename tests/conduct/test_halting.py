"""Halt: what is switched off takes no further step, in whatever process and from whatever state."""

import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.app.halts import Target
from interlock.clock import SystemClock
from interlock.conduct import Held, Ready, Turn, Waiting, perform
from interlock.conduct.halting import covers, stops
from interlock.conduct.values import Halt
from interlock.errors import DeskError, InterlockError, NotEligible
from interlock.names import is_clean, spoken
from interlock.path.execution import Done
from interlock.path.proposal import Agent, CallKey, Context, Link, propose
from interlock.path.record import TRANSITIONS

from .conftest import World, answer, open_world, waiting  # isort: skip

FORK = multiprocessing.get_context("fork")

POLICY = """
version: v1
tools:
  refund.issue: {topic: job.support.refund, risk_tags: [write], facts: {amount_usd: args.amount}}
  set.flag: {risk_tags: [write], effect: idempotent}
  notes.read: {risk_tags: [read], effect: read}
  mail.send: {risk_tags: [write]}
  shell.run: {risk_tags: [write]}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: flags, match: {tools: [set.flag]}, decision: allow}
  - {id: small, match: {tools: [refund.issue], amount_usd_at_most: 50}, decision: allow}
  - {id: big, match: {tools: [refund.issue], amount_usd_above: 50}, decision: require_approval}
  - {id: told, match: {tools: [mail.send]}, decision: notify, veto_window_sec: 30}
  - {id: never, match: {tools: [shell.run]}, decision: deny}
"""
IDS = st.text(st.sampled_from("aB7-._* \n\u200b\u3164\uff21"), min_size=1, max_size=6) | st.text()
"""Ids as careless hosts give them: with white space, what nobody sees, and signs of globs."""
SMALL, BIG = ("refund.issue", {"amount": 20}), ("refund.issue", {"amount": 80})
FLAG, READ, MAIL = ("set.flag", {"on": 1}), ("notes.read", {"id": 1}), ("mail.send", {"to": "x"})
WHY = {"reason": "incident 12", "by": "ana"}


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world, whose record is whole in the end."""
    made = open_world(tmp_path, POLICY)
    yield made
    verified = made.gate.audit.verify()
    assert verified.ok, verified.problems
    made.gate.close()


SCOPES: dict[str, tuple[dict[str, Any], bool]] = {
    "its agent": ({"agent": "bot"}, True),
    "an agent that started its agent": ({"agent": "planner"}, True),
    "another agent": ({"agent": "bo"}, False),
    "its tool": ({"tool": "refund.issue"}, True),
    "tools like it": ({"tool": "refund.*"}, True),
    "other tools": ({"tool": "refund"}, False),
    "its topic": ({"topic": "job.support.*"}, True),
    "another topic": ({"topic": "refund.issue"}, False),
    "everything": ({"everything": True}, True),
    "its tenant": ({"agent": "bot", "tenant": "acme"}, True),
    "another tenant": ({"everything": True, "tenant": "other"}, False),
    "its agent, in other letters": ({"agent": " BO\u200bT\n"}, True),
    "its tool, in other letters": ({"tool": "Refund.\uff29ssue "}, True),
    "its topic, in other letters": ({"topic": "JOB.Support.* "}, True),
    "its tenant, in other letters": ({"everything": True, "tenant": "Acme "}, True),
}


@pytest.mark.parametrize("what", SCOPES)
def test_what_a_halt_is_about(world: World, what: str) -> None:
    """A halt stops the calls of its agent and those it started, tool, topic and tenant, no other.

    Nothing runs then, nobody is asked, and the agent is told by whom and why.
    """
    scope, stops = SCOPES[what]
    world.gate.halt(**scope, **WHY)
    chain = (Link("planner", "refund them"),)
    context = Context(Agent("bot"), principal="cust", tenant="acme", chain=chain)

    for name, known in {"small": SMALL, "big": BIG}.items():
        turn = replace(world.turn(known, name=name), context=context)
        (call,) = world.gate.conductor.propose(turn, claim=True)
        if not stops:
            assert world.state(call) in ("executing", "pending")
            continue
        given = answer(world.go(call))
        assert (given.ending, given.status) == ("halted", "error")
        assert "is halted by ana: incident 12" in given.content
        assert given.record["policy_snapshot"]
    assert world.effects == []
    assert stops == (world.gate.inbox.count() == 0)


class TestUnderWay:
    def test_an_approval_given_before_runs_nothing(self, world: World) -> None:
        """I6: an approved call of a halted agent ends `halted` at its claim."""
        (call,) = world.propose(BIG)
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="fine")
        world.gate.halt(agent="bot", **WHY)

        assert answer(world.go(call)).ending == "halted"
        assert world.effects == []

    def test_an_approval_given_after_runs_nothing(self, world: World) -> None:
        """I6: people may still answer what was asked before; it does not run."""
        (call,) = world.propose(BIG)
        request = waiting(world.go(call)).request.id
        world.gate.halt(tool="refund.*", **WHY)
        assert isinstance(world.go(call), Waiting)
        world.gate.inbox.approve(request, by="ana", reason="fine")

        assert answer(world.go(call)).ending == "halted"
        assert world.effects == []

    def test_a_call_that_waits_for_its_sibling(self, world: World) -> None:
        """A held call of something halted does not run when its sibling's question is over."""
        asked, held = world.propose(BIG, FLAG)
        assert isinstance(world.go(held), Held)
        world.gate.halt(tool="set.flag", **WHY)
        world.gate.inbox.deny(waiting(world.go(asked)).request.id, by="ana", reason="no")

        assert answer(world.go(held)).ending == "halted"
        assert world.effects == []

    def test_a_call_whose_veto_window_is_open(self, world: World) -> None:
        """The end of a veto window runs nothing of an agent that was halted meanwhile."""
        (call,) = world.propose(MAIL)
        assert isinstance(world.go(call), Held)
        world.gate.halt(everything=True, **WHY)
        world.clock.advance(31)

        assert answer(world.go(call)).ending == "halted"
        assert world.effects == []

    def test_a_call_that_was_decided_and_not_claimed(self, world: World) -> None:
        """A call that policy let run a moment ago is not claimed any more."""
        (call,) = world.propose(SMALL)
        world.gate.halt(agent="bot", **WHY)

        assert answer(world.go(call)).ending == "halted"

    def test_a_claim_that_was_given_back(self, world: World) -> None:
        """A tool that paused itself is not begun again."""
        (call,) = world.propose(FLAG)
        claimed = world.gate.conductor.advance(call)
        assert isinstance(claimed, Ready)
        world.gate.conductor.give_back(claimed.warrant, "it asks somebody")
        world.gate.halt(agent="bot", **WHY)

        assert answer(world.go(call)).ending == "halted"

    def test_a_lost_run_is_not_repeated(self, world: World) -> None:
        """I3: a lost call that might run twice is in doubt, not halted: it may have run."""
        (call,) = world.propose(FLAG)
        world.gate.conductor.advance(call)
        world.clock.advance(31)
        world.gate.halt(agent="bot", **WHY)

        assert answer(world.go(call)).ending == "in_doubt"
        assert world.effects == []

    def test_a_repetition_that_a_person_ordered(self, world: World) -> None:
        """I3: what a person had repeated is in doubt again, with the halt as the reason."""
        (call,) = world.propose(SMALL)
        world.gate.conductor.advance(call)
        world.clock.advance(31)
        world.gate.recover()
        world.gate.doubts.settle(call, "retried", by="bea", reason="it did not run")
        world.gate.halt(agent="bot", **WHY)

        given = answer(world.go(call))
        assert given.ending == "in_doubt"
        assert "is halted by ana" in given.content

    def test_an_edit_waits_until_it_is_lifted(self, world: World) -> None:
        """An edit of a halted agent's call is refused, as it would end at once; nothing is lost."""
        (call,) = world.propose(BIG)
        request = waiting(world.go(call)).request.id
        world.gate.halt(agent="bot", **WHY)
        edit = world.gate.inbox.edit
        edits = partial(edit, request, args={"amount": 10}, by="ana", reason="less")
        with pytest.raises(DeskError, match="would not run: agent `bot` is halted by ana"):
            edits()
        assert world.gate.inbox.show(request).votes == ()
        assert world.state(call) == "pending"

        world.gate.unhalt(agent="bot", **WHY)
        assert edits().state == "decided"

    def test_a_run_goes_on(self, world: World) -> None:
        """A tool that runs when its agent is halted ends, and its result is delivered inspected."""
        (call,) = world.propose(SMALL)
        claimed = world.gate.conductor.advance(call)
        assert isinstance(claimed, Ready)
        halted = world.gate.halt(agent="bot", **WHY)
        assert [case.call_id for case in world.gate.halts.running(halted)] == [call]

        given = world.gate.conductor.settle(claimed.warrant, Done("ok"), claimed.call)
        assert given.answer.ending == "released"

    def test_a_denial_stays_a_denial(self, world: World) -> None:
        """What policy denies is denied, halted or not: it counts as a violation."""
        world.gate.halt(everything=True, **WHY)
        (call,) = world.propose(("shell.run", {}))

        assert answer(world.go(call)).ending == "denied"


class TestLifting:
    def test_what_was_stopped_stays_stopped(self, world: World) -> None:
        """After a halt is lifted new calls run; the ones that it stopped have their answer."""
        world.gate.halt(agent="bot", **WHY)
        turn = world.turn(SMALL, name="stopped")
        (stopped,) = world.gate.conductor.propose(turn)
        world.gate.unhalt(agent="bot", **WHY)
        (again,) = world.gate.conductor.propose(turn)

        assert again == stopped
        assert answer(world.go(again)).ending == "halted"
        (new,) = world.propose(SMALL)
        assert answer(world.go(new)).ending == "released"
        assert len(world.effects) == 1

    def test_only_as_it_was_made(self, world: World) -> None:
        """A halt of all tenants is not lifted for one, nor one agent's by another's name."""
        world.gate.halt(agent="bot", **WHY)
        for scope in ({"agent": "bot", "tenant": "acme"}, {"agent": "bo"}, {"everything": True}):
            with pytest.raises(DeskError, match="is not halted"):
                world.gate.unhalt(**scope, **WHY)
        assert len(world.gate.halts.list()) == 1

    @pytest.mark.parametrize("name", ["bot", "local:Bot", "b\u043et"])
    def test_never_by_the_agent_itself(self, world: World, name: str) -> None:
        """An agent does not lift its own halt, nor anyone under a name that looks like its own."""
        world.gate.halt(agent="bot", **WHY)
        with pytest.raises(NotEligible):
            world.gate.unhalt(agent="bot", reason="I am fine", by=name)
        assert len(world.gate.halts.list()) == 1

    def test_a_second_halt_counts_anew(self, world: World) -> None:
        """Halting what is halted never fails: its newer reason holds, and one `unhalt` lifts it."""
        world.gate.halt(agent="bot", **WHY)
        world.gate.halt(agent="bot", reason="worse", by="bea")
        assert [(each.by, each.reason) for each in world.gate.halts.list()] == [("bea", "worse")]

        world.gate.unhalt(agent="bot", **WHY)
        assert world.gate.halts.list() == []
        kinds = [line["kind"] for line in world.gate.audit.log() if line["chain"] == "ledger"]
        assert kinds == ["halted", "halted", "unhalted"]


@pytest.mark.parametrize(
    "scope",
    [{}, {"agent": " "}, {"agent": "bot", "tool": "x"}, {"everything": True, "topic": "x"}],
)
def test_one_thing_is_named(world: World, scope: dict[str, Any]) -> None:
    """A halt of nothing, or of two things at once, is refused and switches nothing off."""
    with pytest.raises(DeskError):
        world.gate.halt(**scope, **WHY)
    with pytest.raises(DeskError, match="reason"):
        world.gate.halt(agent="bot", reason=" ", by="ana")
    assert world.gate.halts.list() == []


def test_nothing_leaves_the_state() -> None:
    """I6: no way leads from `halted` anywhere."""
    assert TRANSITIONS["halted"] == frozenset()


# Processes --------------------------------------------------------------------------------------


def keep_calling(folder: Path, name: str, told: Any) -> None:
    """Make calls until one is halted, in a process of its own; journal when each effect began."""
    world = open_world(folder, POLICY, SystemClock())

    def journal(_: Ready) -> Done:
        with (folder / "effects").open("a") as file:
            file.write(f"{time.monotonic()}\n")
        return Done("ok")

    for at in range(100_000):
        turn = world.turn(FLAG if at % 2 else SMALL, name=f"{name}-{at}")
        (call,) = world.gate.conductor.propose(turn, claim=at % 3 == 0)
        if answer(perform(world.gate.conductor, call, journal)).ending == "halted":
            break
        if at == 3:
            told.release()
    with (folder / "stopped").open("a") as file:
        file.write(f"{time.monotonic()}\n")
    world.gate.close()


@pytest.mark.timeout(60)  # three processes on two busy cores
def test_every_process_stops_within_a_second(tmp_path: Path, database: str) -> None:
    """Three processes that call as fast as they can begin nothing 1 s after a halt, and all end."""
    world = open_world(tmp_path, POLICY, SystemClock())
    told = FORK.Semaphore(0)
    children = [
        FORK.Process(target=keep_calling, args=(tmp_path, f"p{at}", told)) for at in range(3)
    ]
    for child in children:
        child.start()
    for _ in children:
        assert told.acquire(timeout=30)
    world.gate.halt(agent="bot", **WHY)
    halted_at = time.monotonic()
    for child in children:
        child.join(20)

    assert [child.exitcode for child in children] == [0, 0, 0]
    began = [float(line) for line in (tmp_path / "effects").read_text().split()]
    stopped = [float(line) for line in (tmp_path / "stopped").read_text().split()]
    assert len(began) > 3 * 3
    assert max(began) < halted_at + 1
    assert max(stopped) < halted_at + 1
    assert world.gate.audit.verify().ok
    world.gate.close()


@given(agent=IDS, link=IDS, tenant=IDS | st.just(""), tool=IDS)
def test_whatever_a_host_calls_it_a_halt_of_that_stops_it(
    agent: str, link: str, tenant: str, tool: str
) -> None:
    """I6: an id that could not be typed is refused; any other is halted by typing it."""
    chain = (Link(link, "asks"),)
    context = Context(Agent(agent), tenant=tenant, chain=chain)
    try:
        Turn(context, "main", "t", "", "m", ())
    except InterlockError:
        assert not all(map(is_clean, filter(None, (agent or " ", link or " ", tenant))))
        return
    proposal = propose(CallKey(tenant, "main", "t", "", "m", "c"), tool, {}, context)
    for target in (Target(agent=agent), Target(agent=link), Target(tool=tool), Target(topic=tool)):
        if target.agent is None and not spoken(tool):
            continue
        kind, ref = target.named()
        halted = Halt(kind, ref, tenant, "ana", datetime.now(UTC), "odd")

        assert covers(halted.tenant, tenant)
        assert stops(halted, proposal, tool)
