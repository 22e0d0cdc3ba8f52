"""Erase: what a call said and returned, and leave the record whole.

Entries hold arguments, answers, context and held results only as salted commitments; the values and
the salt lie beside them. Erasing those leaves a commitment that nobody can guess back, every hash
as it was, and an entry that says who erased and why. Names stay: of agents, of those on whose
behalf they act, and of people who answered.
"""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Engine, update

from interlock.clock import stamp
from interlock.conduct.acting import acted
from interlock.conduct.escalating import unanswered
from interlock.conduct.judging import untexted
from interlock.conduct.proving import Shown
from interlock.conduct.values import Call, Posed
from interlock.errors import DeskError, UnknownId
from interlock.ledger import rows, tables
from interlock.ledger.commitments import left_of
from interlock.ledger.differences import ERASED
from interlock.ledger.export import where_archived
from interlock.ledger.glass import UNREVIEWED_KEYS
from interlock.ledger.judgements import context_json, judgement_json
from interlock.ledger.probes import blank, of_calls
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.proposal import Agent, Context
from interlock.path.record import TRANSITIONS
from interlock.path.release import Answer

NOTICE: Final = "this was erased"
"""What stands where an answer was."""

ERASED_KIND: Final = "erased"
"""Kind of the entries, and the word that a signature covers: one for all that it erases."""

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
    copies: tuple[str, ...] = ()
    """Files that upgrades left beside the ledger, which go with it."""


def erase_call(
    ledger: SqlLedger,
    call_id: str,
    by: str,
    reason: str,
    *,
    dry_run: bool = False,
    shown: Shown | None = None,
) -> Erased:
    """Erase all revisions of a call; with `dry_run`, only say what would go.

    Raises `UnknownId`, `DeskError` where it has not ended or was erased.
    """
    asked = {"call_id": call_id, "reason": reason}
    which = _CALLS.c.id == call_id
    return _erase(ledger, which, by, asked, dry_run=dry_run, shown=shown)


def refuse_probe(call: Call) -> None:
    """Refuse to erase a probe by itself. Raises `DeskError`, in a call's words while it waits."""
    if not isinstance(call, Posed):
        return
    if call.probe.came_to is None:
        raise DeskError(_unended("this call has not"))
    raise DeskError(f"a probe is erased with the call that it was made of: {call.probe.of}")


def erase_principal(
    ledger: SqlLedger,
    principal: str,
    by: str,
    reason: str,
    *,
    dry_run: bool = False,
    shown: Shown | None = None,
) -> Erased:
    """Erase every call that was made on somebody's behalf and has ended.

    Raises `UnknownId`, `DeskError` where none of them has.
    """
    named = _CALLS.c.context.contains(rows.dump_texts([principal])[1:-1], autoescape=True)
    asked = {"principal": principal, "reason": reason}
    return _erase(ledger, named, by, asked, principal=principal, dry_run=dry_run, shown=shown)


def _erase(
    ledger: SqlLedger,
    which: Any,  # noqa: ANN401 - a condition
    by: str,
    asked: Mapping[str, str],
    *,
    principal: str | None = None,
    dry_run: bool,
    shown: Shown | None,
) -> Erased:
    if dry_run:
        with ledger.read() as db:
            going, left = _which(ledger, db, which, principal)
    else:
        with ledger.begin() as tx:
            act = acted(tx, by, shown, ERASED_KIND, asked)
            going, left = _which(ledger, tx.connection, which, principal)
            for call in going:
                kept = left_of({**_blank(tx.connection, call), "position": call.position})
                said = {"call_id": call.id, "reason": asked["reason"], **act.said}
                body = {**said, "at": stamp(tx.now()), "left": kept}
                tx.note(ERASED_KIND, body, actor=by, auth=act.auth)
            for posed in of_calls(tx.connection, [call.id for call in going]):
                ended = unanswered(tx, posed, posed.request_id or "") if _is_open(posed) else posed
                blank(tx.connection, ended.id, ERASED)
                said = {"call_id": ended.id, "reason": asked["reason"], **act.said}
                tx.note(ERASED_KIND, {**said, "at": stamp(tx.now())}, actor=by, auth=act.auth)
    copies = copies_of(ledger.engine)
    gone = not dry_run and wipe(ledger) and _dropped(copies)
    names = tuple(call.id for call in going), tuple(sorted(call.id for call in left))
    return Erased(*names, gone, tuple(str(copy) for copy in copies))


def _is_open(call: Call) -> bool:
    return bool(TRANSITIONS[call.state])


def _which(
    ledger: SqlLedger,
    db: Connection,
    which: Any,  # noqa: ANN401 - a condition
    principal: str | None,
) -> tuple[list[Call], list[Call]]:
    """Return the calls that go, with all their revisions, and those that have not ended."""
    found = [
        call
        for call in _calls(db, which)
        if principal is None or call.proposal.context.principal == principal
    ]
    if not found:
        whose = "of that name" if principal is None else f"made for `{principal}`"
        raise UnknownId(f"no call {whose} to erase in {ledger.url}; see `interlock audit log`")
    found = [
        call for call in _revisions(db, {one.key.text for one in found}) if call.proposal.nonce
    ]
    if not found:
        raise DeskError("nothing to erase: this call was erased or archived already")
    open_ = {call.key.text for call in found if TRANSITIONS[call.state]}
    open_ |= {*db.execute(UNREVIEWED_KEYS).scalars()}.intersection(one.key.text for one in found)
    going = [call for call in found if call.key.text not in open_]
    if not going:
        subject = "this call has" if principal is None else f"no call made for `{principal}` has"
        negation = " not" if principal is None else ""
        raise DeskError(_unended(f"{subject}{negation}"))
    return going, [call for call in found if call.key.text in open_]


def _unended(subject: str) -> str:
    return (
        f"{subject} ended, and what is erased cannot run; cancel or settle it, "
        "destroy its held result, or look at what broke the glass (interlock ack), then erase"
    )


def gone(ledger: SqlLedger, call: Call) -> str:
    """Say why a call's arguments are not here any more; empty where they are."""
    if call.proposal.nonce:
        return ""
    with ledger.read() as db:
        return where_archived(db, call.id) or "erased; see interlock audit log for who and why"


def copies_of(engine: Engine) -> list[Path]:
    """Return the copies that upgrades left beside a SQLite file, named after their schema."""
    if engine.dialect.name != "sqlite":
        return []
    path = Path(engine.url.database or "").resolve()
    return sorted(path.parent.glob(f"{glob.escape(path.name)}.[0-9][0-9][0-9][0-9]"))


def _dropped(copies: Sequence[Path]) -> bool:
    """Delete copies; whether all of them are gone."""
    try:
        for copy in copies:
            copy.unlink(missing_ok=True)
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
        "observation": None,
    }
    if judged := call.judgement:
        signals, facts = untexted(judged.signals), dict.fromkeys(judged.facts)
        silent = replace(judged, signals=signals, facts=facts, reasons={})
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
