"""Conduct: the whole record, and what a resume payload may do."""

import asyncio
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Ready, aperform, apropose
from interlock.errors import InterlockError
from interlock.path.execution import Done, Outcome

from ..databases import ledger_of, locked  # isort: skip
from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


def test_the_record_of_everything_verifies(world: World) -> None:
    """I9, I10: after all kinds of ends the whole record verifies."""
    ask, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
    request = waiting(world.go(ask)).request
    case = world.gate.inbox.edit(request.id, args={"amount": 150}, by="ana")
    world.gate.inbox.approve(case.id, by="bo", reason="fine")
    for call in (ask, small, *world.propose(("refund.issue", {"amount": 5000}))):
        world.go(call)

    verified = world.gate.audit.verify()

    assert verified.ok, verified.problems
    assert verified.calls == 4


def test_who_was_overtaken_keeps_no_claim(world: World) -> None:
    """I5: a worker that slept over its lease leaves the call free, and does not claim it to fail.

    A crash campaign found calls standing still for a lease: the late worker looked for the answer
    of whoever overtook it, claimed the call by that, and then only said so.
    """
    (call,) = world.propose(("set.flag", {"amount": 1}))
    conductor = world.gate.conductor
    slept = conductor.advance(call)
    world.clock.advance(3600)
    lost = conductor.advance(call)  # claims it anew, and dies
    assert isinstance(slept, Ready)
    assert isinstance(lost, Ready)
    world.clock.advance(3600)

    with pytest.raises(InterlockError, match="overtaken"):
        conductor.settle(slept.warrant, Done("late"), slept.call)

    assert world.state(call) == "decided"
    assert answer(world.go(call)).ending == "released"
    assert len(world.effects) == 1


class TestHear:
    def test_a_payload_only_rings_the_bell(self, world: World) -> None:
        """By default an `approve` in a resume payload is no vote, and says how to give one."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        said = world.gate.conductor.hear(request.id, "approve", "local:eve")

        assert f"interlock approve {request.id}" in str(said)
        assert world.state(call) == "pending"

    def test_inline_is_a_vote_of_the_run_s_own_user(self, tmp_path: Path) -> None:
        """With `review.inline` the payload is a vote; its identity never comes from the payload."""
        inline = "approval_ttl_sec: 600, inline: true, reason_required: false"
        policy = POLICY.replace("approval_ttl_sec: 600", inline)
        world = open_world(tmp_path, policy)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        forged = {"decisions": [{"type": "approve", "by": "boss"}]}
        assert world.gate.conductor.hear(request.id, forged, "local:ana") is None
        (vote,) = world.gate.inbox.show(call).votes
        assert (vote["by"], vote["auth"]) == ("local:ana", "inline")
        world.gate.close()

    def test_inline_is_never_for_high_risk(self, tmp_path: Path) -> None:
        """Whatever the policy says, a high-risk call is not approved by a resume payload."""
        policy = POLICY.replace("[write], facts", "[write, financial], facts").replace(
            "approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true"
        )
        world = open_world(tmp_path, policy)
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert world.gate.conductor.hear(request.id, True, "local:ana") is not None
        assert world.state(call) == "pending"
        world.gate.close()

    @pytest.mark.parametrize("payload", [None, {}, [], 7, "maybe", {"decisions": []}, object()])
    def test_nonsense_is_answered_with_words(self, world: World, payload: Any) -> None:
        """R4: nothing that a human sends raises; it is asked again."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        request = waiting(world.go(call)).request

        assert isinstance(world.gate.conductor.hear(request.id, payload, "local:ana"), str)
        assert world.state(call) == "pending"
        assert world.gate.conductor.hear("req_unknown", "approve", "local:ana") is not None

    def test_the_first_question_of_an_interrupt_keeps_it(self, world: World) -> None:
        """An answer belongs to the question that its interrupt first asked."""
        conductor = world.gate.conductor

        assert conductor.bind_ask("task", 0, "req_a") == "req_a"
        assert conductor.bind_ask("task", 0, "req_b") == "req_a"
        assert conductor.bind_ask("task", 1, "req_b") == "req_b"


