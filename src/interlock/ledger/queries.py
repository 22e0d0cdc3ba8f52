"""Look: what waits, what is held and who stands where; reading only."""

import json
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select, text, tuple_

from interlock.clock import stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call, SealedOutput
from interlock.errors import UnknownId
from interlock.ledger import probes, rows, tables
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.proposal import CallKey
from interlock.path.review import ReviewRequest, Vote

LEAST_CHARS: Final = 6
"""Characters that the start of an id has at least where something is changed: 30 random bits."""


@reread
def pending(
    ledger: SqlLedger,
    thread: str | None = None,
    tenant: str | None = None,
    *,
    limit: int | None = None,
    after: Call | None = None,
    without: Collection[str] = (),
) -> list[tuple[Call, ReviewRequest]]:
    """Return the calls that wait for a human with their requests, oldest first.

    At most `limit` of them, from behind the call `after`, which need not wait any more; none of
    the calls `without`.
    """
    calls, requests = tables.calls, tables.requests
    waits = waiting(thread, tenant, after, without)
    asked = select(requests).join(calls, calls.c.request_id == requests.c.id)
    with ledger.read() as db:
        found, by_id = (
            db.execute(query.where(waits).order_by(*QUEUE).limit(limit)).mappings().all()
            for query in (JOINED, asked)
        )
        posed = probes.waiting(db, thread, tenant, after, without)
    known = {row["id"]: rows.read_request(row) for row in by_id}
    shown = [rows.read_shown(row) for row in found]
    both = [(call, known[call.request_id]) for call in shown if call.request_id in known]
    return probes.merged(both, posed, limit)


@reread
def count_pending(
    ledger: SqlLedger,
    thread: str | None = None,
    tenant: str | None = None,
    *,
    after: Call | None = None,
    without: Collection[str] = (),
) -> int:
    """Return how many calls wait for a human, of those behind `after` but `without` these."""
    with ledger.read() as db:
        query = select(func.count()).where(waiting(thread, tenant, after, without))
        posed = probes.waiting(db, thread, tenant, after, without)
        return db.execute(query).scalar_one() + len(posed)


QUEUE: Final = (tables.calls.c.created_at, tables.calls.c.position, tables.calls.c.id)
"""The order of what waits; an index has it."""


def waiting(
    thread: str | None, tenant: str | None, after: Call | None, without: Collection[str] = ()
) -> ColumnElement[bool]:
    """Match the calls of which a human is asked."""
    calls = tables.calls.c
    waits = calls.state == literal_column("'pending'")  # no parameter: partial indices are for it
    if thread is not None:
        waits &= calls.thread_id == thread
    if tenant is not None:
        waits &= calls.tenant == tenant
    if without:
        waits &= calls.id.not_in(sorted(without))
    if after is not None:
        waits &= tuple_(*QUEUE) > (stamp(after.created_at), after.position, after.id)
    return waits


@reread
def find_call(ledger: SqlLedger, name: str) -> Call:
    """Return the call of a request or call id, or of a prefix that only one has.

    Raises `UnknownId`.
    """
    calls, requests = tables.calls, tables.requests
    start = (name, name + chr(0x10FFFF))
    by_request = select(requests.c.call_id.label("id")).where(requests.c.id.between(*start))
    by_call = select(calls.c.id).where(calls.c.id.between(*start))
    posed = tables.probes.c.call_id
    named = by_request.union(by_call, select(posed).where(posed.between(*start))).subquery()
    with ledger.read() as db:
        ids = {str(each) for each in db.execute(select(named.c.id)).scalars() if name}
        if not ids:
            raise UnknownId(f"no request or call `{name}` in {ledger.url}; see `interlock inbox`")
        if len(ids) > 1:
            raise UnknownId(f"{len(ids)} ids start with `{name}`; give more of it")
        row = db.execute(JOINED.where(calls.c.id == min(ids))).mappings().first()
        return rows.read_shown(row) if row else probes.find(db, min(ids))


def find_to_change(ledger: SqlLedger, name: str) -> Call:
    """Return the call of a whole id, or of a start that nobody types by accident.

    Raises `UnknownId`.
    """
    call = find_call(ledger, name)
    if len(name.partition("_")[2]) < LEAST_CHARS:
        raise UnknownId(
            f"`{name}` is too short to change something; "
            f"give at least {LEAST_CHARS} characters after the `_`, or the whole id"
        )
    return call


@reread
def request_of(ledger: SqlLedger, call: Call) -> ReviewRequest | None:
    """Return the request that a call waits for or rests on."""
    if call.request_id is None:
        return None
    requests = tables.requests
    with ledger.read() as db:
        row = db.execute(select(requests).where(requests.c.id == call.request_id)).mappings().one()
    return rows.read_request(row)


@reread
def closed_requests(
    ledger: SqlLedger, thread: str | None = None
) -> list[tuple[CallKey, str, str, str]]:
    """Return of each request that has its end: the call's key and id, its own id and state."""
    calls, requests = tables.calls.c, tables.requests.c
    query = (
        select(calls.key, calls.id, requests.id.label("request_id"), requests.state)
        .join(tables.requests, requests.call_id == calls.id)
        .where(requests.state != "open")
        .order_by(calls.created_at, calls.position)
    )
    if thread is not None:
        query = query.where(calls.thread_id == thread)
    with ledger.read() as db:
        found = db.execute(query).mappings().all()
    return [(rows.read_key(row), row["id"], row["request_id"], row["state"]) for row in found]


