"""Open: a PostgreSQL database as a ledger, or say why it is none.

The ledger lies in a schema of its own, so that it shares a database with other programs' tables. A
commit lasts, whatever the server's default. A transaction that stands still, because its process
was stopped, is ended by the server, so that its locks hold up nobody for long.

Every reading transaction sees one snapshot. Writing ones see what is committed at each statement:
the row locks and the compare and set of `interlock.ledger.store` are what keeps them apart.
"""

import select
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError

from interlock.errors import (
    LedgerBusy,
    LedgerError,
    LedgerReadOnly,
    LedgerUnavailable,
    NotALedger,
)
from interlock.ledger.revision import stated

SCHEMA: Final = "interlock"
"""Schema that holds the ledger's tables."""

OLDEST: Final = 14
"""Major version of the oldest server that is tested."""

IDLE_S: Final = 10
"""How long a transaction may stand still between two statements, seconds."""

_CONNECT_S: Final = "10"
_MARK: Final = "Interlock ledger ILK1"
_UPGRADE_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('interlock upgrade', 0))"
_SECRET: Final = ("password", "sslpassword", "passfile")


class PostgresDatabase:
    """One PostgreSQL database."""

    upgrades_itself: bool = False
    """Others may still work with the old schema; `interlock db upgrade` is a decision."""

    def __init__(self, target: URL) -> None:
        """Name a database by its URL."""
        shown = target.set(drivername="postgresql")
        self.shown = shown.difference_update_query(_SECRET).render_as_string()
        waits = {} if "connect_timeout" in target.query else {"connect_timeout": _CONNECT_S}
        self._target = target.set(drivername="postgresql+psycopg").update_query_dict(waits)

    def connect(self, busy_s: float) -> Engine:
        """Return an engine; nothing is connected yet."""
        options: dict[str, Any] = {"hide_parameters": True, "use_native_hstore": False}
        try:
            engine = create_engine(self._target, isolation_level="READ COMMITTED", **options)
        except ModuleNotFoundError:
            raise LedgerError(
                f"{self.shown}: needs the PostgreSQL driver; install `interlock[postgresql]`"
            ) from None
        event.listen(engine, "connect", self._settings(busy_s))
        event.listen(engine, "checkout", _still_there)
        return engine

    def _settings(self, busy_s: float) -> Any:  # noqa: ANN401 - SQLAlchemy's listener
        wanted = {
            "search_path": f"{SCHEMA}, pg_temp",
            "lock_timeout": str(max(1, int(busy_s * 1000))),
            "idle_in_transaction_session_timeout": str(IDLE_S * 1000),
            "timezone": "UTC",
        }
        chosen = ", ".join(
            f"set_config('{name}', '{value}', false)" for name, value in wanted.items()
        )
        lasting = (
            "select set_config('synchronous_commit', 'on', false) "
            "where current_setting('synchronous_commit') = 'off'"
        )

        def listener(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's connection
            self._check_server(connection.info)
            connection.execute(f"select {chosen}")
            connection.execute(lasting)
            connection.commit()

        return listener

    def _check_server(self, info: Any) -> None:  # noqa: ANN401 - the driver's
        major = info.server_version // 10000
        if major < OLDEST:
            raise LedgerError(f"{self.shown}: PostgreSQL {major} is too old; use {OLDEST} or newer")
        encoding = info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise LedgerError(
                f"{self.shown}: the database's encoding is {encoding}; make one with UTF8"
            )

    def require_writable(self, engine: Engine) -> None:
        """Refuse a server that only reads, and a user who may not. Raises `LedgerReadOnly`."""
        query = (
            "select has_table_privilege('calls', 'INSERT') "
            "and has_table_privilege('entries', 'INSERT') "
            "and current_setting('transaction_read_only') = 'off'"
        )
        with engine.begin() as connection:
            if not connection.exec_driver_sql(query).scalar():
                raise LedgerReadOnly(_READ_ONLY.format(self.shown))

    def revision(self, connection: Connection) -> str | None:
        """Return the schema's revision; None where there is none. Raises `NotALedger`."""
        query = text(
            "select obj_description(oid, 'pg_namespace'), "
            "exists (select from pg_class where relnamespace = n.oid), "
            "to_regclass(:schema || '.alembic_version') is not null "
            "from pg_namespace n where nspname = :schema"
        )
        found = connection.execute(query, {"schema": SCHEMA}).first()
        if found is None or not found[1]:
            return None
        if found[0] != _MARK or not found[2]:
            raise NotALedger(
                f"{self.shown}: the schema `{SCHEMA}` holds something else; name another database"
            )
        revisions = connection.execute(text("select version_num from alembic_version")).scalars()
        return stated(revisions.all(), self.shown)

    def look(self) -> str | None:
        """Return the schema's revision without changing anything; None: no ledger yet."""
        engine = self.connect(1)
        try:
            with engine.connect() as connection:
                return self.revision(connection)
        finally:
            engine.dispose()

    def lock(self, connection: Connection) -> None:
        """Keep other upgrades out until the transaction ends."""
        connection.exec_driver_sql(_UPGRADE_LOCK)

    def prepare(self, connection: Connection, found: str | None) -> None:
        """Make the schema where it is missing; a failed upgrade leaves nothing to copy back."""
        del found
        connection.exec_driver_sql(f"create schema if not exists {SCHEMA}")

    def mark(self, connection: Connection) -> None:
        """Say in the database what the schema is."""
        connection.exec_driver_sql(f"comment on schema {SCHEMA} is '{_MARK}'")


def _still_there(connection: Any, *_: object) -> None:  # noqa: ANN401 - the driver's connection
    """Leave a connection that the server closed meanwhile: its socket has something to say."""
    if connection.closed or _heard(connection.fileno()):
        raise InvalidatePoolError


def _heard(socket: int) -> bool:
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))


