"""Open: a database as a ledger, or say why it is none.

SQLite runs in WAL with `synchronous=FULL`; every writing transaction starts with `BEGIN IMMEDIATE`,
since a deferred one that must upgrade is refused whatever the timeout.
"""

import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from interlock.errors import (
    LedgerBusy,
    LedgerError,
    LedgerReadOnly,
    LedgerTooNew,
    NotALedger,
)
from interlock.settings import LEDGER_BUSY_S

HEAD: Final = "0002"
"""Revision of the schema that this version reads and writes."""

APPLICATION_ID: Final = 0x494C4B31
"""Marks a SQLite file as a ledger (`ILK1`). Source: SQLite file format, offset 68."""


def open_engine(url: str, busy_s: float = LEDGER_BUSY_S) -> Engine:
    """Open the database and bring its schema to `HEAD`.

    Raises `LedgerError` and its kinds, naming the ledger and the remedy.
    """
    target = _target(url)
    with explained(url):
        fresh = _prepare_file(target)
        if not fresh:
            _identify(Path(str(target.database)), url)
    engine = create_engine(target, hide_parameters=True)  # arguments stay out of errors and logs
    event.listen(engine, "connect", _pragmas(busy_s))
    event.listen(engine, "begin", _begin)
    try:
        with explained(url):
            _bring_up(engine, url, fresh)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def explained(url: str) -> Generator[None]:
    """Turn the database's errors into ours."""
    try:
        yield
    except OperationalError as error:
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


def _prepare_file(target: URL) -> bool:
    """Make the file with mode 0600 if it is missing; return whether it is new."""
    path = Path(str(target.database))
    if path.is_dir():
        raise NotALedger(f"{path}: is a folder; name a file for the ledger")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise LedgerReadOnly(
            f"{path}: {error.strerror}; the ledger needs a place to write"
        ) from error
    with os.fdopen(handle, "rb") as file:
        return file.read(1) == b""


def _identify(path: Path, url: str) -> None:
    """Refuse what is no ledger before a pragma could change it."""
    looking = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        marked = looking.execute("PRAGMA application_id").fetchone()[0]
        tables = looking.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise explain(error, url) from error
    except sqlite3.DatabaseError as error:
        raise NotALedger(f"{url}: not a SQLite database; name another --ledger") from error
    finally:
        looking.close()
    if tables and marked != APPLICATION_ID:
        raise NotALedger(f"{url}: a database of something else; name another --ledger")


def schema_of(url: str) -> str | None:
    """Return the schema's revision without changing anything; None where there is no ledger yet.

    Raises `LedgerError` and its kinds.
    """
    path = Path(str(_target(url).database))
    if not path.exists() or path.stat().st_size == 0:
        return None
    _identify(path, url)
    looking = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        return str(looking.execute("select version_num from alembic_version").fetchone()[0])
    finally:
        looking.close()


def _pragmas(busy_s: float) -> Any:  # noqa: ANN401 - SQLAlchemy's listener
    def listener(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None  # we emit BEGIN ourselves
        connection.execute(f"PRAGMA busy_timeout={int(busy_s * 1000)}")
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return listener


def _begin(connection: Connection) -> None:
    reads = connection.get_execution_options().get("read_only")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


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
        return LedgerBusy(f"{url}: locked by another process; wait for it to finish, or stop it")
    if "readonly" in said or "read-only" in said:
        return LedgerReadOnly(f"{url}: read-only; give this user the right to write, nothing ran")
    if "full" in said:
        return LedgerReadOnly(f"{url}: the disk is full; free space, nothing ran")
    if "unable to open" in said:
        return LedgerReadOnly(f"{url}: cannot be opened; check the folder and its rights")
    return LedgerError(f"{url}: {said}")
