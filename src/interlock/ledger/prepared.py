"""Prepare: the statements that every call uses, compiled once and handed to SQLite's driver.

SQLAlchemy writes them, and on a server it runs them too. SQLite answers such a statement ten times
as fast as SQLAlchemy hands it over; `benchmarks.allow_path` measures it.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import ClauseElement, Connection, Executable
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from interlock.ledger.rows import Row

_SQLITE: Final = sqlite.dialect()


class _Compiled(NamedTuple):
    """A statement for SQLite's driver."""

    text: str
    names: Sequence[str]
    """Whose value each placeholder takes, in order."""
    fixed: Row
    """Values that stand in the statement itself."""

    def bind(self, given: Row) -> list[Any]:
        """Return the values of its placeholders. Raises `KeyError` for one that is missing."""
        fixed = self.fixed
        return [given[name] if name in given else fixed[name] for name in self.names]


class Prepared:
    """One statement, for any connection, none of whose parameters is a list.

    Its methods raise the driver's errors on SQLite, which `explained` knows as it knows
    SQLAlchemy's.
    """

    def __init__(self, statement: Executable) -> None:
        """Prepare a statement; the columns that it writes are those of the values given to it."""
        self.statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def rows(self, db: Connection, given: Row) -> Sequence[Row]:
        """Return what it selects, by the names of its columns."""
        if db.dialect.name != "sqlite":
            return cast("Sequence[Row]", db.execute(self.statement, given).mappings().all())
        cursor = self._run(db, given)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def change(self, db: Connection, given: Row) -> int:
        """Update; return how many rows that concerned."""
        if db.dialect.name != "sqlite":
            return db.execute(self.statement, given).rowcount
        return int(self._run(db, given).rowcount)

    def add(self, db: Connection, rows: Sequence[Row]) -> None:
        """Insert rows that have the same columns."""
        if db.dialect.name != "sqlite":
            db.execute(self.statement, rows)
            return
        compiled = self._for(rows[0])
        driver: Any = db.connection.driver_connection
        driver.executemany(compiled.text, [compiled.bind(row) for row in rows])

    def _run(self, db: Connection, given: Row) -> Any:  # noqa: ANN401 - the driver's cursor
        compiled = self._for(given)
        driver: Any = db.connection.driver_connection
        return driver.execute(compiled.text, compiled.bind(given))

    def _for(self, given: Row) -> _Compiled:
        """Return it compiled for these parameters; who is second to compile it does no harm."""
        names = tuple(given)
        if (found := self._compiled.get(names)) is None:
            found = self._compiled[names] = self._compile(names)
        return found

    def _compile(self, names: Sequence[str]) -> _Compiled:
        statement = cast("ClauseElement", self.statement)
        made = cast("SQLCompiler", statement.compile(dialect=_SQLITE, column_keys=list(names)))
        fixed = {name: each.value for name, each in made.binds.items() if not each.required}
        return _Compiled(str(made), made.positiontup or (), fixed)
