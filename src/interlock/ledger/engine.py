"""Open: a database as a ledger, or say why it is none.

SQLite keeps it in a file of its own (`interlock.ledger.sqlite`), PostgreSQL in a schema of its own
(`interlock.ledger.postgres`). Both have the schema that the migrations make, each applied once, all
that are missing in one transaction under one lock.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from interlock.errors import LedgerBusy, LedgerError, LedgerTooNew
from interlock.ledger import postgres, sqlite
from interlock.ledger.postgres import PostgresDatabase
from interlock.ledger.revision import misfit
from interlock.ledger.sqlite import SqliteDatabase
from interlock.settings import LEDGER_BUSY_S

HEAD: Final = "0008"
"""Revision of the schema that this version reads and writes."""

_FORMS: Final = "use sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class Database(Protocol):
    """What a ledger needs of the database it lies in."""

    shown: str
    """Its URL without secrets."""

    upgrades_itself: bool
    """Whether opening it applies the migrations that are missing."""

    def connect(self, busy_s: float) -> Engine:
        """Return an engine whose writers wait at most `busy_s` for each other."""
        ...

    def require_writable(self, engine: Engine) -> None:
        """Refuse what can only be read. Raises `LedgerReadOnly`."""
        ...

    def revision(self, connection: Connection) -> str | None:
        """Return the schema's revision, or None where there is no schema."""
        ...

    def look(self) -> str | None:
        """Return the schema's revision without changing anything; None: no ledger yet."""
        ...

    def lock(self, connection: Connection) -> None:
        """Keep other upgrades out until the transaction ends."""
        ...

    def prepare(self, connection: Connection, found: str | None) -> None:
        """Make ready for migrations from the revision `found`, inside their transaction."""
        ...

    def mark(self, connection: Connection) -> None:
        """Say in the database what it is."""
        ...


def pick(url: str) -> Database:
    """Return the database that a URL or file names. Raises `LedgerError`."""
    try:
        target = make_url(url if "://" in url else f"sqlite:///{url}")
    except (ArgumentError, ValueError):
        raise LedgerError(f"`{without_secrets(url)}` is no ledger URL; {_FORMS}") from None
    match target.drivername.partition("+")[0]:
        case "sqlite":
            return SqliteDatabase(url, target)
        case "postgresql" | "postgres":
            return PostgresDatabase(target)
        case other:
            raise LedgerError(f"a ledger cannot lie in `{other}`; {_FORMS}")


def without_secrets(url: str) -> str:
    """Return a URL that may be shown, well-formed or not."""
    return re.sub(r"://.*@", "://***@", re.sub(r"(?i)(password=)[^&]*", r"\1***", url))


def open_engine(url: str, busy_s: float = LEDGER_BUSY_S, *, upgrades: bool = False) -> Engine:
    """Open the database, make or bring up its schema; only for reading where it must be.

    A PostgreSQL ledger of an older schema is refused unless `upgrades`.
    Raises `LedgerError` and its kinds, naming the ledger and the remedy.
    """
    database = pick(url)
    with explained(database.shown):
        engine = database.connect(busy_s)
        try:
            _bring_up(engine, database, upgrades or database.upgrades_itself)
        except BaseException:
            engine.dispose()
            raise
    return engine


def reading(engine: Engine) -> Engine:
    """Return the engine for transactions that only read, each on one snapshot."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(read_only=True)
    return engine.execution_options(read_only=True, isolation_level="REPEATABLE READ")


def require_writable(engine: Engine, url: str) -> None:
    """Refuse a ledger that can only be read. Raises `LedgerReadOnly`."""
    database = pick(url)
    with explained(database.shown):
        database.require_writable(engine)


def schema_of(url: str) -> str | None:
    """Return the schema's revision without changing anything; None where there is no ledger yet.

    Raises `LedgerError` and its kinds.
    """
    database = pick(url)
    with explained(database.shown):
        return database.look()


@contextmanager
def explained(url: str) -> Generator[None]:
    """Turn the database's errors into ours; one that a statement of ours made stays a defect."""
    try:
        yield
    except NoneFree as error:
        raise LedgerBusy(f"{url}: all connections of this process are in use; try again") from error
    except sqlite.DriverError as error:
        told = sqlite.explain(error, url)
        if told is None:
            raise
        raise told from error
    except DBAPIError as error:
        told = sqlite.explain(error.orig, url) or postgres.explain(error, url)
        if told is None:
            raise
        raise told from error


def _bring_up(engine: Engine, database: Database, upgrades: bool) -> None:
    with reading(engine).connect() as connection:
        found = _check(connection, database)
    if found == HEAD:
        return
    if found is not None and not upgrades:
        raise LedgerError(
            f"{database.shown}: has schema {found}, this version needs {HEAD}; when no older "
            "version uses it any more, run `interlock db upgrade`"
        )
    upgrade(engine, database)


def _check(connection: Connection, database: Database) -> str | None:
    found = database.revision(connection)
    if found is not None and found > HEAD:
        raise LedgerTooNew(
            f"{database.shown}: written by a newer version (schema {found}, this one knows "
            f"{HEAD}); upgrade interlock"
        )
    return found


def upgrade(engine: Engine, database: Database) -> None:
    """Apply the migrations that are missing, in one transaction under the write lock."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        database.lock(connection)
        if (found := _check(connection, database)) == HEAD:
            return
        database.prepare(connection, found)
        config.attributes["connection"] = connection
        with _fitting(database.shown):
            command.upgrade(config, "head")
        database.mark(connection)


_UNFIT: Final = ("already exists", "duplicate column", "no such", "does not exist")
"""What databases say of a migration that finds other tables than it starts from."""


@contextmanager
def _fitting(url: str) -> Generator[None]:
    """Migrate inside; tables that do not fit the revision are named. Raises `LedgerError`."""
    from alembic.util import CommandError

    try:
        yield
    except CommandError as error:
        raise misfit(url) from error
    except DBAPIError as error:
        if any(words in str(error.orig) for words in _UNFIT):
            raise misfit(url) from error
        raise
