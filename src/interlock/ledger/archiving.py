"""Archive: export an old period, then remove its entries, and keep the proofs.

Whole calls go that began before a date and have ended. The tree, its tiles and signed heads stay,
so every proof and every later head still verifies; an entry says what went, signed with the
record's key. Each call leaves its row, blank, so that a late delivery never runs it again.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from interlock.conduct.acting import Act, acted
from interlock.conduct.proving import Shown
from interlock.conduct.retrying import reread
from interlock.errors import DeskError, LedgerError
from interlock.ledger import rows, tables
from interlock.ledger.audit import verify
from interlock.ledger.differences import ERASED
from interlock.ledger.erasure import blank_columns, wipe
from interlock.ledger.export import export
from interlock.ledger.files import flush_tree
from interlock.ledger.glass import UNREVIEWED_KEYS
from interlock.ledger.leftovers import left_behind
from interlock.ledger.sealing import latest, seal, signer_of, statement
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger, SqlTransaction
from interlock.path.record import TRANSITIONS

ARCHIVED: Final = "archived"
"""Kind of the entry, and the word that a signature covers."""

_CALLS, _ENTRIES, _PROBES = tables.calls, tables.entries, tables.probes
_OPEN: Final = tuple(state for state, after in TRANSITIONS.items() if after)
_AT_ONCE: Final = 400


class Period(NamedTuple):
    """What an archive takes out."""

    before: str
    """Calls that began before this stamp."""
    calls: int
    entries: int
    kept: int
    """Calls of the period that have not ended, or that somebody must still look at; they stay."""


def period(ledger: SqlLedger, before: str) -> Period:
    """Say what archiving would take out; changes nothing."""
    with ledger.read() as db:
        ids = _ended(db, before, sealed=False)  # archiving seals first
        chains = (_ENTRIES.c.chain.in_(part) for part in _parts(_whole(db, ids)))
        counts = (select(func.count()).where(mine) for mine in chains)
        entries = sum(int(db.execute(count).scalar_one()) for count in counts)
        began = _CALLS.c.created_at < before
        open_ones = _CALLS.c.state.in_(_OPEN) | _CALLS.c.call_key.in_(UNREVIEWED_KEYS)
        unended = select(_CALLS.c.id).where(began, open_ones)
        return Period(before, len(ids), entries, len(db.execute(unended).all()))


def archive(
    ledger: SqlLedger, before: str, folder: Path, by: str, shown: Shown | None = None
) -> Period:
    """Export the whole record into `folder`, and once a disk has it, take the period out.

    The record is verified first: what does not verify is kept as it is. Raises `LedgerError`,
    `DeskError` where there is nothing to take out, or somebody else was faster.
    """
    if shown is None:
        with ledger.begin() as tx:
            acted(tx, by, None, ARCHIVED, {})  # before all the work
    found = verify(ledger)
    if not found.ok:
        raise LedgerError(
            f"{ledger.url}: does not verify, and is not archived: {found.problems[0]}"
        )
    seal(ledger)
    taken = period(ledger, before)
    if not taken.calls:
        raise DeskError(f"no call that began before {before} has ended and is here")
    manifest = export(ledger, folder)
    flush_tree(folder)
    with ledger.begin() as tx:
        tx.lock("sealer")
        ids = _ended(tx.connection, before)
        going = _whole(tx.connection, ids)
        ranges = runs(leaf for leaves in _leaves(tx.connection, going) for leaf in leaves)
        if not ranges:
            raise DeskError(
                f"{ledger.url}: somebody else archived this meanwhile, and nothing more went; "
                f"the export in {folder} is not needed"
            )
        if ranges[-1][1] >= manifest["size"]:
            raise LedgerError(f"{ledger.url}: changed while it was exported; archive again")
        _open_way(tx.connection, ranges)
        for part in _parts(going):
            _remove(tx.connection, part)
        root, place = str(manifest["root"]), str(folder.resolve())
        said = {
            "before": before,
            "ranges": [list(one) for one in ranges],
            "root": root,
            "to": place,
        }
        _mark(ledger, tx, said, by, acted(tx, by, shown, ARCHIVED, {"before": before}))
    wipe(ledger)
    seal(ledger)
    return Period(before, len(ids), sum(last - first + 1 for first, last in ranges), taken.kept)


def runs(leaves: Iterable[int]) -> list[tuple[int, int]]:
    """Return the first and last of each run of numbers."""
    found: list[tuple[int, int]] = []
    for leaf in sorted(leaves):
        if found and found[-1][1] == leaf - 1:
            found[-1] = (found[-1][0], leaf)
        else:
            found.append((leaf, leaf))
    return found


def _ended(db: Connection, before: str, *, sealed: bool = True) -> list[str]:
    """Return calls of the period whose every revision has ended, and every entry is sealed.

    Those for which somebody broke the glass stay until another looked at them.
    """
    other = tables.calls.alias()
    unended = exists().where(other.c.call_key == _CALLS.c.call_key, other.c.state.in_(_OPEN))
    loose = exists().where(_ENTRIES.c.chain == _CALLS.c.id, _ENTRIES.c.leaf_index.is_(None))
    here = exists().where(_ENTRIES.c.chain == _CALLS.c.id)
    ended = ~unended & _CALLS.c.call_key.not_in(UNREVIEWED_KEYS)
    query = select(_CALLS.c.id).where(_CALLS.c.created_at < before, ended, here)
    mine = (_PROBES.c.of == _CALLS.c.id, _PROBES.c.call_id == _ENTRIES.c.chain)
    posed = exists().where(_PROBES.c.of == _CALLS.c.id, _PROBES.c.state.in_(_OPEN))
    query = query.where(~posed)
    if sealed:
        query = query.where(~loose, ~exists().where(*mine, _ENTRIES.c.leaf_index.is_(None)))
    return [str(name) for name in db.execute(query.order_by(_CALLS.c.id)).scalars()]


def _whole(db: Connection, ids: list[str]) -> list[str]:
    """Return calls with the probes that were made of them, which go with them."""
    probes = (select(_PROBES.c.call_id).where(_PROBES.c.of.in_(part)) for part in _parts(ids))
    return [*ids, *(str(name) for query in probes for name in db.execute(query).scalars())]


def _parts(ids: list[str]) -> Iterator[list[str]]:
    for at in range(0, len(ids), _AT_ONCE):
        yield ids[at : at + _AT_ONCE]


def _leaves(db: Connection, ids: list[str]) -> Iterator[list[int]]:
    for part in _parts(ids):
        query = select(_ENTRIES.c.leaf_index).where(_ENTRIES.c.chain.in_(part))
        yield [int(leaf) for leaf in db.execute(query).scalars() if leaf is not None]


def _mark(ledger: SqlLedger, tx: SqlTransaction, said: dict[str, Any], by: str, act: Act) -> None:
    """Record what went, signed, with what is left of all archived calls."""
    signer = signer_of(ledger.audit_key, latest(tx.connection), ledger.url)
    said = {**said, "left": left_behind(tx.connection), **act.said}
    signature = signer.sign(statement(said)).hex()
    tx.note(ARCHIVED, {**said, "signature": signature}, actor=by, auth=act.auth)


def _open_way(db: Connection, ranges: list[tuple[int, int]]) -> None:
    """Let the belt of triggers allow what goes."""
    values = [{"first": first, "last": last} for first, last in ranges]
    db.execute(insert(tables.archived), values)


def _remove(db: Connection, ids: list[str]) -> None:
    for row in db.execute(JOINED.where(_CALLS.c.id.in_(ids))).mappings().all():
        call = rows.read_call(row)
        db.execute(update(_CALLS).where(_CALLS.c.id == call.id).values(blank_columns(call)))
    arguments = tables.arguments
    blank = {"canonical": ERASED, "nonce": ""}
    db.execute(update(arguments).where(arguments.c.call_id.in_(ids)).values(blank))
    requests = tables.requests
    asked = list(db.execute(select(requests.c.id).where(requests.c.call_id.in_(ids))).scalars())
    db.execute(delete(tables.votes).where(tables.votes.c.request_id.in_([*asked, *ids])))
    db.execute(delete(tables.timers).where(tables.timers.c.ref.in_([*asked, *ids])))
    for table in (requests, tables.executions, tables.outputs, tables.probes):
        db.execute(delete(table).where(table.c.call_id.in_(ids)))
    db.execute(delete(_ENTRIES).where(_ENTRIES.c.chain.in_(ids)))


@reread
def quiet_threads(ledger: SqlLedger, before: str) -> list[tuple[str, str]]:
    """Return host and thread of all whose calls ended for good, the last one before a stamp.

    A call in doubt, or whose result is held, has not.
    """
    begun = func.max(_CALLS.c.created_at)
    open_ones = func.count().filter(_CALLS.c.state.in_(_OPEN))
    query = (
        select(_CALLS.c.host, _CALLS.c.thread_id)
        .group_by(_CALLS.c.host, _CALLS.c.thread_id)
        .having(begun < before, open_ones == 0)
        .order_by(begun)
    )
    with ledger.read() as db:
        return [(row.host, row.thread_id) for row in db.execute(query)]