_READ_ONLY: Final = (
    "{}: read-only; give this user the right to write, or name the server that takes writes; "
    "nothing ran"
)

_BUSY: Final = "{}: another process holds what this one needs; nothing was changed, try again"
_GONE: Final = "{}: not reachable ({}); nothing was changed, try again when the server is back"

_BY_STATE: Final[dict[str, tuple[type[LedgerError], str]]] = {
    "25006": (LedgerReadOnly, _READ_ONLY),
    "42501": (LedgerReadOnly, _READ_ONLY),
    "40001": (LedgerBusy, _BUSY),
    "40P01": (LedgerBusy, _BUSY),
    "55P03": (LedgerBusy, _BUSY),
    "53100": (LedgerReadOnly, "{}: the server's disk is full; free space, nothing ran"),
    "3D000": (LedgerError, "{}: no such database; make it with `createdb`, or name another"),
    "28P01": (LedgerError, "{}: the password is wrong; set it in the URL or in ~/.pgpass"),
    "28000": (LedgerError, "{}: the server refuses this user; check its name and pg_hba.conf"),
    "22023": (LedgerError, "{}: the URL has an option or value that is unknown; correct it"),
    "25P03": (LedgerUnavailable, "{}: a transaction stood still for too long and was ended"),
    "XX001": (LedgerError, "{}: damaged; keep it, and restore a copy that verifies"),
    "XX002": (LedgerError, "{}: damaged; keep it, and restore a copy that verifies"),
}
"""Source: PostgreSQL manual, appendix A, error codes."""

_BY_WORDS: Final[dict[str, str]] = {
    "invalid connection option": "22023",
    "invalid integer value": "22023",
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "does not exist": "3D000",
    "no pg_hba.conf entry": "28000",
    "authentication failed": "28000",
    "is not permitted to log in": "28000",
}
"""What a refused connection says, which carries no code."""

_NO_HOST: Final = ("translate host name", "Name or service", "resolve host", "nodename")


def explain(error: DBAPIError, url: str) -> LedgerError | None:
    """Turn PostgreSQL's error into what an operator can do; None for a defect of ours."""
    if not type(error.orig).__module__.startswith("psycopg"):
        return None
    state = getattr(error.orig, "sqlstate", None)
    said = str(error.orig)
    if state is None:
        state = next((code for words, code in _BY_WORDS.items() if words in said), None)
    if state in _BY_STATE:
        kind, words = _BY_STATE[state]
        return kind(words.format(url))
    if state is None and any(words in said for words in _NO_HOST):
        return LedgerError(f"{url}: unknown host; check the name in the URL")
    lost = error.connection_invalidated or (state is None and isinstance(error, OperationalError))
    if lost or (state or "")[:2] in ("08", "53", "57", "58"):
        return LedgerUnavailable(_GONE.format(url, _reason(said)))
    return None


def _reason(said: str) -> str:
    """Return the first line of what the server or the driver said; neither repeats a password."""
    return said.strip().partition("\n")[0].rpartition("FATAL:")[2].strip()[:200] or "no reason"
