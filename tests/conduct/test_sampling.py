"""Sampling: what becomes a probe, and what never does."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from interlock.errors import UnknownId
from interlock.ledger import tables

from .conftest import World, open_world  # isort: skip
from .test_probing import ASKS, LOOKS, RATES, look  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world in which every question draws a canary."""
    made = open_world(tmp_path, ASKS + RATES)
    yield made
    made.gate.close()


def made(world: World) -> list[str]:
    """Return the kinds of the probes that were made."""
    with world.gate.ledger.read() as db:
        return [*db.execute(select(tables.probes.c.kind)).scalars()]


class TestCanaries:
    def test_one_at_a_time_at_each_route(self, world: World) -> None:
        """While one is posed, no other is made."""
        world.propose(("refund.issue", {"amount": 60}))
        world.propose(("refund.issue", {"amount": 70}))
        world.clock.advance(3600)
        assert world.gate.inbox.count() == 3

    def test_it_is_shown_within_the_hour_and_not_before(self, world: World) -> None:
        """Nobody finds it before its time, by no id."""
        world.propose(("refund.issue", {"amount": 60}))
        with world.gate.ledger.read() as db:
            query = select(tables.requests).join(
                tables.probes, tables.probes.c.call_id == tables.requests.c.call_id
            )
            row = db.execute(query).mappings().one()
        assert len(world.gate.inbox.pending()) == 1
        for name in (row["id"], row["call_id"], row["call_id"][:12]):
            with pytest.raises(UnknownId):
                world.gate.inbox.show(name)
            with pytest.raises(UnknownId):
                world.gate.inbox.approve(name, by="ana", reason="x")
        world.clock.advance(3600)
        assert world.gate.inbox.show(row["id"]).id == row["id"]

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
        with world.gate.ledger.read() as db:
            assert len(db.execute(select(tables.probes)).all()) == 1

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
