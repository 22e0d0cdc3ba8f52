"""Read: a page is of one moment, is read in one transaction, and is read again as a whole."""

from collections import Counter
from threading import Thread

import pytest
from sqlalchemy import event

from interlock.app.gate import Gate
from interlock.conduct.retrying import reread
from interlock.errors import InvariantError, LedgerUnavailable
from interlock.ledger.store import SqlLedger

from .conftest import play


def test_a_page_is_of_one_moment(gate: Gate) -> None:
    """What is written while it is read is not in it, and is in the next."""

    def look() -> tuple[int, int]:
        before = len(gate.halts.list())
        other = Thread(target=lambda: gate.halt(agent="bot", reason="odd", by="ana"))
        other.start()
        other.join()
        return before, len(gate.halts.list())

    assert gate.ledger.on_one(look) == (0, 0)
    assert len(gate.halts.list()) == 1


def test_a_page_has_one_time(gate: Gate) -> None:
    """A clock that goes on is asked once; outside a page each time."""

    def times() -> list[float]:
        found: list[float] = []
        for _ in range(2):
            with gate.ledger.read() as db:
                found.append(gate.ledger.time(db).timestamp())
            gate.ledger.clock.sleep(1)
        return found

    first, second = gate.ledger.on_one(times)
    assert first == second
    first, second = times()
    assert second - first == 1


def test_nothing_is_written_from_inside(gate: Gate) -> None:
    """A page would not see it; whoever tries has a defect, and a later one may write."""

    def write() -> None:
        with gate.ledger.begin():
            pass

    with pytest.raises(InvariantError):
        gate.ledger.on_one(write)
    write()


def test_a_page_that_was_cut_off_is_read_anew(gate: Gate) -> None:
    """As a whole, from one snapshot: no part of it tries again over a connection that is gone."""
    tries = Counter[str]()

    @reread
    def part(ledger: SqlLedger) -> bool:
        tries["part"] += 1
        if tries["part"] == 1:
            raise LedgerUnavailable("gone")
        return ledger.is_on_one

    def look() -> bool:
        tries["page"] += 1
        return part(gate.ledger)

    assert gate.ledger.on_one(look)
    assert tries == {"page": 2, "part": 2}
    assert not gate.ledger.is_on_one


def test_what_people_look_at_takes_one_transaction(gate: Gate) -> None:
    """A case, and a page of the queue as somebody sees it: a server is asked for little."""
    gate.reviewers.add("ana")
    play(gate, 1)
    name, begun = gate.audit.calls()[-1].id, list[object]()
    event.listen(gate.ledger.engine, "begin", begun.append)
    gate.inbox.show(name, viewer="ana")
    gate.inbox.pending(limit=50, viewer="ana")

    assert len(begun) == 2


def test_another_thread_reads_for_itself(gate: Gate) -> None:
    """Only who reads a page is on its snapshot."""
    seen: list[bool] = []

    def look() -> None:
        other = Thread(target=lambda: seen.append(gate.ledger.is_on_one))
        other.start()
        other.join()
        seen.append(gate.ledger.is_on_one)

    gate.ledger.on_one(look)

    assert seen == [False, True]
