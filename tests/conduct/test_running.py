"""Run: siblings, the guard, the warrant, and lost claims."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.conduct import Held, Ready, aperform, perform
from interlock.errors import WarrantError
from interlock.path.execution import Done, Outcome
from interlock.tools.run import arun, run

from ..databases import ledger_of  # isort: skip
from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


class TestSiblings:
    def test_effects_wait_and_reads_go_on(self, world: World) -> None:
        """I18: beside a pending sibling effects are held, reads run."""
        ask, small, read = world.propose(
            ("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}), ("orders.get", {})
        )

        assert isinstance(world.go(small), Held)
        assert answer(world.go(read)).ending == "released"
        assert world.effects == [("orders.get", {})]
        request = waiting(world.go(ask)).request
        world.gate.inbox.deny(request.id, by="ana")
        assert answer(world.go(small)).ending == "released"
        assert world.effects[1:] == [("refund.issue", {"amount": 2})]

    def test_an_approved_call_waits_for_the_other_question(self, world: World) -> None:
        """I18: of two questions in one turn, the first answer runs nothing yet."""
        one, two = world.propose(
            ("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 300})
        )
        world.gate.inbox.approve(waiting(world.go(one)).request.id, by="ana", reason="ok")

        assert isinstance(world.go(one), Held)
        world.clock.advance(120)
        world.gate.inbox.approve(waiting(world.go(two)).request.id, by="ana", reason="ok")
        assert answer(world.go(one)).ending == answer(world.go(two)).ending == "released"
        assert len(world.effects) == 2

    def test_an_overdue_question_frees_its_siblings(self, world: World) -> None:
        """I5: nothing is held for longer than the request it waits for."""
        _, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
        assert isinstance(world.go(small), Held)
        world.clock.advance(601)

        assert answer(world.go(small)).ending == "released"

    def test_held_calls_are_guarded_again(self, world: World, tmp_path: Path) -> None:
        """Q8: policy that got stricter meanwhile stops what was allowed before."""
        ask, small = world.propose(
            ("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2})
        )
        world.gate.inbox.deny(waiting(world.go(ask)).request.id, by="ana")
        stricter = POLICY + "  - {id: none, match: {tools: [refund.issue]}, decision: deny}\n"
        other = open_world(tmp_path, stricter, world.clock)

        assert answer(other.go(small)).ending == "denied"
        assert other.effects == world.effects == []
        other.gate.close()


class TestGuard:
    def test_an_approval_does_not_survive_a_stricter_policy(
        self, world: World, tmp_path: Path
    ) -> None:
        """Q8: after approval, a policy that now denies wins."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="ok")
        other = open_world(tmp_path, POLICY.replace("above: 1000", "above: 100"), world.clock)

        got = answer(other.go(call))
        assert got.ending == "denied"
        assert (got.record["decision"], got.record["rules"]) == ("deny", ["huge"])
        assert got.record["policy_snapshot"] == other.gate.policy.snapshot
        assert other.effects == []
        other.gate.close()

    def test_a_looser_policy_does_not_free_a_rejected_call(
        self, world: World, tmp_path: Path
    ) -> None:
        """A human's no is final, whatever policy says later."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        world.gate.inbox.deny(waiting(world.go(call)).request.id, by="ana")
        other = open_world(tmp_path, POLICY.replace("at_most: 50", "at_most: 999"), world.clock)

        assert answer(other.go(call)).ending == "rejected"
        assert other.effects == []
        other.gate.close()

    def test_a_warrant_opens_one_execution(self, world: World) -> None:
        """A spent warrant, or one for other bytes, runs nothing."""
        (call,) = world.propose(("refund.issue", {"amount": 20}))
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        with pytest.raises(WarrantError):
            ready.warrant.redeem("refund.issue", b'{"amount":1000000}')
        with pytest.raises(WarrantError):
            ready.warrant.redeem("wipe", ready.canonical)

        world.run(ready)
        with pytest.raises(WarrantError):
            world.run(ready)
        assert len(world.effects) == 1


class TestLostClaims:
    def test_non_idempotent_is_in_doubt(self, world: World, tmp_path: Path) -> None:
        """I3: after a lost lease nobody runs it again; a late result settles the doubt."""
        (call,) = world.propose(("refund.issue", {"amount": 20}))
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        world.clock.advance(31)
        other = open_world(tmp_path, clock=world.clock)

        got = answer(other.go(call))
        assert got.ending == "in_doubt"
        assert (got.record["decision"], got.record["rules"]) == ("allow", ["small"])
        assert other.effects == []
        late = world.gate.conductor.settle(ready.warrant, world.run(ready))
        assert late.answer.ending == "released"
        assert world.gate.audit.verify().ok
        other.gate.close()

    @pytest.mark.parametrize("tool", ["set.flag", "orders.get"])
    def test_idempotent_and_read_run_again(self, world: World, tmp_path: Path, tool: str) -> None:
        """After a lost lease what may run twice runs again; the old result is stale."""
        (call,) = world.propose((tool, {}))
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        world.clock.advance(31)
        other = open_world(tmp_path, clock=world.clock)
        other.result = "second"

        assert answer(other.go(call)).content == "second"
        stale = world.gate.conductor.settle(ready.warrant, Done("first"))
        assert stale.answer.content == "second"
        assert any(line["kind"] == "stale_result" for line in world.gate.audit.log())
        other.gate.close()

    def test_a_second_deliverer_waits_for_the_first(self, world: World, tmp_path: Path) -> None:
        """Two processes with one call: one runs it, both get its answer."""
        (call,) = world.propose(("refund.issue", {"amount": 20}))
        started, go_on = threading.Event(), threading.Event()

        def slow(ready: Ready) -> Outcome:
            def invoke(tool: str, args: dict[str, Any]) -> Done:
                started.set()
                go_on.wait(5)
                return world.effect(tool, args)

            return run(ready, invoke)

        answers: list[Any] = []
        first = threading.Thread(
            target=lambda: answers.append(answer(perform(world.gate.conductor, call, slow)))
        )
        first.start()
        started.wait(5)
        with Gate.open(world.gate.policy, ledger_of(tmp_path), state=tmp_path) as other:
            # the other process has a real clock, before which the frozen lease lies: give it time
            other.conductor.ports.ledger.clock = world.clock  # type: ignore[attr-defined]
            second = threading.Thread(
                target=lambda: answers.append(answer(perform(other.conductor, call, world.run)))
            )
            second.start()
            go_on.set()
            first.join(5)
            second.join(5)
        assert [one.ending for one in answers] == ["released", "released"]
        assert len(world.effects) == 1

    async def test_cancelled_while_it_ran(self, world: World) -> None:
        """A cancelled run of a non-idempotent tool is in doubt; of a read it may run again."""
        refund, read = (
            world.propose(("refund.issue", {"amount": 20}))[0],
            world.propose(("orders.get", {}))[0],
        )

        async def hang(ready: Ready) -> Outcome:
            async def invoke(tool: str, args: dict[str, Any]) -> Done:
                world.effects.append((tool, args))
                await asyncio.sleep(60)
                return Done("never")

            return await arun(ready, invoke)

        for call in (refund, read):
            task = asyncio.create_task(aperform(world.gate.conductor, call, hang))
            before = len(world.effects)
            while len(world.effects) == before:  # noqa: ASYNC110 - the tool's own journal tells
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        assert answer(world.go(refund)).ending == "in_doubt"
        assert answer(world.go(read)).ending == "released"
        assert [tool for tool, _ in world.effects].count("refund.issue") == 1


class TestStricterMeanwhile:
    def test_a_result_is_held_when_policy_says_so_now(self, world: World, tmp_path: Path) -> None:
        """Q8: `review_result` that came after the approval holds the result."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="ok")
        held = POLICY.replace("reason: Big refunds", "review_result: true\n    reason: Big refunds")
        other = open_world(tmp_path, held, world.clock)

        assert answer(other.go(call)).ending == "quarantined"
        assert other.gate.audit.verify().ok, other.gate.audit.verify().problems
        other.gate.close()

    def test_an_owner_that_came_later_does_not_count(self, world: World, tmp_path: Path) -> None:
        """Q4: eligibility is checked again at execution; the call is asked about anew."""
        (call,) = world.propose(("refund.issue", {"amount": 200}))
        world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="ok")
        owned = open_world(tmp_path, POLICY.replace("owner: payments", "owner: ana"), world.clock)

        assert "ana" in waiting(owned.go(call)).request.excluded
        assert owned.effects == []
        owned.gate.close()

    @pytest.mark.parametrize(
        "stricter",
        [
            POLICY.replace(
                "tools: [set.flag]}, decision: allow", "tools: [set.flag]}, decision: deny"
            ),
            POLICY.replace(
                "set.flag: {risk_tags: [write], effect: idempotent}",
                "set.flag: {risk_tags: [write]}",
            ),
        ],
        ids=["denied now", "not idempotent now"],
    )
    def test_a_lost_claim_is_guarded_before_it_is_taken_again(
        self, world: World, tmp_path: Path, stricter: str
    ) -> None:
        """I2, I3: what may have run, and may not run now, is in doubt and does not run again."""
        (call,) = world.propose(("set.flag", {}))
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        world.clock.advance(31)
        other = open_world(tmp_path, stricter, world.clock)

        assert answer(other.go(call)).ending == "in_doubt"
        assert other.effects == []
        other.gate.close()


