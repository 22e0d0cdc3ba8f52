"""Keep: one connection to a SQLite file at hand between two transactions.

SQLAlchemy takes as long to hand one out and to take it back as SQLite takes for ten statements;
`benchmarks.allow_path` measures it.
"""

import os
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


class Spare:
    """The connection of an engine that nobody uses just now."""

    def __init__(self, engine: Engine) -> None:
        """Keep one of `engine`, where that is SQLite's: a server's may be gone when it is taken."""
        self._engine = engine
        self._keeps = engine.dialect.name == "sqlite"
        self._kept: dict[int, Connection] = {}
        """By process: none uses what it was forked with."""

    @contextmanager
    def taken(self) -> Generator[Connection]:
        """Take it, or a new one where it is in use; after an error it is not used again."""
        me = os.getpid()
        connection = self._kept.pop(me, None) or self._engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if not self._keeps or self._kept.setdefault(me, connection) is not connection:
            connection.close()

    def close(self) -> None:
        """Close it, if there is one."""
        if (connection := self._kept.pop(os.getpid(), None)) is not None:
            connection.close()
