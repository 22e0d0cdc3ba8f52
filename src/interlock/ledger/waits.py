"""Look: how long questions wait, who put them off, and when time moves them; reading only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select

from interlock.clock import parse_stamp, stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import TimerKind
from interlock.desk.waiting import Wait
from interlock.ledger import rows, tables
from interlock.ledger.people import SqlRegistry
from interlock.ledger.rows import Row
from interlock.ledger.store import SqlLedger

_ENTRIES, _REQUESTS, _CALLS = tables.entries, tables.requests.c, tables.calls.c

ENDS: Final = ("voted", "withdrawn", "expired", "auto_approved")
"""Kinds of entries that can end a question."""

PAST_S: Final = 24 * 3600
"""Over how long waits are counted, seconds."""


@reread
def waits(ledger: SqlLedger, tenant: str | None = None) -> list[Wait]:
    """Return how long every question waited that is open, or ended within the last day."""
    mine = select(tables.requests).join(tables.calls, _CALLS.id == _REQUESTS.call_id)
    if tenant is not None:
        mine = mine.where(_CALLS.tenant == tenant)
    with ledger.read() as db:
        now = ledger.time(db)
        still = db.execute(mine.where(_REQUESTS.state == "open")).mappings().all()
        since = stamp(now - timedelta(seconds=PAST_S))
        ended = db.execute(_ended(mine, since)).mappings().all()
    found = [Wait(_route(row), _s(row, now), "open") for row in still]
    return found + [wait for row in ended if (wait := _wait(row)) is not None]


def _ended(mine: Select[tuple[object, ...]], since: str) -> Select[tuple[object, ...]]:
    ends = _ENTRIES.c
    about = (ends.chain == _REQUESTS.call_id) & ends.kind.in_(ENDS)
    last = mine.add_columns(ends.at, ends.kind, ends.body)
    return last.join(_ENTRIES, about).where(
        _REQUESTS.state != "open", ends.at >= since, ends.state != "pending"
    )


def _wait(row: Row) -> Wait | None:
    """Return how long a question waited that this entry ends; a call may have had several."""
    body = rows.read_body(row)
    if body.get("request_id") != row["id"]:
        return None
    nobody = row["kind"] in ("expired", "auto_approved")
    return Wait(
        _route(row), _s(row, parse_stamp(row["at"])), "unanswered" if nobody else "answered"
    )


def _route(row: Row) -> str:
    return rows.read_request(row).terms.route or ""


def _s(row: Row, until: datetime) -> float:
    return max(0.0, (until - parse_stamp(row["created_at"])).total_seconds())


@reread
def put_off(ledger: SqlLedger, viewer: str) -> set[str]:
    """Return the calls that wait and that somebody does not want to see now."""
    ends = _ENTRIES.c
    query = (
        select(ends.chain, ends.actor, ends.body)
        .join(tables.calls, _CALLS.id == ends.chain)
        .where(_CALLS.state == "pending", ends.kind == "snoozed")
        .order_by(ends.position)
    )
    with ledger.read() as db:
        now = ledger.time(db)
        people = SqlRegistry(db, now).people()
        found = db.execute(query).mappings().all()
    who = people.behind(viewer)
    until = {
        str(row["chain"]): str(rows.read_body(row)["until"])
        for row in found
        if people.behind(row["actor"]) == who
    }
    return {call for call, end in until.items() if end > stamp(now)}


@reread
def veto_windows(ledger: SqlLedger, call_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when the veto windows of calls end, by id; those without one are left out."""
    return _due(ledger, "veto", call_ids)


@reread
def unheard(ledger: SqlLedger, call_ids: Sequence[str]) -> dict[str, datetime]:
    """Return until when calls must be acknowledged, by id; those that nobody must are left out."""
    return _due(ledger, "oversight", call_ids)


@reread
def escalations(ledger: SqlLedger, request_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when the next level of requests is asked, by id; the last one's time stays."""
    return _due(ledger, "escalation", request_ids)


def _due(ledger: SqlLedger, kind: TimerKind, refs: Sequence[str]) -> dict[str, datetime]:
    timers = tables.timers.c
    query = select(timers.ref, timers.due_at).where(timers.kind == kind, timers.ref.in_(refs))
    with ledger.read() as db:
        return {row.ref: parse_stamp(row.due_at) for row in db.execute(query)}
