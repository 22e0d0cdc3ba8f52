"""State: the statements that every call uses, built once.

Building a statement costs SQLAlchemy more than running it costs SQLite; `benchmarks` shows it.

A writing transaction locks the call that it reads, by itself or through its request; SQLite, where
it is the only one, knows no such lock. Siblings are read without: two that locked each other's
would wait for each other, and whoever changes one compares its version.
"""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Table,
    and_,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from interlock.ledger import tables
from interlock.ledger.prepared import Prepared

_CALLS, _RUNS = tables.calls.c, tables.executions.c

_READ = [each for each in _CALLS if each.name != "observation"]
JOINED = select(*_READ, tables.arguments.c.canonical, tables.arguments.c.nonce).join(
    tables.arguments, tables.arguments.c.call_id == _CALLS.id
)
"""Calls as they are read, without what only signals look at."""
_LOCKED = JOINED.with_for_update(of=tables.calls)
LATEST = Prepared(
    _LOCKED.where(_CALLS.call_key == bindparam("key")).order_by(_CALLS.revision.desc()).limit(1)
)
ORIGINAL = Prepared(_LOCKED.where(_CALLS.call_key == bindparam("key"), _CALLS.revision == 0))
BY_ID = Prepared(_LOCKED.where(_CALLS.id == bindparam("call_id")))
REQUEST = (
    select(tables.requests)
    .join(tables.calls, _CALLS.id == tables.requests.c.call_id)
    .where(tables.requests.c.id == bindparam("request_id"))
    .with_for_update(of=[tables.calls, tables.requests])  # in this order, as whoever has the call
)
TURN = JOINED.where(_CALLS.turn == bindparam("turn"), _CALLS.state != "superseded")
IN_THREAD = and_(
    _CALLS.tenant == bindparam("tenant"),
    _CALLS.host == bindparam("host"),
    _CALLS.thread_id == bindparam("thread_id"),
)
"""Calls of a thread, which its newest are found of without those before them."""
NEWEST = (_CALLS.created_at.desc(), _CALLS.position.desc())
"""Order of calls: the newest first, and of a turn's the last."""
COMPENSABLE = (
    JOINED.where(
        IN_THREAD,
        _CALLS.outcome == "done",
        _CALLS.judgement.contains('"compensate":"'),
    )
    .order_by(*NEWEST)
    .limit(20)
)
"""Calls of a thread that ran and that a tool undoes."""

ADD_CALL, ADD_ARGUMENTS = Prepared(insert(tables.calls)), Prepared(insert(tables.arguments))
ADD_ENTRIES, ADD_RUN = Prepared(insert(tables.entries)), Prepared(insert(tables.executions))
MOVE_CALL = Prepared(
    update(tables.calls).where(
        _CALLS.id == bindparam("is_id"),
        _CALLS.state == bindparam("is_state"),
        _CALLS.version == bindparam("is_version"),
    )
)
OBSERVE_CALL = Prepared(update(tables.calls).where(_CALLS.id == bindparam("is_id")))
END_RUN = Prepared(
    update(tables.executions).where(
        _RUNS.call_id == bindparam("is_call"), _RUNS.fence == bindparam("is_fence")
    )
)
LEVEL = select(func.min(tables.levels.c.level)).where(
    or_(tables.levels.c.tenant == bindparam("tenant"), tables.levels.c.tenant == ""),
    tables.levels.c.agent == bindparam("agent"),
)
"""The lower of an agent's level for its tenant and its level for all: a demotion misses nobody."""
_USAGE = tables.usage.c
SPENT = select(func.coalesce(func.sum(_USAGE.amount), 0)).where(
    _USAGE.guardrail == bindparam("guardrail"),
    _USAGE.by == bindparam("by"),
    _USAGE.at > bindparam("since"),
    _USAGE.call_key != bindparam("key"),
)
_DONE: ColumnElement[str] = literal_column("'done'")
"""As the index of such calls has it: written out, SQLite knows it in the statement."""
_FAILED: ColumnElement[str] = literal_column("'failed'")
_MINE = and_(
    _CALLS.tenant == bindparam("tenant"),
    _CALLS.agent == bindparam("agent"),
    _CALLS.tool == bindparam("tool"),
)
_RECENT = and_(
    _MINE,
    _CALLS.thread_id == bindparam("thread_id"),
    _CALLS.created_at >= bindparam("since"),
)
_SAME_AGAIN = select(func.count()).where(
    _RECENT,
    _CALLS.fingerprint == bindparam("mark"),
    _CALLS.call_key != bindparam("key"),
    *(_CALLS.state != ended for ended in ("superseded", "conflict", "invalid_arguments")),
)
_FAILED_OTHERS = select(func.count()).where(
    _RECENT, _CALLS.outcome == _FAILED, _CALLS.fingerprint != bindparam("mark")
)
BACKGROUND = Prepared(
    select(
        LEVEL.scalar_subquery().label("level"),
        _SAME_AGAIN.scalar_subquery().label("same"),
        _FAILED_OTHERS.scalar_subquery().label("failed"),
        exists().where(_MINE, _CALLS.outcome == _DONE).label("executed"),
    )
)

_PENDING: ColumnElement[str] = literal_column("'pending'")
_AGENTS = and_(_CALLS.tenant == bindparam("tenant"), _CALLS.agent == bindparam("agent"))
_WAITING = (
    select(_CALLS.id)
    .join(tables.requests, tables.requests.c.id == _CALLS.request_id)
    .where(_AGENTS, _CALLS.state == _PENDING, tables.requests.c.expires_at > bindparam("now"))
    .limit(bindparam("most_open", type_=Integer))
)
_ASKED = (
    select(_CALLS.id)
    .where(_AGENTS, _CALLS.request_id.is_not(None), _CALLS.created_at > bindparam("since"))
    .limit(bindparam("most_lately", type_=Integer))
)
QUESTIONS = Prepared(
    select(
        select(func.count()).select_from(_WAITING.subquery()).scalar_subquery().label("open"),
        select(func.count()).select_from(_ASKED.subquery()).scalar_subquery().label("lately"),
    )
)
"""How many questions of one agent are open in time, and were put since; each up to a number."""

TIME = select(func.clock_timestamp())
"""The time of PostgreSQL's server."""
LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("name"), 0)))
"""Hold a name until the transaction ends, on PostgreSQL."""
SHARE = select(func.pg_advisory_xact_lock_shared(func.hashtextextended(bindparam("name"), 0)))
"""Hold it together with others, so that nobody holds it alone."""


def lock(db: Connection, name: str) -> None:
    """Let one transaction at a time pass; SQLite has one writer anyway."""
    if db.dialect.name != "sqlite":
        db.execute(LOCK, {"name": name})


def share(db: Connection, name: str) -> None:
    """Let pass whoever shares a name, and nobody who locks it, until the transaction ends."""
    if db.dialect.name != "sqlite":
        db.execute(SHARE, {"name": name})


def upsert(db: Connection, table: Table) -> Any:  # noqa: ANN401 - of one dialect or the other
    """Start an `INSERT ... ON CONFLICT` for the database at hand."""
    return sqlite.insert(table) if db.dialect.name == "sqlite" else postgresql.insert(table)


UNSEALED = (
    select(tables.entries.c.seq)
    .where(tables.entries.c.chain == bindparam("call_id"), tables.entries.c.leaf_index.is_(None))
    .limit(1)
)
