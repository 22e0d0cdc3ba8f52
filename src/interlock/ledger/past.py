"""Look back: what a thread's tools returned, and what people approved of an agent; reading only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from interlock.canon import decode
from interlock.clock import stamp
from interlock.conduct.past import Tried
from interlock.conduct.retrying import reread
from interlock.conduct.values import Turn
from interlock.ledger import tables
from interlock.ledger.rows import dump, dump_texts
from interlock.ledger.store import SqlLedger
from interlock.path.hearing import Hearing, ToolResult
from interlock.path.proposal import CallKey
from interlock.signals.retries import RECENT_ATTEMPTS

MOST_RESULTS: Final = 1_000
"""Results of one thread that are read, the newest."""
MOST_APPROVED: Final = 200
"""Approved calls of one agent that are read, the newest."""

_CALLS, _ARGUMENTS = tables.calls.c, tables.arguments.c
_NO_ATTEMPTS: Final = ("superseded", "conflict", "invalid_arguments")
_PASSED: Final = ("released", "redacted")


class LedgerPast:
    """Earlier calls, as a ledger has them."""

    def __init__(self, ledger: SqlLedger) -> None:
        """Read from `ledger`."""
        self._ledger = ledger

    def released(self, turn: Turn) -> Hearing:
        """Return the results that were released in a turn's thread, oldest first."""
        place = [turn.context.tenant, turn.host, turn.thread_id]
        return released(self._ledger, dump_texts(place)[:-1] + ",")

    def approved(self, tenant: str, agent: str) -> list[tuple[str, Mapping[str, Any]]]:
        """Return tool and arguments of an agent's calls that a person approved and that ran."""
        return approved(self._ledger, tenant, agent)

    def tried(self, turn: Turn, since: datetime) -> list[Tried]:
        """Return the last calls of a turn's thread since some time, the newest last."""
        place = [turn.context.tenant, turn.host, turn.thread_id]
        return tried(self._ledger, dump_texts(place)[:-1] + ",", since)


@reread
def tried(ledger: SqlLedger, thread: str, since: datetime) -> list[Tried]:
    """Return the last calls of a thread since some time, the newest last."""
    query = (
        select(
            *(_CALLS.digest, _CALLS.tool, _ARGUMENTS.canonical),
            *(_CALLS.state, _CALLS.outcome, _CALLS.key),
        )
        .join(tables.arguments, _ARGUMENTS.call_id == _CALLS.id)
        .where(
            _CALLS.turn.between(thread, thread + chr(0x10FFFF)),
            _CALLS.created_at >= stamp(since),
            _CALLS.state.not_in(_NO_ATTEMPTS),
            _ARGUMENTS.nonce != "",  # erased otherwise
        )
        .order_by(_CALLS.created_at.desc(), _CALLS.position.desc())
        .limit(RECENT_ATTEMPTS)
    )
    with ledger.read() as db:
        found = db.execute(query).all()
    keyed = ((row, CallKey(*decode(row.key.encode()))) for row in reversed(found))
    return [Tried(*row[:5], key.turn_id) for row, key in keyed]


@reread
def released(ledger: SqlLedger, thread: str) -> Hearing:
    """Return the results of a thread, by the beginning of what names its turns, oldest first."""
    query = (
        select(_CALLS.id, _CALLS.tool, _CALLS.answer, _ARGUMENTS.canonical)
        .join(tables.arguments, _ARGUMENTS.call_id == _CALLS.id)
        .where(
            _CALLS.turn.between(thread, thread + chr(0x10FFFF)),
            _CALLS.state.in_(_PASSED),
            _CALLS.answer.is_not(None),
        )
        .order_by(_CALLS.created_at.desc(), _CALLS.position.desc())
        .limit(MOST_RESULTS)
    )
    with ledger.read() as db:
        found = db.execute(query).all()
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


def _result(call_id: str, tool: str, answer: str, canonical: bytes) -> ToolResult:
    content = decode(answer.encode()).get("content")
    text = content if isinstance(content, str) else dump(content)
    return ToolResult(call_id, tool, _args(canonical), text)


def _args(canonical: bytes) -> Mapping[str, Any]:
    return decode(bytes(canonical))
