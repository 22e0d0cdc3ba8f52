"""Erase: what a call said and returned, and leave the record whole.

Entries hold arguments, answers, context and held results only as salted commitments; the values and
the salt lie beside them. Erasing those leaves a commitment that nobody can guess back, every hash
as it was, and an entry that says who erased and why. Names stay: of agents, of those on whose
behalf they act, and of people who answered.
"""

import glob
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, update

from interlock.clock import stamp
from interlock.conduct.judging import untexted
from interlock.conduct.values import Call
from interlock.errors import DeskError, UnknownId
from interlock.ledger import rows, tables
from interlock.ledger.commitments import left_of
from interlock.ledger.differences import ERASED
from interlock.ledger.judgements import context_json, judgement_json
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.proposal import Agent, Context
from interlock.path.record import TRANSITIONS
from interlock.path.release import Answer

NOTICE: Final = "this was erased"
"""What stands where an answer was."""

_CALLS: Final = tables.calls
_MOST_TRIES: Final = 20
_TRY_S: Final = 0.1


class Erased(NamedTuple):
    """What was erased."""

    calls: tuple[str, ...]
    left: tuple[str, ...]
    """Calls of the principal that have not ended; they stay."""
    is_gone: bool
    """Whether the database's files have nothing of it any more; other readers can delay that."""


def erase_call(ledger: SqlLedger, call_id: str, by: str, reason: str) -> Erased:
    """Erase all revisions of a call. Raises `UnknownId`, `DeskError` where it has not ended."""
    return _erase(ledger, _CALLS.c.id == call_id, by, reason, whole=True)


def erase_principal(ledger: SqlLedger, principal: str, by: str, reason: str) -> Erased:
    """Erase every call that was made on somebody's behalf and has ended. Raises `UnknownId`."""
    named = _CALLS.c.context.contains(rows.dump_texts([principal])[1:-1], autoescape=True)
    return _erase(ledger, named, by, reason, principal=principal)


def _erase(
    ledger: SqlLedger,
    which: Any,  # noqa: ANN401 - a condition
    by: str,
    reason: str,
    *,
    whole: bool = False,
    principal: str | None = None,
) -> Erased:
    with ledger.begin() as tx:
        db = tx.connection
        found = [
            call
            for call in _calls(db, which)
            if principal is None or call.proposal.context.principal == principal
        ]
        keys = {call.key.text for call in found}
        found = [call for call in _revisions(db, keys) if call.proposal.nonce]
        if not keys:
            raise UnknownId(f"nothing to erase in {ledger.url}; see `interlock audit log`")
        open_ = {call.key.text for call in found if TRANSITIONS[call.state]}
        if whole and open_:
            raise DeskError(
                "this call has not ended, and what is erased cannot run; "
                "cancel or settle it, or destroy its held result, then erase"
            )
        going = [call for call in found if call.key.text not in open_]
        for call in going:
            left = left_of({**_blank(db, call), "position": call.position})
            body = {"call_id": call.id, "reason": reason, "at": stamp(tx.now()), "left": left}
            tx.note("erased", body, actor=by, auth="local")
    left = sorted(call.id for call in found if call.key.text in open_)
    return Erased(
        tuple(call.id for call in going), tuple(left), wipe(ledger) and _drop_copies(ledger)
    )


def _drop_copies(ledger: SqlLedger) -> bool:
    """Delete the copies that upgrades left beside a file, named after its old schema."""
    path = Path(ledger.engine.url.database or "")
    try:
        for copy in path.parent.glob(f"{glob.escape(path.name)}.[0-9][0-9][0-9][0-9]"):
            copy.unlink()
    except OSError:
        return False
    return True


def _calls(db: Connection, which: Any) -> list[Call]:  # noqa: ANN401 - a condition
    return [rows.read_call(row) for row in db.execute(JOINED.where(which)).mappings()]


def _revisions(db: Connection, keys: set[str]) -> list[Call]:
    ordered = sorted(keys)
    parts = [ordered[at : at + 400] for at in range(0, len(ordered), 400)]
    return [call for part in parts for call in _calls(db, _CALLS.c.call_key.in_(part))]


def _blank(db: Connection, call: Call) -> dict[str, Any]:
    """Write what says nothing over what a call said, and return it; state and identity stay."""
    arguments, outputs = tables.arguments, tables.outputs
    gone = {"canonical": ERASED, "nonce": ""}
    db.execute(update(arguments).where(arguments.c.call_id == call.id).values(gone))
    db.execute(update(outputs).where(outputs.c.call_id == call.id).values(sealed=b""))
    columns = blank_columns(call)
    db.execute(update(_CALLS).where(_CALLS.c.id == call.id).values(columns))
    return columns


def blank_columns(call: Call) -> dict[str, Any]:
    """Return the columns of a call without what it said."""
    own = call.proposal.context
    context = Context(Agent(own.agent.id), tenant=own.tenant)
    columns: dict[str, Any] = {
        "context": rows.dump(context_json(context)),
        "claim": rows.dump_texts([None, ""]),
        "fingerprint": "",
        "judgement": None,
        "answer": None,
    }
    if judged := call.judgement:
        signals, facts = untexted(judged.signals), dict.fromkeys(judged.facts)
        silent = replace(judged, signals=signals, facts=facts)
        columns["judgement"] = rows.dump(judgement_json(silent))
    if call.answer:
        old = call.answer
        answer = Answer(old.ending, NOTICE, old.status, None, _record(old.record))
        columns["answer"] = rows.dump(rows.answer_json(answer))
    return columns


_KEPT: Final = ("call_id", "outcome", "policy_snapshot", "decision", "rules", "level")


def _record(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in _KEPT if name in record}


def wipe(ledger: SqlLedger) -> bool:
    """Take what was overwritten out of SQLite's log; False where other readers held it.

    Rows themselves are overwritten with zeros as they go (`secure_delete`). A server's dead rows
    are its own to vacuum.
    """
    if ledger.engine.dialect.name != "sqlite":
        return False
    for attempt in range(_MOST_TRIES):
        if attempt:
            ledger.clock.sleep(_TRY_S)
        connection = ledger.engine.raw_connection()
        try:
            done: Sequence[int] = (
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
        finally:
            connection.close()
        if not done[0]:
            return True
    return False
