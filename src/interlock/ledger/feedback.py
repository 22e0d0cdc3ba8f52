"""Gather: what people said of calls that agents proposed, from the entries that they left.

Only what is among the calls: a probe has entries and answers, and stands in a table of its own.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, or_, select

from interlock.conduct.auditing import FINDING, RAN
from interlock.conduct.values import Call
from interlock.desk.feedback import CorrectionKind
from interlock.ledger import rows, tables
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.record import Entry

_CALLS, _ENTRIES = tables.calls.c, tables.entries.c
_KINDS: Final[dict[str, CorrectionKind]] = {
    "approved": "approval",
    "rejected": "rejection",
    "responded": "response",
    "superseded": "edit",
}
"""What an answer was, by the state that it left its call in."""


class PersonsWord(NamedTuple):
    """What one person said of one call as its agent proposed it."""

    kind: CorrectionKind
    call: Call
    entry: Entry
    leaf: int | None
    """Its place in the record; None until it is sealed."""
    edited: Call | None = None
    """Of an edit, the revision that ran in its place, and that nobody found wrong."""

    @property
    def is_settled(self) -> bool:
        """Whether it is known what the person would have had instead."""
        return self.kind != "edit" or self.edited is not None

    @property
    def is_gone(self) -> bool:
        """Whether what was said of the call was erased or archived."""
        return not all(one.proposal.nonce for one in (self.call, self.edited) if one is not None)


def words(
    ledger: SqlLedger, since: str | None = None, tenant: str | None = None
) -> Iterator[PersonsWord]:
    """Yield what people said from the stamp `since` on, in the order of the record.

    Once a call was audited its approval says nothing any more. Nothing of what people made
    themselves, nor of what policy forced: no agent proposed it; nothing of broken glass.
    """
    said = or_(
        (_ENTRIES.kind == "voted") & _ENTRIES.state.in_(_KINDS),
        (_ENTRIES.chain == LEDGER_CHAIN) & (_ENTRIES.kind == FINDING),
    )
    query = select(tables.entries).where(said).order_by(_ENTRIES.seq)
    query = query if since is None else query.where(_ENTRIES.at >= since)
    with ledger.read() as db:
        found = _findings(db)
        for row in db.execute(query.execution_options(yield_per=500)).mappings():
            word = _word(db, row, found)
            if word is not None and tenant in (None, word.call.key.tenant):
                yield word


def _findings(db: Connection) -> dict[str, str]:
    """Return what audits found, by call."""
    mine = (_ENTRIES.chain == LEDGER_CHAIN) & (_ENTRIES.kind == FINDING)
    entries = map(rows.read_entry, db.execute(select(tables.entries).where(mine)).mappings())
    return {str(one.body["call_id"]): str(one.body["verdict"]) for one in entries}


def _word(db: Connection, row: rows.Row, found: dict[str, str]) -> PersonsWord | None:
    entry = rows.read_entry(row)
    kind: CorrectionKind = "finding" if entry.kind == FINDING else _KINDS[entry.state]
    name = str(entry.body["call_id"]) if kind == "finding" else entry.chain
    call = _call(db, _CALLS.id == name)
    if call is None or call.proposal.revision or entry.body.get("answer") == "break_glass":
        return None
    if kind == "approval" and name in found:
        return None
    edited = _ran_instead(db, call, found) if kind == "edit" else None
    return PersonsWord(kind, call, entry, row["leaf_index"], edited)


def _call(db: Connection, which: Any) -> Call | None:  # noqa: ANN401 - a condition
    query = JOINED.where(which).order_by(_CALLS.revision.desc()).limit(1)
    row = db.execute(query).mappings().first()
    return rows.read_call(row) if row else None


def _ran_instead(db: Connection, call: Call, found: dict[str, str]) -> Call | None:
    last = _call(db, _CALLS.call_key == call.key.text)
    if last is None or not last.editors or last.outcome not in RAN:
        return None
    return None if found.get(last.id, "fine") != "fine" else last
