"""State: what a writing transaction reads of a call it holds; what only reads holds nothing."""

from typing import cast

from sqlalchemy import ClauseElement, Dialect, Executable, select
from sqlalchemy.dialects import postgresql, sqlite

from interlock.app.gate import Gate
from interlock.ledger import statements, tables

from .conftest import play  # isort: skip

HOLDING = (statements.BY_ID, statements.LATEST, statements.ORIGINAL)


def test_a_writer_holds_the_call_that_it_reads() -> None:
    """The row is locked where there are row locks; SQLite, where one writes, has none."""
    for prepared in HOLDING:
        assert "FOR UPDATE OF calls" in _written(prepared.statement, postgresql.dialect())
        assert "FOR UPDATE" not in _written(prepared.statement, sqlite.dialect())


def test_a_request_is_held_after_its_call() -> None:
    """Locks are taken in one order, the call first, or two would wait for each other."""
    written = _written(statements.REQUEST, postgresql.dialect())

    assert written.endswith("FOR UPDATE OF calls, requests")


def test_siblings_are_read_without() -> None:
    """Two that run at once do not wait for each other's rows."""
    for statement in (statements.JOINED, statements.TURN, statements.BACKGROUND.statement):
        assert "FOR UPDATE" not in _written(statement, postgresql.dialect())


def _written(statement: Executable, dialect: Dialect) -> str:
    return str(cast("ClauseElement", statement).compile(dialect=dialect))


def test_what_is_there_is_written_over(gate: Gate) -> None:
    """An insert that meets its own key becomes an update, in either database."""
    play(gate, 1)
    for level in (1, 3):
        gate.autonomy.set("bot", level, reason="trained", by="ana")

    with gate.ledger.read() as db:
        assert db.execute(select(tables.levels.c.level)).scalars().all() == [3]
