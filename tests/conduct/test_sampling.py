"""Sampling: what becomes a probe, and what never does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from interlock.clock import stamp
from interlock.conduct.timers import recover
from interlock.conduct.values import SHOWN
from interlock.ledger import tables
from interlock.ledger.probes import of_calls, request_of

from ..databases import without_belt  # isort: skip
from .conftest import World, open_world  # isort: skip
from .test_probing import ASKS, LOOKS, RATES, look  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world in which every question draws a canary."""
    made = open_world(tmp_path, ASKS + RATES)
    yield made
    made.gate.close()


def made(world: World) -> list[str]:
    """Return the kinds of the probes that are made within the hour."""
    world.clock.advance(3600)
    world.gate.recover()
    with world.gate.ledger.read() as db:
        return [*db.execute(select(tables.probes.c.kind)).scalars()]


def drawn(world: World) -> list[tuple[str, str]]:
    """Return kind and call of what is drawn and not made yet."""
    table = tables.timers.c
    query = select(table.kind, table.ref).where(table.kind.in_(SHOWN), table.fired_at.is_(None))
    with world.gate.ledger.read() as db:
        return [(row.kind, row.ref) for row in db.execute(query)]


class TestCanaries:
    def test_one_at_a_time_at_each_route(self, world: World) -> None:
        """While one is posed, no other is made."""
        world.propose(("refund.issue", {"amount": 60}))
        world.propose(("refund.issue", {"amount": 70}))
        world.clock.advance(3600)
        assert len(world.gate.inbox.pending()) == 3

    def test_it_is_made_within_the_hour_and_not_before(self, world: World) -> None:
        """Until its time there is only that time, which the log and the tail do not show."""
        tail = world.gate.audit.tail()
        (call,) = world.propose(("refund.issue", {"amount": 60}))
        world.gate.recover()
        assert drawn(world) == [("canary", call)]
        assert [one.call_id for one in world.gate.inbox.pending()] == [call]
        lines = [*tail.next(), *world.gate.audit.log(), *world.gate.audit.log(call=call)]
        assert "drawn" not in {line["kind"] for line in lines}
        assert world.gate.audit.verify().problems == ()
        assert made(world) == ["canary"]
        assert drawn(world) == []

    def test_none_where_the_policy_names_no_rate(self, tmp_path: Path) -> None:
        """Without consent of the policy nothing is posed."""
        bare = open_world(tmp_path, ASKS)
        bare.propose(("refund.issue", {"amount": 60}))
        bare.clock.advance(3600)
        assert bare.gate.inbox.count() == 1
        with bare.gate.ledger.read() as db:
            assert not db.execute(select(tables.probes)).first()
        bare.gate.close()

    def test_none_of_a_critical_risk(self, tmp_path: Path) -> None:
        """The top class is for real questions only."""
        risk = "risk: [{level: critical, match: {tools: [refund.issue]}}]\n"
        bare = open_world(tmp_path, ASKS + RATES + risk)
        bare.propose(("refund.issue", {"amount": 60}))
        (case,) = bare.gate.inbox.pending()
        assert case.risk == "critical"
        bare.clock.advance(3600)
        with bare.gate.ledger.read() as db:
            assert not db.execute(select(tables.probes)).first()
        bare.gate.close()

    def test_none_where_nothing_sensible_can_be_changed(self, world: World) -> None:
        """Arguments that say nothing known make none."""
        world.propose(("refund.issue", {"n": 60}))
        world.clock.advance(3600)
        with world.gate.ledger.read() as db:
            assert not db.execute(select(tables.probes)).first()

    def test_a_second_delivery_makes_no_second(self, world: World) -> None:
        """The same turn again poses nothing again."""
        turn = world.turn(("refund.issue", {"amount": 60}), name="m")
        for _ in range(3):
            world.gate.conductor.propose(turn)
        log = world.gate.audit.log(undisclosed=True)
        assert [line["kind"] for line in log].count("drawn") == 1
        assert made(world) == ["canary"]

    def test_none_where_policy_would_not_ask(self, tmp_path: Path) -> None:
        """A wrong call that policy denies is no question."""
        over = "match: {tools: [refund.issue], amount_usd_above: 500}"
        deny = f"  - {{id: never, {over}, decision: deny}}\n"
        asks = ASKS.replace("owner: payments", "facts: {amount_usd: args.amount}")
        other = open_world(tmp_path, asks + deny + RATES)
        other.propose(("refund.issue", {"amount": 60}))
        assert made(other) == []
        other.propose(("refund.issue", {"amount": 50}))
        assert made(other) == ["canary"]
        other.gate.close()

    def test_none_that_does_not_fit_the_schema(self, world: World) -> None:
        """A request that no tool could take gives itself away."""
        schema = {"type": "object", "properties": {"amount": {"type": "integer", "maximum": 99}}}
        turn = world.turn(("refund.issue", {"amount": 60}))
        intents = tuple(replace(one, tool_schema=schema) for one in turn.intents)
        world.gate.conductor.propose(replace(turn, intents=intents))
        assert made(world) == []

    def test_none_of_what_is_allowed(self, tmp_path: Path) -> None:
        """Where nobody is asked, nobody is tried."""
        other = open_world(
            tmp_path,
            ASKS.replace("require_approval", "allow").replace(
                "    review: {approval_ttl_sec: 7200, execution_ttl_sec: 300}\n", ""
            )
            + RATES,
        )
        other.propose(("refund.issue", {"amount": 60}))
        assert made(other) == []
        other.gate.close()


