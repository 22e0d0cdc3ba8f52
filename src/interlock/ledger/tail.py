"""Follow: entries as they are committed, each once, whatever the order in which they come.

On PostgreSQL an entry may be committed after one with a higher number. A number that is missing is
asked for again for a while: it may come yet, or its transaction was lost.
"""

from typing import Any, Final

from sqlalchemy import func, or_, select

from interlock.ledger import tables
from interlock.ledger.log import log_line
from interlock.ledger.store import SqlLedger
from interlock.path.record import DRAWN, NOT_POSED

COMES_S: Final = 30.0
"""How long a missing number is asked for, seconds."""

MOST: Final = 1000
"""Entries that are read at once, and missing numbers that are remembered."""

_ENTRIES, _CALLS = tables.entries, tables.calls
_LINES: Final = (
    select(_ENTRIES, _CALLS.c.agent, _CALLS.c.tool, _CALLS.c.tenant)
    .join(_CALLS, _CALLS.c.id == _ENTRIES.c.chain, isouter=True)
    .order_by(_ENTRIES.c.seq)
    .limit(MOST)
)


class Tail:
    """What the ledger records from now on."""

    def __init__(self, ledger: SqlLedger, back: int = 0) -> None:
        """Begin behind all but the last `back` entries. Raises `LedgerError`."""
        self._ledger = ledger
        with ledger.read() as db:
            newest = db.execute(select(func.max(_ENTRIES.c.seq))).scalar() or 0
        self._last = max(0, newest - back)
        self._missing: dict[int, float] = {}
        """Numbers below the last that were not there, with the time until which they may come."""

    def next(self) -> list[dict[str, Any]]:
        """Return what came since, in order, as the lines of the log with `tenant`.

        Nothing of a probe before it is disclosed: who watches may be who is asked.

        At most `MOST` at once. Raises `LedgerError`; whatever was not returned comes next time.
        """
        now = self._ledger.clock.now().timestamp()
        self._missing = {seq: until for seq, until in self._missing.items() if until > now}
        wanted = or_(_ENTRIES.c.seq > self._last, _ENTRIES.c.seq.in_(list(self._missing)))
        with self._ledger.read() as db:
            rows = db.execute(_LINES.where(wanted)).mappings().all()
        hidden = (DRAWN, NOT_POSED)
        told = [row for row in rows if row["state"] != "posed" and row["kind"] not in hidden]
        lines = [{**log_line(row), "tenant": row["tenant"] or ""} for row in told]
        for row in rows:
            self._missing.pop(row["seq"], None)
            self._skip(row["seq"], now)
            self._last = max(self._last, row["seq"])
        return lines

    def _skip(self, seq: int, now: float) -> None:
        """Remember the numbers between the last and this one, the nearest of them."""
        for missing in range(max(self._last + 1, seq - MOST), seq):
            self._missing[missing] = now + COMES_S
        for old in [*self._missing][:-MOST]:
            del self._missing[old]