@pytest.fixture
def hasty(tmp_path: Path, database: str) -> Generator[World]:
    """One world that waits a second for a locked ledger."""
    clock = FrozenClock()
    path = ledger_of(tmp_path)
    with Gate.open(Policy.parse(POLICY), path, clock=clock, state=tmp_path, busy_s=1) as gate:
        yield World(gate, clock)


async def begun(world: World, call: str) -> "asyncio.Task[Any]":
    """Start a call whose tool never ends; return its task once the tool runs."""
    started = asyncio.Event()

    async def hang(_: Ready) -> Outcome:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(aperform(world.gate.conductor, call, hang))
    await started.wait()
    return task


async def recorded(world: World, kind: str) -> None:
    """Wait until an entry of a kind is written; the test's own time limit is the longest wait."""
    while kind not in [entry["kind"] for entry in world.gate.audit.log()]:  # noqa: ASYNC110 - another thread writes it
        await asyncio.sleep(0.01)


class TestAwaited:
    async def test_a_cancellation_is_recorded_while_the_loop_goes_on(
        self, hasty: World, tmp_path: Path
    ) -> None:
        """I3: a run cancelled once or often is in doubt before it ends; a lock stops no other."""
        (call,) = hasty.propose(("refund.issue", {"amount": 20}))
        task = await begun(hasty, call)

        with locked(tmp_path):
            for _ in range(3):
                task.cancel()
                await asyncio.wait({task}, timeout=0.05)
            assert not task.done()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert hasty.state(call) == "in_doubt"

    @pytest.mark.parametrize("amount", [20, 5000])
    async def test_a_cancelled_proposal_leaves_no_claim(
        self, hasty: World, tmp_path: Path, amount: int
    ) -> None:
        """What was claimed for nobody is given back, and the next delivery runs it at once."""
        turn = hasty.turn(("refund.issue", {"amount": amount}))
        with locked(tmp_path):
            task = asyncio.create_task(apropose(hasty.gate.conductor, turn, claim=True))
            await asyncio.wait({task}, timeout=0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        await recorded(hasty, "given_back" if amount == 20 else "denied")
        (call,) = await apropose(hasty.gate.conductor, turn)
        ending = answer(hasty.go(call)).ending
        assert (ending, len(hasty.effects)) == (("released", 1) if amount == 20 else ("denied", 0))

    async def test_a_cancelled_step_leaves_no_claim(self, hasty: World, tmp_path: Path) -> None:
        """A claim that comes after its task was cancelled is given back."""
        (call,) = hasty.propose(("refund.issue", {"amount": 20}))
        with locked(tmp_path):
            task = asyncio.create_task(begun(hasty, call))
            await asyncio.wait({task}, timeout=0.05)
            running = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
            for one in running:
                one.cancel()
            await asyncio.wait(running)

        await recorded(hasty, "given_back")
        assert answer(hasty.go(call)).ending == "released"

    async def test_the_ledger_is_never_asked_on_the_event_loop(self, world: World) -> None:
        """Whatever an awaited call comes to, its transactions are other threads'."""
        asked: set[int] = set()
        engine = world.gate.ledger.engine
        event.listen(engine, "begin", lambda _: asked.add(threading.get_ident()))
        conductor = world.gate.conductor

        async def run(ready: Ready) -> Outcome:
            return await asyncio.to_thread(world.run, ready)

        for tool, claim in (("orders.get", True), ("refund.issue", False)):
            turn = world.turn((tool, {"amount": 20}))
            (call,) = await apropose(conductor, turn, claim=claim)
            assert answer(await aperform(conductor, call, run)).ending == "released"
            again = world.turn((tool, {"amount": 21}))
            (call,) = await apropose(conductor, again, claim=claim)
            task = await begun(world, call)
            task.cancel()
            await asyncio.wait({task})

        assert asked
        assert threading.get_ident() not in asked
