"""Prepare: a statement does the same, whichever way it goes to its database."""

from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update

from interlock.app.gate import Gate
from interlock.errors import LedgerError
from interlock.ledger import tables
from interlock.ledger.prepared import Prepared

from .conftest import play  # isort: skip

_RUNS = tables.executions
ADD = Prepared(insert(_RUNS))
END = Prepared(update(_RUNS).where(_RUNS.c.call_id == bindparam("is_call")))
OF = Prepared(select(_RUNS).where(_RUNS.c.worker == bindparam("by")).order_by(_RUNS.c.call_id))
FIRST = Prepared(select(_RUNS.c.call_id, _RUNS.c.fence).where(_RUNS.c.fence == 1).limit(1))


def run(call_id: str, **more: Any) -> dict[str, Any]:
    """A row of a claim."""
    return {"call_id": call_id, "fence": 1, "claimed_at": "then", "worker": "me", **more}


def test_what_is_added_is_found_and_changed(gate: Gate) -> None:
    """Rows of several columns come back by name; a change says how many it concerned."""
    with gate.ledger.begin() as tx:
        db = tx.connection
        ADD.add(db, [run("b")])
        ADD.add(db, [run("c", outcome="done")])
        ADD.add(db, [run("a", ended_at="now"), run("d", ended_at=None)])
        assert END.change(db, {"is_call": "b", "outcome": "failed", "ended_at": "now"}) == 1
        assert END.change(db, {"is_call": "nobody", "outcome": "failed"}) == 0
        found = [dict(row) for row in OF.rows(db, {"by": "me"})]
    assert [(row["call_id"], row["outcome"], row["ended_at"]) for row in found] == [
        ("a", None, "now"),
        ("b", "failed", "now"),
        ("c", "done", None),
        ("d", None, None),
    ]
    assert all(row["fence"] == 1 and row["claimed_at"] == "then" for row in found)


def test_values_that_stand_in_a_statement(gate: Gate) -> None:
    """What a statement compares with by itself needs no parameter; nothing found is no row."""
    with gate.ledger.begin() as tx:
        assert list(FIRST.rows(tx.connection, {})) == []
        ADD.add(tx.connection, [run("x"), run("y", fence=2)])
        (found,) = FIRST.rows(tx.connection, {})
    assert dict(found) == {"call_id": "x", "fence": 1}


def test_it_belongs_to_the_transaction(gate: Gate) -> None:
    """What was run in a transaction that fails leaves nothing."""
    with pytest.raises(ZeroDivisionError):
        _add_and_fail(gate)
    with gate.ledger.read() as db:
        assert list(OF.rows(db, {"by": "me"})) == []


def _add_and_fail(gate: Gate) -> None:
    with gate.ledger.begin() as tx:
        ADD.add(tx.connection, [run("x")])
        raise ZeroDivisionError


def test_a_defect_of_ours_is_no_trouble_of_the_ledgers(gate: Gate) -> None:
    """What the driver raises is told as what SQLAlchemy raises; see the tests of `explained`."""
    play(gate, 1)
    with pytest.raises(Exception, match=r"(?i)unique|duplicate") as raised:  # noqa: SIM117
        with gate.ledger.begin() as tx:
            ADD.add(tx.connection, [run("x"), run("x")])
    assert not isinstance(raised.value, LedgerError)
    assert gate.audit.verify().ok


def test_a_value_that_is_missing_is_an_error(gate: Gate) -> None:
    """A name that nobody gave is never taken for nothing: a call could seem to be new."""
    with gate.ledger.begin() as tx, pytest.raises(Exception, match=r"by|worker"):
        OF.rows(tx.connection, {"of": "me"})
    with pytest.raises(Exception, match=r"by|worker"):
        _add_one_that_lacks_its_worker(gate)


def _add_one_that_lacks_its_worker(gate: Gate) -> None:
    with gate.ledger.begin() as tx:
        lacking = run("y")
        del lacking["worker"]
        ADD.add(tx.connection, [run("x"), lacking])
