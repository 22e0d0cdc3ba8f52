"""Seal: number new entries, grow the tree over them, and sign its head.

Never on a call's way: a thread of each process that writes does it after the commit, once a second
or at 256 entries. One transaction under one lock, so a sealer that dies leaves nothing, and two at
once make one record. An entry's leaf is its hash; see `docs/record.md`.
"""

import logging
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from interlock.canon import digest
from interlock.clock import new_id, stamp
from interlock.conduct.acting import acted
from interlock.conduct.faults import crash_point
from interlock.conduct.proving import Shown
from interlock.errors import InterlockError, LedgerError, TamperError
from interlock.ledger import tables
from interlock.ledger.merkle import Growth, leaf_hash
from interlock.ledger.notes import AuditKey, Head, Signer, Verifier, open_note, read_key
from interlock.ledger.store import SqlLedger, SqlTransaction

KEY_CHANGED: Final = "key_changed"
"""Kind of the entry, and the word that a signature covers."""

BATCH: Final = 256
"""Entries that one checkpoint covers at most. Source: reliability notes, section 3.2."""

EVERY_S: Final = 1.0
"""How long an entry waits for its seal, seconds."""

_CLOSING_S: Final = 2.0
"""How long a process that ends waits for its last seal, seconds."""

_entries, _tiles, _checkpoints = tables.entries.c, tables.tiles, tables.checkpoints

UNSEALED: Final = (
    select(_entries.seq, _entries.hash)
    .where(_entries.leaf_index.is_(None))
    .order_by(_entries.seq)
    .limit(BATCH)
)
"""Never by `seq` above the last one sealed: numbers of a sequence are not in order of commits."""
_NUMBER: Final = (
    update(tables.entries)
    .where(_entries.seq == bindparam("is_seq"))
    .values(leaf_index=bindparam("number"))
)


class Checkpoint(NamedTuple):
    """A signed head of the record, as it is kept."""

    size: int
    root: str
    """In hex."""
    note: str
    key: str
    """Line of the key that signed it."""
    at: str

    @property
    def origin(self) -> str:
        """Name of the record."""
        return self.key.partition("+")[0]


def latest(db: Connection) -> Checkpoint | None:
    """Return the newest checkpoint."""
    columns = [_checkpoints.c[name] for name in Checkpoint._fields]
    row = db.execute(select(*columns).order_by(_checkpoints.c.size.desc()).limit(1)).first()
    return Checkpoint(*row) if row else None


def tile(db: Connection, level: int, index: int) -> bytes:
    """Return the hashes of a tile; empty where there is none."""
    query = select(_tiles.c.hashes).where(_tiles.c.level == level, _tiles.c.index == index)
    return bytes(db.execute(query).scalar() or b"")


def seal(ledger: SqlLedger) -> Checkpoint | None:
    """Seal every entry that there is; return the newest checkpoint, None where nothing is written.

    Raises `LedgerError` where the key here is not the record's, or the record lacks the newest
    head that was signed here.
    """
    while True:
        with ledger.begin() as tx:
            head, count = _seal_batch(ledger, tx)
        if head and count:
            ledger.heads.remember(head.note)
        if count < BATCH:
            return head


def change_key(
    ledger: SqlLedger, given: str, by: str, reason: str, shown: Shown | None = None
) -> Checkpoint:
    """Sign with another key from now on; the old and the new key both sign that.

    `given` is as `INTERLOCK_KEY`. Raises `LedgerError`.
    """
    seal(ledger)
    with ledger.begin() as tx:
        tx.lock("sealer")
        last = latest(tx.connection)
        old = signer_of(ledger.audit_key, last, ledger.url)
        new = Signer(old.name, read_key(given))
        act = acted(tx, by, shown, KEY_CHANGED, {"reason": reason})
        lines = {"from": old.verifier.line, "to": new.verifier.line}
        said = {**lines, "reason": reason, **act.said}
        signed = statement(said)
        both = [signer.sign(signed).hex() for signer in (old, new)]
        tx.note(KEY_CHANGED, {**said, "signatures": both}, actor=by, auth=act.auth)
        head, _ = _seal_batch(ledger, tx, new)
    if head is None:
        raise LedgerError(f"{ledger.url}: nothing to sign")
    ledger.heads.remember(head.note)
    return head


def statement(said: dict[str, Any]) -> bytes:
    """Return the bytes that a key signs beside checkpoints."""
    return digest("interlock/statement/v1", said).encode()


def signer_of(key: AuditKey, last: Checkpoint | None, url: str) -> Signer:
    """Return the key that signed the record until now, or makes its first signature.

    Raises `LedgerError` where another key is here.
    """
    if last is None:
        return key.signer(f"interlock/{new_id('ledger')}")
    found = key.verifier(last.origin)
    if found is None or found.line != last.key:
        raise LedgerError(
            f"{url}: its record is signed with another key than the one here; "
            "give that one as INTERLOCK_KEY"
        )
    return key.signer(last.origin)