@reread
def closed_windows(
    ledger: SqlLedger, thread: str | None = None
) -> list[tuple[CallKey, str, str, str]]:
    """Return, as of requests, of each call that was vetoed or whose veto window is over.

    Its own id stands for the request's.
    """
    calls, timers = tables.calls.c, tables.timers.c
    query = (
        select(calls.key, calls.id, calls.state)
        .join(tables.timers, timers.ref == calls.id)
        .where(timers.kind == "veto", timers.due_at <= bindparam("now"), calls.state == "held")
    )
    vetoed = (
        select(calls.key, calls.id, calls.state)
        .join(tables.timers, timers.ref == calls.id)
        .where(timers.kind == "veto", calls.state == "vetoed")
    )
    both = query.union_all(vetoed)
    with ledger.read() as db:
        rows_ = db.execute(both, {"now": stamp(ledger.time(db))}).mappings().all()
    found = [(rows.read_key(row), row["id"], row["id"], row["state"]) for row in rows_]
    return [one for one in found if thread is None or one[0].thread_id == thread]


@reread
def doubted(ledger: SqlLedger, tenant: str | None = None) -> list[Call]:
    """Return the calls that may have run, the oldest first; lost runs left to their hosts, too."""
    calls = tables.calls.c
    lost = (calls.state == "executing") & calls.lease_until.is_(None)
    doubtful = or_(calls.state == "in_doubt", lost)
    query = JOINED.where(text(tables.CLAIMED), doubtful).order_by(calls.created_at)
    if tenant is not None:
        query = query.where(calls.tenant == tenant)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(query).mappings()]


@reread
def revisions(ledger: SqlLedger, call: Call) -> list[Call]:
    """Return all revisions of a call, the first first."""
    calls = tables.calls
    query = JOINED.where(calls.c.call_key == call.key.text).order_by(calls.c.revision)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(query).mappings()]


@reread
def votes_on(ledger: SqlLedger, request_id: str) -> list[Vote]:
    """Return a request's answers, oldest first."""
    votes = tables.votes
    query = select(votes).where(votes.c.request_id == request_id).order_by(votes.c.seq)
    with ledger.read() as db:
        return [rows.read_vote(row) for row in db.execute(query).mappings()]


@reread
def held_outputs(ledger: SqlLedger, tenant: str | None = None) -> list[tuple[Call, SealedOutput]]:
    """Return the quarantined results, oldest first; still sealed."""
    outputs, calls = tables.outputs, tables.calls
    query = select(outputs).where(outputs.c.state == "held").order_by(outputs.c.created_at)
    if tenant is not None:
        mine = select(calls.c.id).where(calls.c.tenant == tenant)
        query = query.where(outputs.c.call_id.in_(mine))
    with ledger.read() as db:
        held = [rows.read_sealed(row) for row in db.execute(query).mappings()]
        found = JOINED.where(calls.c.id.in_([output.call_id for output in held]))
        by_id = {row["id"]: rows.read_shown(row) for row in db.execute(found).mappings()}
    return [(by_id[output.call_id], output) for output in held]


@reread
def ended_quarantines(ledger: SqlLedger, thread: str | None = None) -> list[Call]:
    """Return the calls whose held result a person let out or destroyed, oldest first."""
    outputs, calls = tables.outputs.c, tables.calls.c
    ended = select(outputs.call_id).where(outputs.state.in_(("released", "redacted", "destroyed")))
    query = JOINED.where(calls.id.in_(ended)).order_by(calls.created_at, calls.position)
    if thread is not None:
        query = query.where(calls.thread_id == thread)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(query).mappings()]


@reread
def recent_calls(ledger: SqlLedger, thread: str | None = None, limit: int = 1000) -> list[Call]:
    """Return the newest calls, oldest first."""
    calls = tables.calls
    query = JOINED.order_by(calls.c.created_at.desc(), calls.c.position.desc()).limit(limit)
    if thread is not None:
        query = query.where(calls.c.thread_id == thread)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(query).mappings()][::-1]


@reread
def notified(ledger: SqlLedger, limit: int, tenant: str | None = None) -> list[Call]:
    """Return the newest calls that were decided `notify`, oldest first."""
    calls = tables.calls.c
    said = calls.judgement.contains('"kind":"notify"', autoescape=True)
    query = JOINED.where(said).order_by(calls.created_at.desc()).limit(limit)
    if tenant is not None:
        query = query.where(calls.tenant == tenant)
    with ledger.read() as db:
        return [rows.read_shown(row) for row in db.execute(query).mappings()][::-1]


@reread
def levels(ledger: SqlLedger, tenant: str | None = None) -> Sequence[dict[str, Any]]:
    """Return every level that was set, by tenant and agent."""
    query = select(tables.levels).order_by(tables.levels.c.tenant, tables.levels.c.agent)
    if tenant is not None:
        query = query.where(tables.levels.c.tenant == tenant)
    with ledger.read() as db:
        return [rows.read_level(row) for row in db.execute(query).mappings()]


@reread
def last_policy(ledger: SqlLedger) -> str | None:
    """Return the text of the policy that was first used last."""
    policies = tables.policies
    query = select(policies.c.document).order_by(policies.c.first_used.desc()).limit(1)
    with ledger.read() as db:
        return db.execute(query).scalar()


@reread
def schema_of(ledger: SqlLedger, call: Call) -> dict[str, Any]:
    """Return the argument schema that a call was proposed with; empty where none is kept."""
    schemas = tables.schemas.c
    query = select(schemas.schema).where(schemas.name == call.proposal.tool_schema)
    with ledger.read() as db:
        text = db.execute(query).scalar()
    return json.loads(text) if text else {}
