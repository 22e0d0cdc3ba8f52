"""Look: how long questions wait, who put them off, and when time moves them; reading only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, and_, func, select

from interlock.clock import parse_stamp, stamp
from interlock.conduct.overseeing import STOPPED
from interlock.conduct.retrying import reread
from interlock.conduct.values import SHOWN, TimerKind
from interlock.desk.measures import Overdue
from interlock.desk.waiting import Wait
from interlock.ledger import rows, tables
from interlock.ledger.people import everyone
from interlock.ledger.probes import waiting
from interlock.ledger.rows import Row
from interlock.ledger.store import SqlLedger

_ENTRIES, _REQUESTS, _CALLS = tables.entries, tables.requests.c, tables.calls.c

ENDS: Final = ("voted", "withdrawn", "expired", "auto_approved")
"""Kinds of entries that can end a question."""

PAST_S: Final = 24 * 3600
"""Over how long waits are counted, seconds."""


@reread
def waits(ledger: SqlLedger, tenant: str | None = None) -> list[Wait]:
    """Return how long every question waited that is open, or ended within the last day.

    Of probes those that are open, as calls are, so that nothing of a queue tells them apart.
    """
    mine = select(tables.requests).join(tables.calls, _CALLS.id == _REQUESTS.call_id)
    if tenant is not None:
        mine = mine.where(_CALLS.tenant == tenant)
    with ledger.read() as db:
        now = ledger.time(db)
        still = db.execute(mine.where(_REQUESTS.state == "open")).mappings().all()
        since = stamp(now - timedelta(seconds=PAST_S))
        ended = db.execute(_ended(mine, since)).mappings().all()
        posed = [request for _, request in waiting(db, tenant=tenant)]
    still = [*map(rows.read_request, still), *posed]
    found = [Wait(one.terms.route or "", _s(one.created_at, now), "open") for one in still]
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
    request = rows.read_request(row)
    waited_s = _s(request.created_at, parse_stamp(row["at"]))
    return Wait(request.terms.route or "", waited_s, "unanswered" if nobody else "answered")


def _s(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())


_SAID: Final = select(_ENTRIES.c.chain, _ENTRIES.c.actor, _ENTRIES.c.body).where(
    _ENTRIES.c.kind == "snoozed"
)
_SNOOZED: Final = (
    _SAID.join(tables.calls, _CALLS.id == _ENTRIES.c.chain)
    .where(_CALLS.state == "pending")
    .order_by(_ENTRIES.c.position),
    _SAID.join(tables.probes, tables.probes.c.call_id == _ENTRIES.c.chain)
    .where(tables.probes.c.state == "posed")
    .order_by(_ENTRIES.c.position),
)
"""What people put off, of calls and of probes."""


@reread
def hidden(ledger: SqlLedger, viewer: str | None, *, snoozed: bool = False) -> set[str]:
    """Return the calls that wait and that somebody is not shown: what they put off and `unmeant`.

    With `snoozed` they are shown what they put off. Of nobody (None) nothing is hidden.
    """
    found = unmeant(ledger, viewer)
    return found if snoozed or viewer is None else found | _put_off(ledger, viewer)


@reread
def unmeant(ledger: SqlLedger, viewer: str | None) -> set[str]:
    """Return the calls that wait and that are for others: second looks at what they answered."""
    if not viewer:
        return set()
    with ledger.read() as db:
        people, posed = everyone(ledger, db), waiting(db)
    return {call.id for call, asked in posed if not people.is_apart(viewer, asked.unsaid)}


def _put_off(ledger: SqlLedger, viewer: str) -> set[str]:
    with ledger.read() as db:
        now, people = ledger.time(db), everyone(ledger, db)
        found = [row for query in _SNOOZED for row in db.execute(query).mappings()]
    who = people.behind(viewer)
    until = {
        str(row["chain"]): str(rows.read_body(row)["until"])
        for row in found
        if people.behind(row["actor"]) == who
    }
    return {call for call, end in until.items() if end > stamp(now)}


@reread
def overdue(ledger: SqlLedger, now: datetime) -> list[str]:
    """Return the calls of which time asks something: their request is to end, or to ask more.

    Those of which a probe is to be made are among them.
    """
    timers, asked = tables.timers.c, (_REQUESTS.call_id, _REQUESTS.expires_at)
    is_open = _REQUESTS.state == "open"
    due = and_(timers.fired_at.is_(None), timers.due_at <= stamp(now))
    kind = timers.kind.concat("")  # no key: what is due is little of what is set
    ended = select(*asked).where(is_open, _REQUESTS.expires_at <= stamp(now))
    asks_more = select(*asked).join(tables.timers, timers.ref == _REQUESTS.id)
    both = ended.union(asks_more.where(is_open, due, kind == "escalation")).subquery()
    late = select(both.c.call_id).order_by(both.c.expires_at)
    drawn = select(timers.ref).where(due, kind.in_(SHOWN))
    with ledger.read() as db:
        return [str(call_id) for each in (late, drawn) for call_id in db.execute(each).scalars()]


@reread
def veto_windows(ledger: SqlLedger, call_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when the veto windows of calls end, by id; those without one are left out."""
    return _due(ledger, "veto", call_ids)


@reread
def unheard(ledger: SqlLedger, call_ids: Sequence[str]) -> dict[str, datetime]:
    """Return until when calls must be acknowledged, by id; those that nobody must are left out."""
    return _due(ledger, "oversight", call_ids)


@reread
def unacknowledged(ledger: SqlLedger, tenant: str | None = None) -> list[Overdue]:
    """Return of which agents' calls nobody took notice in the time that policy gives, by name."""
    calls, timers = tables.calls.c, tables.timers.c
    told = calls.judgement.contains('"kind":"notify"', autoescape=True)
    query = (
        select(calls.tenant, calls.agent, func.count())
        .join(tables.timers, (timers.ref == calls.id) & (timers.kind == "oversight"))
        .where(told, calls.state.not_in(STOPPED))
        .group_by(calls.tenant, calls.agent)
        .order_by(calls.tenant, calls.agent)
    )
    if tenant is not None:
        query = query.where(calls.tenant == tenant)
    with ledger.read() as db:
        over = timers.due_at <= stamp(ledger.time(db))
        return [Overdue(*row) for row in db.execute(query.where(over))]


@reread
def escalations(ledger: SqlLedger, request_ids: Sequence[str]) -> dict[str, datetime]:
    """Return when the next level of requests is asked, by id; the last one's time stays."""
    return _due(ledger, "escalation", request_ids)


def _due(ledger: SqlLedger, kind: TimerKind, refs: Sequence[str]) -> dict[str, datetime]:
    timers = tables.timers.c
    query = select(timers.ref, timers.due_at).where(timers.kind == kind, timers.ref.in_(refs))
    with ledger.read() as db:
        return {row.ref: parse_stamp(row.due_at) for row in db.execute(query)}