def _seal_batch(
    ledger: SqlLedger, tx: SqlTransaction, signer: Signer | None = None
) -> tuple[Checkpoint | None, int]:
    """Seal up to `BATCH` entries; return the newest checkpoint and how many they were."""
    tx.lock("sealer")
    db = tx.connection
    _require_remembered(ledger, db)
    last = latest(db)
    rows = db.execute(UNSEALED).all()
    if not rows:
        return last, 0
    signer = signer or signer_of(ledger.audit_key, last, ledger.url)
    growth = _grown(db, last, ledger.url)
    numbered = [{"is_seq": row.seq, "number": growth.size + at} for at, row in enumerate(rows)]
    for row in rows:
        growth.add(leaf_hash(bytes.fromhex(row.hash)))
    db.execute(_NUMBER, numbered)
    _keep_tiles(db, growth)
    crash_point("sealing")
    note = signer.note(Head(signer.name, growth.size, growth.root()).text)
    line = signer.verifier.line
    head = Checkpoint(growth.size, growth.root().hex(), note, line, stamp(tx.now()))
    db.execute(insert(_checkpoints), head._asdict())
    return head, len(rows)


def _require_remembered(ledger: SqlLedger, db: Connection) -> None:
    """Refuse a record that lacks the newest head that was signed here: it was cut or rewritten."""
    known = ledger.heads.newest()
    if known is None:
        return
    query = select(_checkpoints.c.note).where(_checkpoints.c.size == known.size)
    try:
        found = Head.read(str(db.execute(query).scalar() or ""))
    except ValueError:
        found = None
    if found != known:
        raise LedgerError(
            f"{ledger.url}: the head of {known.size} entries that was signed here is not in it: "
            f"its record was cut back or forged; nothing is sealed; {ledger.heads.advice}"
        )


def _grown(db: Connection, last: Checkpoint | None, url: str) -> Growth:
    """Return the tree that the newest head signed, to go on from. Raises `LedgerError`."""
    if last is None:
        return Growth()
    try:
        growth = Growth(last.size, partial(tile, db))
        said = open_note(last.note, Verifier.read(last.key))
    except (TamperError, ValueError) as error:
        raise LedgerError(f"{url}: its newest head or its tree was edited; run verify") from error
    if (said.size, said.root) != (last.size, growth.root()):
        raise LedgerError(f"{url}: its tree is not the one that was signed; run verify")
    return growth


def _keep_tiles(db: Connection, growth: Growth) -> None:
    """Write the tiles that changed; one that was there has fewer hashes."""
    for level, index, hashes in (*growth.filled(), *growth.unfinished()):
        mine = (_tiles.c.level == level) & (_tiles.c.index == index)
        if db.execute(update(_tiles).where(mine).values(hashes=hashes)).rowcount == 0:
            db.execute(insert(_tiles).values(level=level, index=index, hashes=hashes))


class Sealer:
    """A thread that seals what this process writes; it starts with the first entry."""

    def __init__(self, ledger: SqlLedger, after: Callable[[], None]) -> None:
        """Seal `ledger`; what comes `after` a seal is done in the same thread."""
        self._ledger, self._after = ledger, after
        self._reset()

    def _reset(self) -> None:
        """Begin anew; what a fork left behind may be locked for ever."""
        self._pid = os.getpid()
        self._some, self._enough = threading.Event(), threading.Event()
        self._closed = False
        self._waiting = 0
        self._thread: threading.Thread | None = None

    def wrote(self, entries: int) -> None:
        """Hear that entries were committed."""
        if self._pid != os.getpid():
            self._reset()
        self._waiting += entries
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="interlock-sealer", daemon=True)
            self._thread.start()
        self._some.set()
        if self._waiting >= BATCH:
            self._enough.set()

    def close(self) -> None:
        """Seal what is left, as far as that is quick, and end."""
        if self._thread is None or self._pid != os.getpid():
            return
        self._closed = True
        self._enough.set()
        self._some.set()
        self._thread.join(_CLOSING_S)

    def _run(self) -> None:
        failed = ""
        while not self._closed:
            self._some.wait()
            self._enough.wait(EVERY_S)
            self._some.clear()
            self._enough.clear()
            self._waiting = 0
            try:
                seal(self._ledger)
                self._after()
            except InterlockError as error:
                if str(error) != failed:  # once, not once a second
                    _LOG.warning("entries are not sealed: %s", error)
                failed = str(error)


_LOG: Final = logging.getLogger(__name__)
