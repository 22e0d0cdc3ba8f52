"""Time: what falls due, kept in rows that outlive every process.

A request's expiry and escalation, an approval's use and a veto window are rows of their own. A
lease is the claim's own row: that every claim would write a second one, and every renewal another,
is what each call would pay for.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, cast

from sqlalchemy import Connection, bindparam, delete, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from interlock.canon import encode
from interlock.clock import parse_stamp, stamp
from interlock.conduct.escalating import next_level_at
from interlock.conduct.values import Timer, TimerKind
from interlock.ledger import tables
from interlock.path.review import ReviewRequest
from interlock.policy.decisions import ReviewTerms, terms_json

_TIMERS, _CALLS = tables.timers.c, tables.calls.c

CHANNEL: Final = "interlock"
"""Channel on which PostgreSQL tells workers to look; see `interlock.ledger.doorbell`."""

_IS_HEARD: Final = "pg_notification_queue_usage() < 0.5"
"""A listener of anybody's that stands still in a transaction fills the server's one queue, and then
no transaction that rings can commit. Source: PostgreSQL manual, NOTIFY, notes."""

_RING: Final = text(f"select pg_notify('{CHANNEL}', '') where {_IS_HEARD}")
_RINGS: Final = text(f"select {_IS_HEARD}")
DUE_AT: Final = select(_TIMERS.due_at).where(
    _TIMERS.kind == bindparam("kind"), _TIMERS.ref == bindparam("ref")
)
_DUE: Final = (
    select(_TIMERS.kind, _TIMERS.ref, _TIMERS.due_at)
    .where(_TIMERS.fired_at.is_(None), _TIMERS.due_at <= bindparam("now"))
    .where(tuple_(_TIMERS.due_at, _TIMERS.kind, _TIMERS.ref) > tuple_(*map(bindparam, "ekr")))
    .order_by(_TIMERS.due_at, _TIMERS.kind, _TIMERS.ref)
    .limit(bindparam("most"))
)
_kind = literal("lease").label("kind")
_LAPSED: Final = (
    select(_kind, _CALLS.id.label("ref"), _CALLS.lease_until.label("due_at"))
    .where(text(tables.CLAIMED))
    .where((_CALLS.lease_until <= bindparam("now")) | (_CALLS.lease_until > bindparam("latest")))
    .where(_CALLS.state != "in_doubt")
    .where(tuple_(_CALLS.lease_until, _kind, _CALLS.id) > tuple_(*map(bindparam, "ekr")))
    .order_by(_CALLS.lease_until, _CALLS.id)
    .limit(bindparam("most"))
)
_NEXT: Final = (
    select(_TIMERS.due_at).where(_TIMERS.fired_at.is_(None)).order_by(_TIMERS.due_at).limit(1),
    select(_CALLS.lease_until)
    .where(text(tables.CLAIMED), _CALLS.lease_until.is_not(None), _CALLS.state != "in_doubt")
    .order_by(_CALLS.lease_until)
    .limit(1),
)
_TAKE: Final = (
    select(_TIMERS.ref)
    .where(
        _TIMERS.kind == bindparam("kind"),
        _TIMERS.ref == bindparam("ref"),
        _TIMERS.fired_at.is_(None),
        _TIMERS.due_at <= bindparam("now"),
    )
    .with_for_update(skip_locked=True)
)
_ABOUT: Final = or_(
    _CALLS.id == bindparam("ref"),
    _CALLS.id
    == select(tables.requests.c.call_id)
    .where(tables.requests.c.id == bindparam("ref"))
    .scalar_subquery(),
)
_FREE: Final = select(_CALLS.id).where(_ABOUT).with_for_update(skip_locked=True)
_KNOWN: Final = select(_CALLS.id).where(_ABOUT)
_FIRED: Final = update(tables.timers).where(
    _TIMERS.kind == bindparam("is_kind"), _TIMERS.ref == bindparam("is_ref")
)


def ring(db: Connection) -> None:
    """Wake workers that listen, when the transaction commits; SQLite's only look.

    Where the server's queue fills up nobody is woken: a bell that is not rung stops no call.
    """
    if db.dialect.name == "postgresql":
        db.execute(_RING)


def rings(db: Connection) -> bool:
    """Whether what is set now is rung for."""
    return db.dialect.name == "postgresql" and bool(
        db.execute(text(f"select {_IS_HEARD}")).scalar()
    )


def arm(db: Connection, kind: TimerKind, ref: str, due_at: datetime | None) -> None:
    """Set a timer in place of an earlier one of its kind and reference; None takes it away."""
    if due_at is None:
        db.execute(delete(tables.timers).where(_TIMERS.kind == kind, _TIMERS.ref == ref))
        return
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    row = {"due_at": stamp(due_at), "fired_at": None}
    statement = insert(tables.timers).values(kind=kind, ref=ref, **row)
    key = [_TIMERS.kind, _TIMERS.ref]
    db.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
    ring(db)


def arm_request(db: Connection, request: ReviewRequest) -> None:
    """Set what ends a request's time, and what asks its first level."""
    arm(db, "expiry", request.id, request.expires_at)
    if (at := next_level_at(request, request.created_at)) is not None:
        arm(db, "escalation", request.id, at)


