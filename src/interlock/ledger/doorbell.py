"""Ring: tell workers that look seldom to look now.

On PostgreSQL by LISTEN and NOTIFY; on SQLite whoever listens looks at a number of the file that
every commit of others changes, which costs no transaction.

Never the truth: what is due stands in rows, and whoever hears nothing finds it when it looks next.
A ring goes out with its transaction's commit and says only that there is something to look for.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, Final

from interlock.errors import LedgerError, LedgerUnavailable
from interlock.ledger.engine import explained
from interlock.ledger.store import SqlLedger
from interlock.ledger.timers import CHANNEL, next_due, rings

_LOOK_S: Final = 1.0
"""How long one wait for a ring lasts, seconds; nothing goes to the server in between."""

_AGAIN_S: Final = 1.0
"""How long after a lost connection the next one is tried, seconds."""

WATCH_S: Final = 0.05
"""How often a SQLite file is looked at for what others wrote, seconds."""

UNHEARD_S: Final = 1.0
"""How long to wait at most where nobody rings, seconds."""


def quiet_s(ledger: SqlLedger, lease_s: float) -> float:
    """Return how long nothing falls due but what is rung for; 0 where something is due, seconds.

    Nobody rings for a claim, which lasts `lease_s`; on SQLite for nothing. Raises `LedgerError`.
    """
    with ledger.read() as db:
        due_at, now = next_due(db), ledger.time(db)
        unheard_s = lease_s if rings(db) else min(lease_s, UNHEARD_S)
    return min(unheard_s, max(0.0, (due_at - now).total_seconds())) if due_at else unheard_s


@contextmanager
def listening(ledger: SqlLedger, heard: Callable[[], None]) -> Generator[None]:
    """Call `heard` for each ring, from a thread; once too when it begins or begins again."""
    closed = threading.Event()
    listen = _listen if ledger.engine.dialect.name == "postgresql" else _watch
    work = (ledger, heard, closed)
    threading.Thread(target=listen, args=work, name="interlock-doorbell", daemon=True).start()
    try:
        yield
    finally:
        closed.set()


def _listen(ledger: SqlLedger, heard: Callable[[], None], closed: threading.Event) -> None:
    while not closed.is_set():
        with suppress(LedgerError), _connected(ledger) as connection:
            heard()
            while not closed.is_set():
                for _ in connection.notifies(timeout=_LOOK_S, stop_after=1):
                    heard()
        closed.wait(_AGAIN_S)


def _watch(ledger: SqlLedger, heard: Callable[[], None], closed: threading.Event) -> None:
    """Look at a file's number. Source: SQLite, `PRAGMA data_version`."""
    while not closed.is_set():
        with suppress(LedgerError), explained(ledger.url), ledger.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            seen = None
            while not closed.is_set():
                if (now := driver.execute("PRAGMA data_version").fetchone()) != seen:
                    seen = now
                    heard()
                closed.wait(WATCH_S)
        closed.wait(_AGAIN_S)


@contextmanager
def _connected(ledger: SqlLedger) -> Generator[Any]:
    """Open a connection of its own that listens. Raises `LedgerError` whenever it is lost."""
    with explained(ledger.url):
        pooled = ledger.engine.raw_connection()
    connection: Any = pooled.driver_connection
    pooled.detach()
    try:
        connection.autocommit = True
        connection.execute(f"listen {CHANNEL}")
        yield connection
    except ledger.engine.dialect.loaded_dbapi.Error as error:
        raise LedgerUnavailable(f"{ledger.url}: nobody rings any more ({error})") from error
    finally:
        connection.close()
