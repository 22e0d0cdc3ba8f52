"""Open: a database as a ledger, or say why it is none.

SQLite runs in WAL with `synchronous=FULL`; every writing transaction starts with `BEGIN IMMEDIATE`,
since a deferred one that must upgrade is refused whatever the timeout.

A ledger that this user may not write can still be read; see `interlock.ledger.files`. What was read
from a file that was written meanwhile is an error.
"""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from interlock.errors import (
    LedgerBusy,
    LedgerError,
    LedgerReadOnly,
    LedgerTooNew,
    NotALedger,
)
from interlock.ledger.files import close_to_others, how_to_read, make, may_write, seen
from interlock.settings import LEDGER_BUSY_S

HEAD: Final = "0003"
"""Revision of the schema that this version reads and writes."""

APPLICATION_ID: Final = 0x494C4B31
"""Marks a SQLite file as a ledger (`ILK1`). Source: SQLite file format, offset 68."""


def open_engine(url: str, busy_s: float = LEDGER_BUSY_S) -> Engine:
    """Open the database and bring its schema to `HEAD`; only for reading where it must be.

    Raises `LedgerError` and its kinds, naming the ledger and the remedy.
    """
    target = _target(url)
    path = Path(str(target.database))
    with explained(url):
        fresh = make(path)
        if not fresh:
            _identify(path, url)
    writing = fresh or may_write(path)
    engine = _writer(target, path, busy_s) if writing else _reader(target, path, busy_s, url)
    try:
        with explained(url):
            _bring_up(engine, url, fresh)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _writer(target: URL, path: Path, busy_s: float) -> Engine:
    close_to_others(path)
    engine = create_engine(target, hide_parameters=True)  # arguments stay out of errors and logs
    event.listen(engine, "connect", _pragmas(busy_s, _LASTING))
    event.listen(engine, "begin", _begin)
    return engine


def _reader(target: URL, path: Path, busy_s: float, url: str) -> Engine:
    """Open what may not be written; a connection for each read, none holds on to an old file."""
    place = target.set(database=path.resolve().as_uri(), query=how_to_read(path))
    engine = create_engine(place, hide_parameters=True, poolclass=NullPool)
    event.listen(engine, "connect", _pragmas(busy_s, ()))
    event.listen(engine, "begin", partial(_begin_reading, url, path))
    event.listen(engine, "commit", partial(_end_reading, url, path))
    return engine


def require_writable(engine: Engine, url: str) -> None:
    """Refuse a ledger that can only be read. Raises `LedgerReadOnly`."""
    if isinstance(engine.pool, NullPool):
        raise LedgerReadOnly(_READ_ONLY.format(url))


_READ_ONLY: Final = (
    "{}: read-only; give this user the right to write the file and its folder, or name another "
    "--ledger; nothing ran"
)


@contextmanager
def explained(url: str) -> Generator[None]:
    """Turn the database's errors into ours; one that a statement of ours made stays a defect."""
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        raise explain(error.orig or error, url) from error


def revision(connection: Connection) -> str | None:
    """Return the schema's revision, or None where there is no schema."""
    query = "select name from sqlite_master where type='table' and name='alembic_version'"
    if connection.execute(text(query)).scalar() is None:
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar()


def _target(url: str) -> URL:
    try:
        target = make_url(url if "://" in url else f"sqlite:///{url}")
        if target.get_backend_name() != "sqlite":
            raise LedgerError(
                f"`{target.render_as_string()}`: this version keeps its ledger in SQLite; use sqlite:///FILE"
            )
    except (ArgumentError, NoSuchModuleError):
        raise LedgerError(f"`{url}` is no ledger URL; use sqlite:///FILE") from None
    if not target.database or target.database == ":memory:":
        raise LedgerError(
            f"`{url}` names no file; a ledger must outlive its process, use sqlite:///FILE"
        )
    return target


def _identify(path: Path, url: str) -> None:
    """Refuse what is no ledger before a pragma could change it."""
    looking = _look(path)
    try:
        marked = looking.execute("PRAGMA application_id").fetchone()[0]
        tables = looking.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise explain(error, url) from error
    finally:
        looking.close()
    if tables and marked != APPLICATION_ID:
        raise NotALedger(f"{url}: a database of something else; name another --ledger")


def _look(path: Path) -> sqlite3.Connection:
    place = f"{path.resolve().as_uri()}?{urlencode(how_to_read(path))}"
    return sqlite3.connect(place, uri=True)


def schema_of(url: str) -> str | None:
    """Return the schema's revision without changing anything; None where there is no ledger yet.

    Raises `LedgerError` and its kinds.
    """
    path = Path(str(_target(url).database))
    if not path.exists() or path.stat().st_size == 0:
        return None
    _identify(path, url)
    looking = _look(path)
    try:
        return str(looking.execute("select version_num from alembic_version").fetchone()[0])
    finally:
        looking.close()


_LASTING: Final = ("journal_mode=WAL", "synchronous=FULL")
"""What a connection needs whose commits must last."""


def _pragmas(busy_s: float, more: tuple[str, ...]) -> Any:  # noqa: ANN401 - SQLAlchemy's listener
    safe = ("foreign_keys=ON", "recursive_triggers=ON", "trusted_schema=OFF")

    def listener(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we emit BEGIN ourselves
        for pragma in (f"busy_timeout={int(busy_s * 1000)}", *more, *safe):
            connection.execute(f"PRAGMA {pragma}")

    return listener


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _begin_reading(url: str, path: Path, connection: Connection) -> None:
    if not connection.get_execution_options().get("read_only"):
        raise LedgerReadOnly(_READ_ONLY.format(url))
    connection.info["seen"] = seen(path)
    connection.exec_driver_sql("BEGIN")


def _end_reading(url: str, path: Path, connection: Connection) -> None:
    if connection.info["seen"] != seen(path):
        raise LedgerBusy(f"{url}: was written while it was read; read it again")


def _bring_up(engine: Engine, url: str, fresh: bool) -> None:
    with engine.execution_options(read_only=True).connect() as connection:
        known = None if fresh else _check(connection, url)
    if known != HEAD:
        upgrade(engine, url)


def _check(connection: Connection, url: str) -> str | None:
    found = revision(connection)
    if found is not None and found > HEAD:
        raise LedgerTooNew(
            f"{url}: written by a newer version (schema {found}, this one knows {HEAD}); "
            "upgrade interlock"
        )
    return found


def upgrade(engine: Engine, url: str) -> None:
    """Apply the migrations that are missing, in one transaction under the write lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if _check(connection, url) == HEAD:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def explain(error: BaseException, url: str) -> LedgerError:
    """Turn an operational error of the database into what an operator can do."""
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
