"""Open: a SQLite file as a ledger, or say why it is none.

It runs in WAL with `synchronous=FULL`; every writing transaction starts with `BEGIN IMMEDIATE`,
since a deferred one that must upgrade is refused whatever the timeout.

A ledger that this user may not write can still be read; see `interlock.ledger.files`. What was read
from a file that was written meanwhile is an error.
"""

import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import uniform
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from interlock.errors import LedgerBusy, LedgerError, LedgerReadOnly, NotALedger
from interlock.ledger.files import (
    close_to_others,
    how_to_read,
    make,
    may_write,
    refuse_network,
    seen,
)
from interlock.ledger.revision import stated

APPLICATION_ID: Final = 0x494C4B31
"""Marks a SQLite file as a ledger (`ILK1`). Source: SQLite file format, offset 68."""

_READ_ONLY: Final = (
    "{}: read-only; give this user the right to write the file and its folder, or name another "
    "--ledger; nothing ran"
)

_LASTING: Final = ("journal_mode=WAL", "synchronous=FULL")
"""What a connection needs whose commits must last."""


class SqliteDatabase:
    """One SQLite file."""

    upgrades_itself: bool = True
    """An embedded ledger is brought up by who opens it, after the file was copied."""

    def __init__(self, url: str, target: URL) -> None:
        """Name a file. Raises `LedgerError` where there is none to keep."""
        if not target.database or target.database == ":memory:":
            raise LedgerError(
                f"`{url}` names no file; a ledger must outlive its process, use sqlite:///FILE"
            )
        self.shown = url
        self._target = target
        self.path = Path(target.database)

    def connect(self, busy_s: float) -> Engine:
        """Make the file where it is missing, and return its engine; only for reading if it must."""
        refuse_network(self.path)
        fresh = make(self.path)
        if not fresh:
            self._identify()
        return self._writer(busy_s) if fresh or may_write(self.path) else self._reader(busy_s)

    def _writer(self, busy_s: float) -> Engine:
        close_to_others(self.path)
        engine = create_engine(self._target, hide_parameters=True)  # arguments stay out of errors
        event.listen(engine, "connect", _pragmas(busy_s, _LASTING))
        event.listen(engine, "begin", _begin(busy_s))
        return engine

    def _reader(self, busy_s: float) -> Engine:
        """Open what may not be written; a connection a read, none holds on to an old file."""
        place = self._target.set(
            database=self.path.resolve().as_uri(), query=how_to_read(self.path)
        )
        engine = create_engine(place, hide_parameters=True, poolclass=NullPool)
        event.listen(engine, "connect", _pragmas(busy_s, ()))
        event.listen(engine, "begin", partial(_begin_reading, self.shown, self.path))
        event.listen(engine, "commit", partial(_end_reading, self.shown, self.path))
        return engine

    def require_writable(self, engine: Engine) -> None:
        """Refuse a file that can only be read. Raises `LedgerReadOnly`."""
        if isinstance(engine.pool, NullPool):
            raise LedgerReadOnly(_READ_ONLY.format(self.shown))

    def revision(self, connection: Connection) -> str | None:
        """Return the schema's revision, or None where there is no schema."""
        return self._revision(connection.exec_driver_sql)

    def _revision(self, execute: Callable[[str], Any]) -> str | None:
        tables: list[Any] = execute("select name from sqlite_master where type='table'").fetchall()
        names = {row[0] for row in tables}
        if not names:
            return None
        known = "alembic_version" in names
        query = "select version_num from alembic_version"
        found: list[Any] = execute(query).fetchall() if known else []
        return stated([row[0] for row in found], self.shown)

    def look(self) -> str | None:
        """Return the schema's revision without changing anything; None: no ledger yet."""
        if not self.path.exists() or self.path.stat().st_size == 0:
            return None
        refuse_network(self.path)
        self._identify()
        looking = self._open_to_look()
        try:
            return self._revision(looking.execute)
        finally:
            looking.close()

    def lock(self, connection: Connection) -> None:
        """Do nothing: `BEGIN IMMEDIATE` has the only lock there is."""

    def prepare(self, connection: Connection, found: str | None) -> None:
        """Copy a ledger that has a schema to a private file beside it, named after the schema.

        The write lock is held meanwhile, so the copy is what the migrations start from.
        """
        del connection
        if found is None:
            return
        copy = Path(f"{self.path}.{found}")
        close_to_others(make_private(copy))
        reading = self._open_to_look()
        kept = sqlite3.connect(copy)
        try:
            reading.backup(kept)
        finally:
            kept.close()
            reading.close()

    def mark(self, connection: Connection) -> None:
        """Say in the file what it is."""
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")

    def _identify(self) -> None:
        """Refuse what is no ledger before a pragma could change it."""
        looking = self._open_to_look()
        try:
            marked = looking.execute("PRAGMA application_id").fetchone()[0]
            tables = looking.execute("select count(*) from sqlite_master").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise _explained(error, self.shown) from error
        finally:
            looking.close()
        if tables and marked != APPLICATION_ID:
            raise NotALedger(f"{self.shown}: a database of something else; name another --ledger")

    def _open_to_look(self) -> sqlite3.Connection:
        place = f"{self.path.resolve().as_uri()}?{urlencode(how_to_read(self.path))}"
        return sqlite3.connect(place, uri=True)


