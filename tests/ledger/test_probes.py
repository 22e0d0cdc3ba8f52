"""Probes in the ledger: rows of their own, which go when the call goes that they are made of."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from interlock.clock import stamp
from interlock.conduct.values import Posed
from interlock.errors import DeskError, StaleTransition
from interlock.ledger import tables
from interlock.ledger.probes import find, of_calls, waiting
from interlock.path.record import Step

from ..conduct.conftest import World, open_world  # isort: skip
from ..conduct.test_probing import ASKS, RATES, canary  # isort: skip
from ..databases import without_belt  # isort: skip


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """A world in which every question draws a canary."""
    made = open_world(tmp_path, ASKS + RATES)
    yield made
    made.gate.close()


def content(world: World) -> list[tuple[object, ...]]:
    """Return what the probes say."""
    table = tables.probes.c
    with world.gate.ledger.read() as db:
        query = select(table.canonical, table.nonce, table.judgement, table.state)
        return [(bytes(row[0]), *row[1:]) for row in db.execute(query)]


def test_it_stands_in_no_table_of_calls(world: World) -> None:
    """Neither the call's row nor its arguments are where something is run from."""
    _, posed = canary(world)
    with world.gate.ledger.read() as db:
        for column in (tables.calls.c.id, tables.arguments.c.call_id, tables.executions.c.call_id):
            assert posed.call_id not in set(db.execute(select(column)).scalars())


def test_it_is_there_from_its_time_on(world: World) -> None:
    """Before, there is none; then it looks like a call of its original's host."""
    (call,) = world.propose(("refund.issue", {"amount": 60}))
    with world.gate.ledger.read() as db:
        assert of_calls(db, [call]) == []
    world.clock.advance(3600)
    world.gate.recover()
    with world.gate.ledger.read() as db:
        (probe,) = of_calls(db, [call])
        ((shown, _),) = waiting(db)
    assert (shown.id, shown.state, shown.key.host) == (probe.id, "pending", "main")
    assert (probe.state, probe.key.host) == ("posed", "interlock")


def test_a_stale_writer_changes_nothing(world: World) -> None:
    """Of two that end a probe one does."""
    _, posed = canary(world)
    with world.gate.ledger.begin() as tx:
        found = tx.probes.asked(posed.id)
        assert found is not None
        tx.close_request(posed.id, "disclosed")
        tx.probes.advance(found[0], [Step("disclosed", "expired")], "unanswered")
    with pytest.raises(StaleTransition), world.gate.ledger.begin() as tx:
        tx.probes.advance(found[0], [Step("disclosed", "expired")], "unanswered")


@pytest.mark.parametrize("answered", [False, True])
def test_it_is_erased_with_the_call_that_it_is_made_of(world: World, answered: bool) -> None:
    """Arguments and facts go from the probe, too; one that is posed ends before."""
    call, posed = canary(world)
    if answered:
        world.gate.inbox.deny(posed.id, by="ana", reason="no")
    world.gate.audit.erase(call, reason="request 12", by="dpo")
    assert content(world) == [(b"{}", "", None, "disclosed")]
    shown = world.gate.inbox.show(posed.id)
    assert (shown.state, shown.args) == ("disclosed", {})
    assert "erased" in shown.gone
    assert world.gate.audit.verify().problems == ()


def test_it_is_not_erased_alone(world: World) -> None:
    """The real call would still say it all."""
    call, posed = canary(world)
    world.gate.inbox.deny(posed.id, by="ana", reason="no")
    with pytest.raises(DeskError, match=f"with the call that it was made of: {call}"):
        world.gate.audit.erase(posed.call_id, reason="request 12", by="dpo")


def test_it_is_archived_with_the_call_that_it_is_made_of(world: World, tmp_path: Path) -> None:
    """Nothing of it stays behind; while it is posed, the call stays."""
    _, posed = canary(world)
    world.clock.advance(10)
    with pytest.raises(DeskError, match="no call"):
        world.gate.audit.archive(stamp(world.clock.now()), tmp_path / "early", by="ana")
    world.gate.inbox.deny(posed.id, by="bea", reason="no")
    world.gate.audit.archive(stamp(world.clock.now()), tmp_path / "archived", by="ana")
    assert content(world) == []
    with world.gate.ledger.read() as db:
        chains = set(db.execute(select(tables.entries.c.chain)).scalars())
        assert posed.call_id not in chains
        assert posed.id not in set(db.execute(select(tables.requests.c.id)).scalars())
    assert world.gate.audit.verify().problems == ()


@pytest.mark.parametrize(
    "column", ["state", "came_to", "how", "of", "digest", "nonce", "judgement"]
)
def test_an_edited_probe_is_named(world: World, column: str) -> None:
    """Verify compares every column with the entries."""
    _, posed = canary(world)
    mine = tables.probes.c.call_id == posed.call_id
    with world.gate.ledger.engine.begin() as db, without_belt(db):
        db.execute(update(tables.probes).where(mine).values({column: "eve"}))
    assert world.gate.audit.verify().problems != ()


def test_found_by_its_id_as_a_call(world: World) -> None:
    """What people read of it has the form of a call."""
    _, posed = canary(world)
    with world.gate.ledger.read() as db:
        found = find(db, posed.call_id)
    assert isinstance(found, Posed)
    assert (found.request_id, found.state) == (posed.id, "pending")
