"""Fire: what is due, once, never early, by anyone; and recovering twice is recovering once."""

import multiprocessing
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Ready, faults
from interlock.conduct.doubts import Settlement
from interlock.conduct.timers import fire_due, recover
from interlock.errors import AlreadyDecided
from interlock.path.execution import Done, InDoubt

from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

FORK = multiprocessing.get_context("fork")
SMALL, BIG = ("refund.issue", {"amount": 20}), ("refund.issue", {"amount": 200})


def claimed(world: World, call: tuple[str, dict[str, int]]) -> tuple[str, Ready]:
    (name,) = world.propose(call)
    ready = world.gate.conductor.advance(name)
    assert isinstance(ready, Ready)
    return name, ready


def log(world: World) -> list[tuple[str, str]]:
    return [(line["chain"], line["kind"]) for line in world.gate.audit.log()]


class TestDue:
    def test_a_request_expires_without_a_touch(self, world: World) -> None:
        """I5: nobody has to look for a request's time to be over."""
        (call,) = world.propose(BIG)
        world.clock.advance(600)
        (fired,) = recover(world.gate.conductor.ports)

        assert (fired.kind, fired.came_to, world.state(call)) == ("expiry", "expired", "expired")

    @given(early_s=st.floats(min_value=0.000001, max_value=600))
    @settings(max_examples=20)
    def test_never_early(self, tmp_path_factory: pytest.TempPathFactory, early_s: float) -> None:
        """Nothing falls due before its time, however close."""
        world = open_world(tmp_path_factory.mktemp("early"))
        world.propose(BIG)
        claimed(world, SMALL)
        world.clock.advance(30 - min(early_s, 30))
        fired = {each.kind for each in recover(world.gate.conductor.ports)}
        world.clock.advance(600 - early_s - (30 - min(early_s, 30)))
        fired |= {each.kind for each in recover(world.gate.conductor.ports)} - {"lease"}
        world.gate.close()

        assert fired == set()

    def test_what_was_answered_fires_nothing(self, world: World) -> None:
        """A timer whose request has its verdict comes to nothing."""
        (call,) = world.propose(BIG)
        world.gate.inbox.deny(waiting(world.go(call)).request.id, by="ana", reason="no")
        before = log(world)
        world.clock.advance(6000)

        assert recover(world.gate.conductor.ports) == []
        assert log(world) == before

    def test_fire_due_keeps_to_its_limit(self, world: World) -> None:
        """At most so many are fired, the longest overdue first."""
        calls: list[str] = []
        for _ in range(3):
            calls += world.propose(BIG)
            world.clock.advance(1)
        world.clock.advance(601)

        assert fire_due(world.gate.conductor.ports, limit=2) == 2
        assert [chain for chain, kind in log(world) if kind == "expired"] == calls[:2]
        assert fire_due(world.gate.conductor.ports) == 1

    def test_a_clock_that_steps_back_revives_nothing(self, world: World) -> None:
        """I11: what expired stays expired, and is not fired again."""
        (call,) = world.propose(BIG)
        world.clock.advance(601)
        recover(world.gate.conductor.ports)
        world.clock.advance(-3600)

        assert recover(world.gate.conductor.ports) == []
        assert answer(world.go(call)).ending == "expired"


