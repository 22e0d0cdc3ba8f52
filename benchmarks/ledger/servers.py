"""Serve: a PostgreSQL server that syncs each commit to its disk, with fresh databases."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_TESTS: Final = Path(__file__).resolve().parents[2] / "tests"
_DURABLE: Final = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"}


class Server:
    """A running server."""

    def __init__(self, server: Any) -> None:  # noqa: ANN401 - the tests' own
        """Lead a server that is started."""
        self._server = server

    def fresh(self) -> str:
        """Make an empty database and return its URL."""
        return self._server.url(self._server.create())

    @property
    def version(self) -> int:
        """Major version."""
        return self._server.version


@contextmanager
def serving() -> Iterator[Server]:
    """Start a server of the tests' kind, made durable."""
    if str(_TESTS) not in sys.path:
        sys.path.append(str(_TESTS))
    from postgres_server import PostgresServer

    server = PostgresServer()
    try:
        server.start(**_DURABLE)
        yield Server(server)
    finally:
        server.stop()
