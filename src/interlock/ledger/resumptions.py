"""Take: threads that were woken, each by one who resumes it, under a lease.

A row is a bell, never the truth: what a thread may do stands with its calls. It goes when somebody
resumed its thread, whatever came of that. Leases are by the database's clock; one that is not
renewed lapses, and the next one who looks takes the thread over.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, func, or_, select, true, update

from interlock.clock import new_id, stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.engine import explained
from interlock.ledger.statements import JOINED, NEWEST
from interlock.ledger.store import SqlLedger
from interlock.ledger.waking import wake

_ROWS, _CALLS, _REQUESTS = tables.resumptions.c, tables.calls.c, tables.requests.c

LONGEST_S: Final = 600.0
"""No row is put off for longer; one that seems to be was written by a clock that is wrong."""


@dataclass(frozen=True, slots=True)
class Resumption:
    """The right to resume one thread, for as long as its lease is renewed."""

    host: str
    thread_id: str
    wanted: int
    """How often it was woken when it was taken; who wakes it again meanwhile is heard after."""
    tries: int
    """How often it was taken before and not resumed to an end."""
    begun: bool
    """Whether somebody before began a run of it that nobody knows the end of."""
    lease: str


@reread
def due(
    ledger: SqlLedger, hosts: Collection[str] | None, limit: int | None = None
) -> list[tuple[str, str]]:
    """Return host and thread of what may be resumed now, the longest due first.

    At most `limit` of it, of some `hosts` or of all.
    """
    with ledger.read() as db:
        mine = _is_due(ledger, db)
        mine &= _ROWS.host.in_([*hosts]) if hosts is not None else true()
        query = select(_ROWS.host, _ROWS.thread_id).where(mine).order_by(_ROWS.due_at).limit(limit)
        return [(row.host, row.thread_id) for row in db.execute(query)]


@reread
def waiting(ledger: SqlLedger, *, apart_from: Collection[str]) -> dict[str, int]:
    """Return how many threads of each other host may be resumed now, by somebody else."""
    with ledger.read() as db:
        others = _ROWS.host.not_in([*apart_from]) & _is_due(ledger, db)
        query = select(_ROWS.host, func.count().label("threads")).where(others).group_by(_ROWS.host)
        return {str(row.host): int(row.threads) for row in db.execute(query)}


def take(ledger: SqlLedger, host: str, thread_id: str, lease_s: float) -> Resumption | None:
    """Take a thread that is due; None where somebody else has it, or resumed it meanwhile."""
    with explained(ledger.url), ledger.engine.begin() as db:
        return _take(ledger, db, _is(host, thread_id) & _is_due(ledger, db), lease_s)


def call_up(ledger: SqlLedger, host: str, thread_id: str, lease_s: float) -> Resumption | None:
    """Take a thread, woken or not; None where somebody else resumes it."""
    with explained(ledger.url), ledger.engine.begin() as db:
        mine = _is(host, thread_id)
        if db.execute(select(_ROWS.host).where(mine)).first() is None:
            wake(db, host, thread_id, ledger.time(db))
        return _take(ledger, db, mine & ((_ROWS.lease == "") | _is_due(ledger, db)), lease_s)


def renew(ledger: SqlLedger, held: Resumption, lease_s: float) -> bool:
    """Lengthen a lease; False where it lapsed and somebody else took the thread over."""
    return _change(ledger, held, lease_s)


def keep(ledger: SqlLedger, held: Resumption, lease_s: float) -> bool:
    """Say whether a thread is held for a third of `lease_s` at least, renewed where it has to be.

    False as `renew`.
    """
    with ledger.read() as db:
        soon = stamp(ledger.time(db) + timedelta(seconds=lease_s / 3))
        mine = _is(held.host, held.thread_id) & (_ROWS.lease == held.lease) & (_ROWS.due_at > soon)
        sure = db.execute(select(_ROWS.host).where(mine)).first() is not None
    return sure or renew(ledger, held, lease_s)


def begin(ledger: SqlLedger, held: Resumption, lease_s: float) -> bool:
    """Say that a run of the thread begins now; False as `renew`."""
    return _change(ledger, held, lease_s, begun=1)


def put_off(ledger: SqlLedger, held: Resumption, pause_s: float) -> bool:
    """Let a thread go, to be tried again after a pause; False as `renew`."""
    return _change(ledger, held, min(pause_s, LONGEST_S / 2), lease="")


def end(ledger: SqlLedger, held: Resumption) -> None:
    """Let a thread go that was resumed; it is due again where it was woken meanwhile."""
    with explained(ledger.url), ledger.engine.begin() as db:
        mine = _is(held.host, held.thread_id) & (_ROWS.lease == held.lease)
        gone = delete(tables.resumptions).where(mine, _ROWS.wanted == held.wanted)
        if db.execute(gone).rowcount == 0:
            left = {"lease": "", "due_at": stamp(ledger.time(db)), "tries": 0, "begun": 0}
            db.execute(update(tables.resumptions).where(mine).values(left))


def _take(
    ledger: SqlLedger, db: Connection, mine: ColumnElement[bool], lease_s: float
) -> Resumption | None:
    found = db.execute(select(tables.resumptions).where(mine).with_for_update()).first()
    if found is None:
        return None
    taken = _resumption(found)
    until = stamp(ledger.time(db) + timedelta(seconds=lease_s))
    values = {"lease": taken.lease, "due_at": until, "tries": found.tries + 1}
    here = _is(taken.host, taken.thread_id)
    db.execute(update(tables.resumptions).where(here).values(values))
    return taken


def _resumption(row: Row[Any]) -> Resumption:
    lease = new_id("lease")
    return Resumption(row.host, row.thread_id, row.wanted, row.tries, bool(row.begun), lease)


def _change(ledger: SqlLedger, held: Resumption, due_in_s: float, **more: str | int) -> bool:
    mine = _is(held.host, held.thread_id) & (_ROWS.lease == held.lease)
    with explained(ledger.url), ledger.engine.begin() as db:
        due_at = stamp(ledger.time(db) + timedelta(seconds=due_in_s))
        change = update(tables.resumptions).where(mine).values(due_at=due_at, **more)
        return db.execute(change).rowcount == 1


def _is(host: str, thread_id: str) -> ColumnElement[bool]:
    return (_ROWS.host == host) & (_ROWS.thread_id == thread_id)


def _is_due(ledger: SqlLedger, db: Connection) -> ColumnElement[bool]:
    now = ledger.time(db)
    latest = stamp(now + timedelta(seconds=LONGEST_S))
    return or_(_ROWS.due_at <= stamp(now), _ROWS.due_at > latest)


def are_one(one: SqlLedger, other: SqlLedger) -> bool:
    """Whether two were opened over the same ledger: the same file, or else the same first entry."""
    if one.url == other.url or {"sqlite"} & {one.engine.dialect.name, other.engine.dialect.name}:
        return place(one) == place(other)
    first = _first(one)
    return first is not None and first == _first(other)


def place(ledger: SqlLedger) -> str:
    """Return where a ledger lies, for people: a file's whole path, or a server's URL."""
    file = ledger.engine.url.database or ""
    return os.path.realpath(file) if ledger.engine.dialect.name == "sqlite" else ledger.url


@reread
def _first(ledger: SqlLedger) -> str | None:
    with ledger.read() as db:
        entries = tables.entries.c
        return db.execute(select(entries.hash).order_by(entries.seq).limit(1)).scalar()


# What a thread that was woken may be told -------------------------------------------------------


@reread
def decided(ledger: SqlLedger, names: Sequence[str]) -> set[str]:
    """Return those of some requests, or calls with a veto window, that nobody waits for now."""
    over = (tables.timers.c.kind == "veto") & (tables.timers.c.ref == _CALLS.id)
    with ledger.read() as db:
        now = stamp(ledger.time(db))
        closed = select(_REQUESTS.id).where(_REQUESTS.id.in_(names), _REQUESTS.state != "open")
        window = (
            select(_CALLS.id)
            .join(tables.timers, over)
            .where(_CALLS.id.in_(names))
            .where((_CALLS.state != "held") | (tables.timers.c.due_at <= now))
        )
        return {*db.execute(closed).scalars(), *db.execute(window).scalars()}


@reread
def unknown(ledger: SqlLedger, names: Sequence[str]) -> set[str]:
    """Return those of some requests and calls that this ledger never had."""
    with ledger.read() as db:
        requests = db.execute(select(_REQUESTS.id).where(_REQUESTS.id.in_(names))).scalars()
        calls = db.execute(select(_CALLS.id).where(_CALLS.id.in_(names))).scalars()
        return {*names} - {*requests} - {*calls}


@reread
def newest(ledger: SqlLedger, host: str, thread_id: str) -> Call | None:
    """Return the call of a thread that was proposed last; None where it has none here."""
    own = (_CALLS.host == host) & (_CALLS.thread_id == thread_id)
    with ledger.read() as db:
        found = db.execute(JOINED.where(own).order_by(*NEWEST).limit(1)).mappings().first()
        return None if found is None else rows.read_shown(found)


@reread
def answers(ledger: SqlLedger, host: str, thread_id: str, call_ids: Sequence[str]) -> list[Call]:
    """Return those of some calls that are a thread's own, as they stand now."""
    own = (_CALLS.host == host) & (_CALLS.thread_id == thread_id) & _CALLS.id.in_(call_ids)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(JOINED.where(own)).mappings()]