def make_private(path: Path) -> Path:
    """Make an empty file for its user alone, in place of any of its name."""
    path.unlink(missing_ok=True)
    make(path)
    return path


def _pragmas(busy_s: float, more: tuple[str, ...]) -> Any:  # noqa: ANN401 - SQLAlchemy's listener
    safe = ("foreign_keys=ON", "recursive_triggers=ON", "secure_delete=ON", "trusted_schema=OFF")

    def listener(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we emit BEGIN ourselves
        connection.execute(_timeout(busy_s))
        for pragma in (*more, *safe):
            connection.execute(f"PRAGMA {pragma}")

    return listener


def _timeout(busy_s: float) -> str:
    return f"PRAGMA busy_timeout={int(busy_s * 1000)}"


_POLL_S: Final = (0.0005, 0.005)
"""Shortest and longest pause between two tries for the write lock, seconds."""


def _begin(busy_s: float) -> Any:  # noqa: ANN401 - SQLAlchemy's listener
    """Begin a transaction; a writing one waits at most `busy_s` for the others.

    It asks often: SQLite's own waiting pauses ever longer, up to 0.1 s, while the lock is free.
    """

    def listener(connection: Connection) -> None:
        db: Any = connection.connection.driver_connection
        if connection.get_execution_options().get("read_only"):
            db.execute("BEGIN")
            return
        db.execute("PRAGMA busy_timeout=0")
        try:
            until, pause_s = monotonic() + busy_s, _POLL_S[0]
            while not _begun(db):
                if monotonic() >= until:
                    connection.exec_driver_sql("BEGIN IMMEDIATE")  # as its error is explained
                    break
                sleep(uniform(pause_s / 2, pause_s))  # noqa: S311 - no secret
                pause_s = min(pause_s * 1.5, _POLL_S[1])
        finally:
            db.execute(_timeout(busy_s))

    return listener


def _begun(db: sqlite3.Connection) -> bool:
    try:
        db.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True


def _begin_reading(url: str, path: Path, connection: Connection) -> None:
    if not connection.get_execution_options().get("read_only"):
        raise LedgerReadOnly(_READ_ONLY.format(url))
    connection.info["seen"] = seen(path)
    connection.exec_driver_sql("BEGIN")


def _end_reading(url: str, path: Path, connection: Connection) -> None:
    if connection.info["seen"] != seen(path):
        raise LedgerBusy(f"{url}: was written while it was read; read it again")


DriverError = sqlite3.Error
"""What a statement raises that SQLAlchemy did not run."""


def explain(error: BaseException | None, url: str) -> LedgerError | None:
    """Turn SQLite's error into what an operator can do; None for a defect of ours."""
    if type(error) in (sqlite3.DatabaseError, sqlite3.OperationalError):
        return _explained(error, url)
    return None


def _explained(error: BaseException | None, url: str) -> LedgerError:
    said = str(error)
    if "locked" in said or "busy" in said:
        return LedgerBusy(
            f"{url}: locked by another process; nothing was changed, try again or stop that process"
        )
    if "readonly" in said or "read-only" in said:
        return LedgerReadOnly(_READ_ONLY.format(url))
    if "full" in said:
        return LedgerReadOnly(f"{url}: the disk is full; free space, nothing ran")
    if "unable to open" in said:
        return LedgerReadOnly(f"{url}: cannot be opened; check the folder and its rights")
    if "not a database" in said:
        return NotALedger(f"{url}: not a SQLite database; name another --ledger")
    if "malformed" in said:
        return LedgerError(f"{url}: damaged; keep the file, and restore a copy that verifies")
    return LedgerError(f"{url}: {said}")