def widen(db: Connection, before: ReviewRequest, after: ReviewRequest) -> bool:
    """Write who is asked by now and how long; False where another did, or it is closed."""
    names = {"of": before.id, "from": before.level, "to": after.level}
    names |= {"until": stamp(after.expires_at), "on": _terms(after.terms)}
    return db.execute(_WIDEN, names).rowcount == 1


_REQUESTS: Final = tables.requests.c
_WIDEN: Final = (
    update(tables.requests)
    .where(
        _REQUESTS.id == bindparam("of"),
        _REQUESTS.state == "open",
        _REQUESTS.level == bindparam("from"),
    )
    .values(level=bindparam("to"), expires_at=bindparam("until"), terms=bindparam("on"))
)


@lru_cache(maxsize=64)
def _terms(terms: ReviewTerms) -> str:
    """Write terms as text; many questions have the same."""
    return encode(terms_json(terms)).decode()


def due_at(db: Connection, kind: TimerKind, ref: str) -> datetime | None:
    """Return when a timer that was set falls or fell due."""
    found = db.execute(DUE_AT, {"kind": kind, "ref": ref}).scalar()
    return parse_stamp(found) if found else None


def due(
    db: Connection, now: datetime, limit: int, lease_s: float, after: Timer | None
) -> list[Timer]:
    """Return what is due, the longest overdue first, from behind `after`.

    Leases that no clock of now wrote come last.
    """
    last = (stamp(after.due_at), after.kind, after.ref) if after else ("", "", "")
    latest = {"now": stamp(now), "latest": stamp(now + timedelta(seconds=2 * lease_s))}
    names = {**latest, "most": limit, **dict(zip("ekr", last, strict=True))}
    found = [row for query in (_DUE, _LAPSED) for row in db.execute(query, names)]
    first = sorted((row.due_at, row.kind, row.ref) for row in found)[:limit]
    return [Timer(cast("TimerKind", kind), ref, parse_stamp(at)) for at, kind, ref in first]


def next_due(db: Connection) -> datetime | None:
    """Return when the next timer or lease falls or fell due; None where there is none."""
    found = [at for query in _NEXT for at in db.execute(query).scalars()]
    return parse_stamp(min(found)) if found else None


def take(db: Connection, timer: Timer, now: datetime) -> bool:
    """Mark a timer as fired; False where it is not due, fired before, or its call is in use.

    Whoever uses the call may be stopped with it in hand: nobody waits for them, as what else is due
    would wait too. A lease has no row of its own: the claim says whether it lapsed.
    """
    if not _is_free(db, timer.ref):
        return False
    if timer.kind == "lease":
        return True
    named = {"kind": timer.kind, "ref": timer.ref, "now": stamp(now)}
    if db.execute(_TAKE, named).first() is None:
        return False
    names = {"is_kind": timer.kind, "is_ref": timer.ref}
    db.execute(_FIRED, {**names, "fired_at": stamp(now)})
    return True


def _is_free(db: Connection, ref: str) -> bool:
    """Whether no other transaction has a timer's call; on PostgreSQL this one has it from now."""
    named = {"ref": ref}
    return db.execute(_FREE, named).first() is not None or db.execute(_KNOWN, named).first() is None


def let_lapse(db: Connection, call_id: str, fence: int) -> None:
    """Take the lease of a claim away."""
    mine = (_CALLS.id == call_id) & (_CALLS.fence == fence) & (_CALLS.state == "executing")
    db.execute(update(tables.calls).where(mine).values(lease_until=None))
