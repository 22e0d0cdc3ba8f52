"""Look back: what a thread's tools returned, and what people approved of an agent; reading only."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from interlock.canon import decode
from interlock.clock import stamp
from interlock.conduct.past import Tried
from interlock.conduct.retrying import reread
from interlock.conduct.values import Turn
from interlock.ledger import tables
from interlock.ledger.prepared import Prepared
from interlock.ledger.rows import dump, dump_texts
from interlock.ledger.statements import IN_THREAD, NEWEST
from interlock.ledger.store import SqlLedger
from interlock.path.hearing import Hearing, ToolResult
from interlock.signals.retries import RECENT_ATTEMPTS

MOST_RESULTS: Final = 1_000
"""Results of one thread that are read, the newest."""
MOST_APPROVED: Final = 200
"""Approved calls of one agent that are read, the newest."""

_CALLS, _ARGUMENTS = tables.calls.c, tables.arguments.c
_NO_ATTEMPTS: Final = ("superseded", "conflict", "invalid_arguments")
_PASSED: Final = ("released", "redacted")
_TRIED: Final = Prepared(
    select(*(_CALLS.id, _CALLS.digest, _CALLS.tool, _CALLS.state, _CALLS.outcome))
    .where(
        IN_THREAD,
        _CALLS.created_at >= bindparam("since"),
        _CALLS.turn != bindparam("mine"),
        *(_CALLS.state != each for each in _NO_ATTEMPTS),
    )
    .order_by(*NEWEST)
    .limit(RECENT_ATTEMPTS)
)
_CANONICAL: Final = Prepared(
    select(_ARGUMENTS.canonical).where(
        _ARGUMENTS.call_id == bindparam("call_id"),
        _ARGUMENTS.nonce != "",  # erased otherwise
    )
)


class LedgerPast:
    """Earlier calls, as a ledger has them."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Read from `ledger`."""
        self._ledger = ledger

    def released(self, turn: Turn) -> Hearing:
        """Return the results that were released in a turn's thread, oldest first."""
        return released(self._ledger, turn)

    def approved(self, tenant: str, agent: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return tool and arguments of an agent's calls that a person approved and that ran."""
        return approved(self._ledger, tenant, agent)

    def tried(self, turn: Turn, since: datetime, knows: Callable[[str], bool]) -> list[Tried]:
        """Return the last calls of a turn's thread since some time but its own, the newest last."""
        return tried(self._ledger, turn, since, knows)


@reread
def tried(
    ledger: SqlLedger, turn: Turn, since: datetime, knows: Callable[[str], bool]
) -> list[Tried]:
    """Return the last calls of a turn's thread since some time but its own, the newest last."""
    thread = _thread(turn)
    mine = dump_texts([*thread.values(), turn.checkpoint_ns, turn.turn_id])
    given = {**thread, "since": stamp(since), "mine": mine}
    with ledger.read() as db:
        rows = [*reversed(_TRIED.rows(db, given))]
        texts = {row["id"]: _canonical(db, row["id"]) for row in rows if not knows(row["digest"])}
    return [
        Tried(row["digest"], row["tool"], row["state"], row["outcome"], texts.get(row["id"]))
        for row in rows
    ]


def _canonical(db: Connection, call_id: str) -> bytes | None:
    """Return a call's arguments; None where they were erased."""
    found = _CANONICAL.rows(db, {"call_id": call_id})
    return bytes(found[0]["canonical"]) if found else None


@reread
def released(ledger: SqlLedger, turn: Turn) -> Hearing:
    """Return the results of a turn's thread, oldest first."""
    query = (
        select(_CALLS.id, _CALLS.tool, _CALLS.answer, _ARGUMENTS.canonical)
        .join(tables.arguments, _ARGUMENTS.call_id == _CALLS.id)
        .where(
            IN_THREAD,
            _CALLS.state.in_(_PASSED),
            _CALLS.answer.is_not(None),
        )
        .order_by(*NEWEST)
        .limit(MOST_RESULTS)
    )
    with ledger.read() as db:
        found = db.execute(query, _thread(turn)).all()
    return tuple(_result(*row) for row in reversed(found))


@reread
def approved(ledger: SqlLedger, tenant: str, agent: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return tool and arguments of approved calls whose result passed, the newest first."""
    votes = tables.votes.c
    said_yes = (
        select(votes.seq)
        .where(
            votes.request_id == _CALLS.request_id,
            votes.digest == _CALLS.digest,
            votes.answer == "approve",
        )
        .exists()
    )
    query = (
        select(_CALLS.tool, _ARGUMENTS.canonical)
        .join(tables.arguments, _ARGUMENTS.call_id == _CALLS.id)
        .where(
            _CALLS.tenant == tenant,
            _CALLS.agent == agent,
            _CALLS.request_id.is_not(None),
            _CALLS.outcome == "done",
            _CALLS.state.in_(_PASSED),
            _ARGUMENTS.nonce != "",  # erased otherwise
            said_yes,
        )
        .order_by(_CALLS.created_at.desc())
        .limit(MOST_APPROVED)
    )
    with ledger.read() as db:
        found = db.execute(query).all()
    return [(tool, _args(text)) for tool, text in found]


def _thread(turn: Turn) -> dict[str, Any]:
    """Name a turn's thread, as `IN_THREAD` and the beginning of what names its turns do."""
    return {"tenant": turn.context.tenant, "host": turn.host, "thread_id": turn.thread_id}


def _result(call_id: str, tool: str, answer: str, canonical: bytes) -> ToolResult:
    content = decode(answer.encode()).get("content")
    text = content if isinstance(content, str) else dump(content)
    return ToolResult(call_id, tool, _args(canonical), text)


def _args(canonical: bytes) -> Mapping[str, Any]:
    return decode(bytes(canonical))
