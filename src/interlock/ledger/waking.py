"""Wake: say, with the change that lets a thread go on, that it can.

Told at the end of the transaction, in one order, so that two that wake the same threads never wait
for each other.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, case, select

from interlock.clock import stamp
from interlock.conduct.values import Call, Timer
from interlock.ledger import tables, timers
from interlock.ledger.statements import upsert
from interlock.path.record import State, Step
from interlock.settings import LEASE_S

_GONE: Final = frozenset[State]({"denied", "expired", "cancelled", "vetoed", "rejected", "halted"})
_LET_OUT: Final = frozenset[State]({"released", "redacted", "destroyed"})
_SETTLED: Final = frozenset[State]({"done", "failed", "retried", "compensated"})
_VERDICTS: Final = _GONE | frozenset[State](
    {"approved", "auto_approved", "responded", "superseded"}
)

WAKES: Final[Mapping[State, frozenset[State]]] = {
    "pending": _VERDICTS,
    "held": _GONE,
    "approved": _GONE,
    "auto_approved": _GONE,
    "in_doubt": _SETTLED,
    "quarantined": _LET_OUT,
}
"""From which state to which a call's thread gets something that it waits for, or was not told."""


class Woken:
    """The threads that a transaction lets go on."""

    def __init__(self, db: Connection) -> None:
        """Wake nobody yet."""
        self._db = db
        self._threads: dict[tuple[str, str], float] = {}

    def moved(self, call: Call, steps: Sequence[Step]) -> None:
        """Wake a call's thread where a step gives it what it waits for.

        Who answers in the thread itself goes on with it; only were they lost, somebody else does.
        """
        if any(step.to in WAKES.get(call.state, ()) for step in steps):
            inline = any(step.auth == "inline" for step in steps)
            self._wake(call.key.host, call.key.thread_id, LEASE_S if inline else 0.0)

    def fired(self, timer: Timer) -> bool:
        """Wake the thread of a veto window that is over."""
        if timer.kind == "veto":
            calls = tables.calls.c
            query = select(calls.host, calls.thread_id).where(calls.id == timer.ref)
            for row in self._db.execute(query):
                self._wake(row.host, row.thread_id, 0.0)
        return True

    def tell(self, now: Callable[[], datetime]) -> None:
        """Write who was woken, and ring."""
        for (host, thread_id), later_s in sorted(self._threads.items()):
            wake(self._db, host, thread_id, now() + timedelta(seconds=later_s))
        if self._threads:
            timers.ring(self._db)

    def _wake(self, host: str, thread_id: str, later_s: float) -> None:
        if not thread_id.startswith("~"):  # a task without a thread; see `interlock.graph.task`
            before = self._threads.get((host, thread_id), later_s)
            self._threads[host, thread_id] = min(before, later_s)


def wake(db: Connection, host: str, thread_id: str, due_at: datetime) -> None:
    """Say that a thread can go on; who has it now hears that there is more."""
    was = tables.resumptions.c
    row = {"due_at": stamp(due_at), "wanted": 1, "tries": 0, "begun": 0, "lease": ""}
    statement = upsert(db, tables.resumptions).values(host=host, thread_id=thread_id, **row)
    again = {
        "wanted": was.wanted + 1,
        "due_at": case((was.lease == "", stamp(due_at)), else_=was.due_at),
    }
    db.execute(
        statement.on_conflict_do_update(index_elements=[was.host, was.thread_id], set_=again)
    )