class TestSecondLooks:
    @pytest.fixture
    def looks(self, tmp_path: Path, database: str) -> Iterator[World]:
        """A world in which every answer is looked at a second time."""
        other = open_world(tmp_path, ASKS + LOOKS)
        yield other
        other.gate.close()

    def test_none_of_what_was_edited(self, looks: World) -> None:
        """An edited call shows that somebody had it."""
        (call,) = looks.propose(("refund.issue", {"amount": 60}))
        after = looks.gate.inbox.edit(call, args={"amount": 61}, by="ana", reason="one more")
        looks.gate.inbox.approve(after.id, by="bea", reason="so")
        looks.clock.advance(3600)
        assert looks.gate.inbox.pending() == []

    def test_none_of_a_second_look(self, looks: World) -> None:
        """What was looked at twice is not looked at a third time."""
        _, posed = look(looks, "approve")
        looks.gate.inbox.deny(posed.id, by="bea", reason="no")
        assert made(looks) == ["second_look"]

    def test_none_where_nobody_else_is_there(self, tmp_path: Path) -> None:
        """A group of one has no second."""
        group = "groups: {desk: [ana]}\n"
        asks = ASKS.replace("review: {", "review: {route: desk, ")
        other = open_world(tmp_path, asks + group + LOOKS)
        (call,) = other.propose(("refund.issue", {"amount": 60}))
        other.gate.inbox.approve(call, by="ana", reason="so")
        assert made(other) == []
        other.gate.close()


RISK = "risk: [{level: critical, match: {tools: [refund.issue]}}]\n"
ALLOWS = ASKS.replace("require_approval", "allow").replace(
    "    review: {approval_ttl_sec: 7200, execution_ttl_sec: 300}\n", ""
)
LEAST = "approval_queue_policy: {max_open_requests_per_agent: 1}\n"
EVERY = "fatigue_controls: {canary_rate: 1.0, sampled_second_review_rate: 1.0}\n"


def answered(world: World) -> str:
    """Ask for a refund and approve it; a second look is drawn."""
    (call,) = world.propose(("refund.issue", {"amount": 60}))
    world.gate.inbox.approve(call, by="ana", reason="so")
    return call