class TestBrokenOff:
    def test_control_flow_out_of_a_tool_does_not_run_it_twice(self, world: World) -> None:
        """I3: whatever leaves a started tool, a non-idempotent call is not given back."""
        (call,) = world.propose(("refund.issue", {"amount": 20}))

        class Control(Exception):
            pass

        def leave(ready: Ready) -> Outcome:
            def invoke(tool: str, args: dict[str, Any]) -> Done:
                world.effects.append((tool, args))
                raise Control("536-22-8726")

            return run(ready, invoke, (Control,))

        for _ in range(3):
            try:
                perform(world.gate.conductor, call, leave)
            except Control:
                continue
        assert len(world.effects) == 1
        assert world.state(call) == "in_doubt"

    def test_an_error_without_a_message_does_not_run_it_twice(self, world: World) -> None:
        """An exception whose text cannot be had is a failed call like any other."""

        class Mute(Exception):
            def __str__(self) -> str:
                raise RuntimeError

        world.result = Mute()
        (call,) = world.propose(("refund.issue", {"amount": 20}))
        endings = [answer(world.go(call)).ending for _ in range(3)]

        assert endings == ["failed"] * 3
        assert len(world.effects) == 1


def test_an_approval_that_waited_for_a_sibling_too_long_expires(world: World) -> None:
    """Q7: time spent held behind another question counts; the call expires and runs nothing."""
    one, two = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 300}))
    world.gate.inbox.approve(waiting(world.go(one)).request.id, by="ana", reason="ok")
    assert isinstance(world.go(one), Held)
    world.clock.advance(400)
    world.gate.inbox.deny(waiting(world.go(two)).request.id, by="ana")

    assert answer(world.go(one)).ending == "expired"
    assert world.effects == []
    assert world.gate.audit.verify().ok
