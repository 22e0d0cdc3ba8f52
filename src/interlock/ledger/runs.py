"""Keep: one row for each claim of a call, and what its runs reported, in time or too late."""

import os
import socket
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select

from interlock.canon import decode
from interlock.conduct.doubts import STALE
from interlock.ledger import statements, tables
from interlock.ledger.replay import ENDS, LEDGER_CHAIN
from interlock.path.record import Step

_ENTRIES: Final = tables.entries.c
_RUNS: Final = tables.executions.c
_REPORTED: Final = ("done", "failed")


def keep(db: Connection, call_id: str, steps: Iterable[Step], at: str) -> None:
    """Keep a row for each claim among the steps, and how a run ended."""
    for step in steps:
        if step.kind == "claimed":
            row = {"call_id": call_id, "fence": step.body["fence"]}
            statements.ADD_RUN.add(db, [{**row, "claimed_at": at, "worker": worker()}])
        elif step.kind in ENDS:
            mine = {"is_call": call_id, "is_fence": step.body["fence"]}
            statements.END_RUN.change(db, {**mine, "ended_at": at, "outcome": step.kind})


def reports(db: Connection, call_id: str) -> list[tuple[int, str]]:
    """Return the fence and outcome of each run that reported `done` or `failed`.

    What settled its call stands first, then what came too late, in order.
    """
    ended = select(_RUNS.fence, _RUNS.outcome).where(_RUNS.call_id == call_id)
    known = [(row.fence, row.outcome) for row in db.execute(ended)]
    return [(fence, how) for fence, how in (*known, *late(db, call_id)) if how in _REPORTED]


def late(db: Connection, call_id: str) -> list[tuple[int, str]]:
    """Return the fence and outcome of each run that reported too late to be its call's."""
    query = select(_ENTRIES.body).where(
        _ENTRIES.chain == LEDGER_CHAIN, _ENTRIES.kind == STALE, _ENTRIES.body.contains(call_id)
    )
    notes = [decode(text.encode()) for text in db.execute(query.order_by(_ENTRIES.seq)).scalars()]
    mine = [note for note in notes if note["call_id"] == call_id]
    return [(note["fence"], note.get("outcome", "in_doubt")) for note in mine]


def worker() -> str:
    """Name this process in the record."""
    return f"{socket.gethostname()}:{os.getpid()}"
