"""Read: on one snapshot each, or on one for all that a page shows.

What a page shows fits together then, at one time, and a server is asked less often.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from interlock.clock import Clock, SystemClock
from interlock.conduct.retrying import retried
from interlock.errors import InvariantError
from interlock.ledger import statements
from interlock.ledger.engine import explained, reading
from interlock.ledger.spare import Spare

T = TypeVar("T")


class Snapshots:
    """Reading transactions of one database."""

    def __init__(self, engine: Engine, clock: Clock, url: str) -> None:
        """Read an opened database."""
        self.engine = engine
        self.clock = clock
        self.url = url
        self._reader, self._page = Spare(reading(engine)), _Page()

    @contextmanager
    def read(self) -> Generator[Connection]:
        """Open a reading connection on one snapshot: inside `on_one`, on that of the page."""
        if self._page.db is not None:
            yield self._page.db
            return
        with explained(self.url), self._reader.taken() as connection, connection.begin():
            yield connection

    def on_one(self, look: Callable[[], T]) -> T:
        """Return what `look` does; all that it reads in this thread is of one snapshot and time.

        It is done again as a whole where its connection was lost, and writes nothing.
        """
        if self._page.db is not None:
            return look()
        return retried(self.clock, lambda: self._looked(look))

    def _looked(self, look: Callable[[], T]) -> T:
        with self.read() as connection:
            self._page.db = connection
            try:
                return look()
            finally:
                self._page.db = None
                self._page.seen.clear()

    def once(self, name: str, look: Callable[[], Any]) -> Any:  # noqa: ANN401 - what it returns
        """Return what `look` does; of a page, what it did first under this name."""
        if self._page.db is None:
            return look()
        seen = self._page.seen
        if name not in seen:
            seen[name] = look()
        return seen[name]

    @property
    def is_on_one(self) -> bool:
        """Whether this thread reads a page: who is in it does nothing again alone."""
        return self._page.db is not None

    def require_no_page(self) -> None:
        """Refuse to write from inside a page, which would not see it."""
        if self._page.db is not None:
            raise InvariantError("a page is being read; nothing is written before its end")

    def time(self, connection: Connection) -> datetime:
        """Return the server's time, so that leases agree; the clock's on SQLite or if injected.

        Of a page the time at which it was first asked for.
        """
        return self.once("time", lambda: self._time(connection))

    def _time(self, connection: Connection) -> datetime:
        if connection.dialect.name != "sqlite" and type(self.clock) is SystemClock:
            return connection.execute(statements.TIME).scalar_one()
        return self.clock.now()


class _Page(threading.local):
    """What one thread reads on one snapshot."""

    db: Connection | None = None

    def __init__(self) -> None:
        """Begin with none, in each thread."""
        self.seen = dict[str, Any]()