class TestLeases:
    def test_non_idempotent_is_in_doubt_without_a_touch(self, world: World) -> None:
        """I3, I5: a lost claim on what may not run twice is shown to people."""
        call, _ = claimed(world, SMALL)
        world.clock.advance(30)
        (fired,) = recover(world.gate.conductor.ports)

        assert (fired.came_to, world.state(call)) == ("in_doubt", "in_doubt")

    @pytest.mark.parametrize("tool", ["set.flag", "orders.get"])
    def test_what_may_run_twice_is_left_to_its_host(self, world: World, tool: str) -> None:
        """It stays runnable and can be seen; whoever delivers the call runs it again."""
        call, _ = claimed(world, (tool, {}))
        world.clock.advance(30)
        assert [each.came_to for each in recover(world.gate.conductor.ports)] == ["lost"]
        assert world.gate.inbox.show(call).lost
        assert log(world)[-1] == ("ledger", "lease_lapsed")

        assert answer(world.go(call)).ending == "released"
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    @pytest.mark.parametrize(("how", "ends"), [("done", "released"), ("retried", "retried")])
    def test_whose_host_does_not_come_back_a_person_settles(
        self, world: World, how: Settlement, ends: str
    ) -> None:
        """I5: a lost run that its host may repeat waits where people see it; their word ends it."""
        call, ready = claimed(world, ("orders.get", {}))
        assert world.gate.doubts.list() == []
        with pytest.raises(AlreadyDecided, match="not in doubt"):
            world.gate.doubts.settle(call, how, by="ana", reason="the host runs it")
        world.clock.advance(30)
        (listed,) = world.gate.doubts.list()

        assert (listed.call_id, "its host may run it again" in listed.why) == (call, True)
        assert world.gate.doubts.settle(call, how, by="ana", reason="the host is gone") == ends
        told = [kind for chain, kind in log(world) if chain == call]
        assert told[told.index("claimed") + 1 :][:2] == ["in_doubt", "settled"]
        assert not world.gate.ledger.renew(call, ready.warrant.fence, 30)
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_a_sleeper_settles_its_own_run(self, world: World) -> None:
        """A process that was only paused still ends its run, as long as nobody took it over."""
        call, ready = claimed(world, ("orders.get", {}))
        world.clock.advance(31)
        recover(world.gate.conductor.ports)
        assert world.gate.ledger.renew(call, 1, 30)
        assert not world.gate.inbox.show(call).lost

        got = world.gate.conductor.settle(ready.warrant, Done("late"))
        assert got.answer.content == "late"

    def test_a_lease_that_is_kept_does_not_lapse(self, world: World) -> None:
        """A claim that is renewed is not touched."""
        call, _ = claimed(world, SMALL)
        for _ in range(5):
            world.clock.advance(20)
            assert world.gate.ledger.renew(call, 1, 30)
            assert recover(world.gate.conductor.ports) == []
        assert world.state(call) == "executing"

    def test_a_repetition_that_is_lost_is_in_doubt_again(self, world: World) -> None:
        """Regression: its thread had its answer, so nobody came for a call that may run twice."""
        call, ready = claimed(world, ("set.flag", {}))
        world.gate.conductor.settle(ready.warrant, InDoubt("nobody knows"))
        world.gate.doubts.settle(call, "retried", by="bea", reason="looked")
        again = world.gate.conductor.advance(call)
        assert isinstance(again, Ready)
        world.clock.advance(31)

        assert [fired.came_to for fired in recover(world.gate.conductor.ports)] == ["in_doubt"]
        assert [one.call_id for one in world.gate.doubts.list()] == [call]

    def test_a_lease_of_a_clock_that_was_fast_holds_nobody_up(
        self, world: World, tmp_path: Path
    ) -> None:
        """Regression: a process an hour ahead claimed and died; its lease stood for that hour."""
        world.clock.advance(3600)
        call, ready = claimed(world, SMALL)
        world.clock.advance(-3600)
        other = open_world(tmp_path, clock=world.clock)

        assert [fired.came_to for fired in recover(other.gate.conductor.ports)] == ["in_doubt"]
        assert answer(other.go(call)).ending == "in_doubt"
        late = world.gate.conductor.settle(ready.warrant, Done("paid"))
        assert late.answer.ending == "released"
        assert other.effects == []
        other.gate.close()

    def test_a_sealed_result_is_inspected_after_all(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """I5, I17: a process lost between result and inspection leaves neither undone."""
        child = FORK.Process(target=_die_with_a_large_result, args=(tmp_path,))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        clock = FrozenClock()
        world = open_world(tmp_path, clock=clock)
        (call,) = world.propose(SMALL, name="m1")
        assert world.state(call) == "done"
        clock.advance(30)

        assert [each.came_to for each in world.gate.recover()] == ["released"]
        assert world.gate.recover() == []
        assert answer(world.go(call)).content == "x" * 30_000
        world.gate.close()


def approved(world: World, call: str) -> None:
    world.gate.inbox.approve(waiting(world.go(call)).request.id, by="ana", reason="ok")


class TestUse:
    def test_an_approval_that_is_not_used_expires_without_a_touch(self, world: World) -> None:
        """I11: `execution_ttl` ends a call whether or not its host comes back, and never early."""
        (call,) = world.propose(BIG)
        approved(world, call)
        world.clock.advance(299.999)
        early = recover(world.gate.conductor.ports)
        world.clock.advance(0.001)
        fired = recover(world.gate.conductor.ports)

        assert (early, fired) == ([], [("use", call, "expired")])
        assert answer(world.go(call)).ending == "expired"
        assert world.effects == []
        assert world.gate.audit.verify().problems == ()

    def test_behind_a_sibling_it_expires_too(self, world: World) -> None:
        """An approved call that a sibling's question holds does not outlive its approval."""
        first, second = world.propose(BIG, ("refund.issue", {"amount": 300}))
        approved(world, first)
        world.go(first)
        held = world.state(first)
        world.clock.advance(300)
        recover(world.gate.conductor.ports)

        assert (held, world.state(first), world.state(second)) == ("held", "expired", "pending")

    @pytest.mark.parametrize(("order", "lasts_s"), [(BIG, 300), (SMALL, 3600)])
    def test_a_repetition_that_is_not_run_in_time_is_in_doubt_again(
        self, world: World, order: tuple[str, dict[str, int]], lasts_s: int
    ) -> None:
        """I5: what a person had repeated, and nobody ran, is shown to people once more.

        Of a call that nobody was asked about, an hour.
        """
        (call,) = world.propose(order)
        if order is BIG:
            approved(world, call)
        world.gate.conductor.advance(call)
        world.clock.advance(30)
        recover(world.gate.conductor.ports)
        world.gate.doubts.settle(call, "retried", by="ana", reason="nothing in the books")
        world.clock.advance(lasts_s - 1)
        early = recover(world.gate.conductor.ports)
        world.clock.advance(1)

        assert (early, world.state(call)) == ([], "retried")
        assert recover(world.gate.conductor.ports) == [("use", call, "in_doubt")]
        assert world.gate.audit.verify().problems == ()

    def test_a_claim_that_is_given_back_late_expires(self, world: World) -> None:
        """A time that passed while the call was claimed is not forgotten."""
        (call,) = world.propose(BIG)
        approved(world, call)
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        for _ in range(20):
            world.clock.advance(15.5)
            world.gate.ledger.renew(call, ready.warrant.fence, 30)
            assert recover(world.gate.conductor.ports) == []
        world.gate.conductor.give_back(ready.warrant, "paused")

        assert recover(world.gate.conductor.ports) == [("use", call, "expired")]

    def test_a_time_that_was_moved_is_named(self, world: World) -> None:
        """I10: an approval that was made to last longer, or to end at once, is found."""
        (call,) = world.propose(BIG)
        approved(world, call)
        with world.gate.ledger.engine.begin() as db:
            db.exec_driver_sql("update timers set due_at = '9999' where kind = 'use'")

        (problem,) = world.gate.audit.verify().problems
        assert "use timer" in problem


@pytest.mark.parametrize("kind", ["lease", "expiry", "use"])
def test_a_call_that_somebody_holds_keeps_no_other_waiting(
    tmp_path: Path, postgres_url: str, kind: str
) -> None:
    """I5: a process that was stopped with a call in hand holds up that call alone."""
    clock = FrozenClock()
    gate = Gate.open(Policy.parse(POLICY), postgres_url, clock=clock, state=tmp_path, lease_s=30)
    world = World(gate, clock)
    calls = [world.propose(SMALL if kind == "lease" else BIG)[0] for _ in range(3)]
    for call in calls:
        if kind == "lease":
            gate.conductor.advance(call)
        if kind == "use":
            approved(world, call)
    clock.advance(600)
    with gate.ledger.engine.begin() as db:  # as a process that is stopped in a transaction
        db.execute(text("set local lock_timeout = 1"))
        db.execute(text(f"select 1 from calls where id = '{calls[0]}' for update"))
        meanwhile = recover(gate.conductor.ports)
        states = [row[0] for row in db.execute(text("select state from calls order by created_at"))]
    afterwards = recover(gate.conductor.ports)
    gate.close()

    assert (len(meanwhile), len(afterwards)) == (2, 1)
    assert len(states) == 3


class TestTwice:
    def test_recovering_twice_is_recovering_once(self, world: World, tmp_path: Path) -> None:
        """I15: the second recovery, by whatever process, adds no entry."""
        world.propose(BIG)
        for call in (SMALL, ("set.flag", {}), ("orders.get", {})):
            claimed(world, call)
        world.clock.advance(6000)
        assert len(recover(world.gate.conductor.ports)) == 4
        once = world.gate.audit.log()
        other = open_world(tmp_path, clock=world.clock)

        assert recover(other.gate.conductor.ports) == []
        assert recover(world.gate.conductor.ports) == []
        assert world.gate.audit.log() == once
        assert world.gate.audit.verify().ok
        other.gate.close()

    @pytest.mark.timeout(60)  # one child process a case
    @pytest.mark.parametrize("point", ["timer_taken", "timer_fired", "doubt_settled"])
    def test_killed_while_it_recovers(self, tmp_path: Path, point: str) -> None:
        """I15: a recovery that was killed is as if it had been done, or not begun."""
        world = open_world(tmp_path)
        world.propose(BIG)
        call, _ = claimed(world, SMALL)
        world.gate.close()
        child = FORK.Process(target=_recover_and_die, args=(tmp_path, point))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL

        clock = FrozenClock()
        clock.advance(6000)
        again = open_world(tmp_path, clock=clock)
        again.gate.recover()
        if point != "doubt_settled":
            assert again.state(call) == "in_doubt"
        kinds = [kind for _, kind in log(again)]
        assert (kinds.count("expired"), kinds.count("in_doubt")) == (1, 1)
        assert again.gate.audit.verify().ok
        again.gate.close()


def _die_with_a_large_result(folder: Path) -> None:
    faults._AT = "result_sealed"  # type: ignore[misc] - what the environment sets
    world = open_world(folder)
    world.result = "x" * 30_000
    (call,) = world.propose(SMALL, name="m1")
    world.go(call)


def _recover_and_die(folder: Path, point: str) -> None:
    faults._AT = point  # type: ignore[misc] - what the environment sets
    clock = FrozenClock()
    clock.advance(6000)
    world = open_world(folder, clock=clock)
    world.gate.recover()
    for doubt in world.gate.doubts.list():
        world.gate.doubts.settle(doubt.call_id, "done", by="bea", reason="seen")