class TestMadeAsOfNow:
    @pytest.fixture
    def looks(self, tmp_path: Path, database: str) -> Iterator[World]:
        """A world in which every answer is looked at a second time."""
        other = open_world(tmp_path, ASKS + LOOKS)
        yield other
        other.gate.close()

    @pytest.mark.parametrize(
        "policy",
        [ASKS, ASKS + EVERY + RISK, ALLOWS + EVERY],
        ids=["rate 0", "critical", "not asked"],
    )
    def test_by_the_policy_of_now(self, tmp_path: Path, policy: str) -> None:
        """What the policy of its time would not pose is not posed."""
        first = open_world(tmp_path, ASKS + EVERY)
        answered(first)
        assert len(drawn(first)) == 2
        after = open_world(tmp_path, policy, first.clock)
        assert made(after) == []
        assert drawn(after) == []
        assert after.gate.audit.verify().problems == ()
        for each in (first, after):
            each.gate.close()

    def test_with_the_snapshot_of_now_and_its_own_time(self, tmp_path: Path) -> None:
        """Its decision is the policy's of now; it was asked when due, not when one looks."""
        first = open_world(tmp_path, ASKS + LOOKS)
        call = answered(first)
        after = open_world(tmp_path, ASKS.replace("id: big", "id: huge") + LOOKS, first.clock)
        assert made(after) == ["second_look"]
        with after.gate.ledger.read() as db:
            (posed,) = of_calls(db, [call])
        after.gate.conductor.propose(after.turn(("refund.issue", {"amount": 61}), name="later"))
        (like,) = (one for one in after.gate.inbox.pending() if one.call_id != posed.id)
        shown = after.gate.inbox.show(posed.id)
        assert (shown.policy_snapshot, shown.rules) == (like.policy_snapshot, like.rules)
        (due_at,) = (
            line["body"]["due_at"]
            for line in after.gate.audit.log(undisclosed=True)
            if line["kind"] == "drawn"
        )
        assert stamp(shown.created_at) == due_at
        for each in (first, after):
            each.gate.close()

    def test_with_the_signals_of_now(self, looks: World) -> None:
        """It counts the attempts that the same call of the same thread would count."""
        call = answered(looks)
        looks.go(call)
        looks.clock.advance(3600)
        (shown,) = looks.gate.inbox.pending()
        with looks.gate.ledger.read() as db:
            (posed,) = of_calls(db, [call])
        (real,) = looks.propose(("refund.issue", {"amount": 60}))
        with looks.gate.ledger.begin() as tx:
            like = tx.call(real).judgement
        assert posed.judgement is not None
        assert like is not None
        assert posed.judgement.signals == like.signals
        assert posed.judgement.signals["first_time_action"] is False
        assert shown.call_id == posed.id

    @pytest.mark.parametrize(
        "scope", [{"agent": "bot"}, {"tool": "refund.*"}, {"everything": True}]
    )
    def test_nothing_of_what_is_halted(self, looks: World, scope: dict[str, Any]) -> None:
        """Who is switched off asks nothing."""
        answered(looks)
        looks.gate.halt(**scope, by="ops", reason="so")
        assert made(looks) == []

    def test_nothing_beyond_what_its_agent_may_have_asked(self, tmp_path: Path) -> None:
        """An agent whose questions are at their most would not have asked this one."""
        other = open_world(tmp_path, ASKS + LOOKS + LEAST)
        answered(other)
        other.propose(("refund.issue", {"amount": 7}))
        assert made(other) == []
        other.gate.close()

    def test_nothing_that_people_are_asked_already(self, looks: World) -> None:
        """The same question of the same agent is open."""
        answered(looks)
        looks.propose(("refund.issue", {"amount": 60}))
        assert made(looks) == []

    def test_nothing_of_what_was_erased(self, looks: World) -> None:
        """What was taken out of the ledger does not come back as a question."""
        (call,) = looks.propose(("refund.issue", {"amount": 60}))
        looks.gate.inbox.deny(call, by="ana", reason="no")
        looks.gate.audit.erase(call, reason="request 12", by="dpo")
        assert made(looks) == []
        assert looks.gate.audit.verify().problems == ()

    def test_nothing_of_what_was_archived(self, looks: World, tmp_path: Path) -> None:
        """What was exported and taken out of the ledger has no time left at which it is asked."""
        (call,) = looks.propose(("refund.issue", {"amount": 60}))
        looks.gate.inbox.deny(call, by="ana", reason="no")
        looks.clock.advance(1)
        looks.gate.audit.archive(stamp(looks.clock.now()), tmp_path / "out", by="ops")
        assert drawn(looks) == []
        assert made(looks) == []
        assert looks.gate.audit.verify().problems == ()

    def test_fired_twice_makes_one(self, tmp_path: Path, database: str) -> None:
        """Of two processes one makes it, and a second firing finds nothing."""
        first = open_world(tmp_path, ASKS + LOOKS)
        answered(first)
        second = open_world(tmp_path, ASKS + LOOKS, first.clock)
        first.clock.advance(3600)
        for each in (first, second, first):
            recover(each.gate.conductor.ports)
        assert made(second) == ["second_look"]
        for each in (first, second):
            each.gate.close()

    def test_nothing_whose_time_to_answer_is_over(self, looks: World) -> None:
        """Where nobody looked for longer than such a call waits, it would have expired."""
        answered(looks)
        looks.clock.advance(3600 + 7200)
        assert made(looks) == []

    def test_recovered_twice_is_recovered_once(self, tmp_path: Path) -> None:
        """I15: of what is posed late its next level is asked at once, and not by who comes next."""
        asks = ASKS.replace("review: {", "review: {route: ops, escalate_after_sec: 60, ")
        groups = "groups: {ops: [ana, bea], leads: [dee]}\nescalation: {ops: [leads]}\n"
        other = open_world(tmp_path, asks + groups + EVERY)
        call = answered(other)
        other.clock.advance(5400)
        other.gate.recover()
        assert other.gate.recover() == []
        with other.gate.ledger.read() as db:
            levels = [request_of(db, posed.id).level for posed in of_calls(db, [call])]
        assert levels == [1, 1]
        other.gate.close()

    @pytest.mark.parametrize("change", ["moved", "removed", "early", "fired", "unfired"])
    def test_the_record_holds_its_timer(self, looks: World, change: str) -> None:
        """Whoever moves it, removes it, or says that it fired or did not, is named."""
        answered(looks)
        if change == "unfired":
            assert made(looks) == ["second_look"]
        table = tables.timers
        mine = table.c.kind == "second_look"
        changes = {
            "moved": update(table).where(mine).values(due_at="2099-01-01T00:00:00.000000Z"),
            "removed": delete(table).where(mine),
            "early": update(table).where(mine).values(fired_at="2001-01-01T00:00:00.000000Z"),
            "fired": update(table).where(mine).values(fired_at="2099-01-01T00:00:00.000000Z"),
            "unfired": update(table).where(mine).values(fired_at=None),
        }
        with looks.gate.ledger.engine.begin() as db, without_belt(db):
            db.execute(changes[change])
        (problem,) = looks.gate.audit.verify().problems
        assert "the second_look timer of" in problem
