"""Keep: one connection is at hand, for one transaction of one process at a time."""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from interlock.ledger.engine import open_engine
from interlock.ledger.spare import Spare


@pytest.fixture
def engine(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Generator[Engine]:
    """A ledger's engine, of either database."""
    url = str(tmp_path / "l.db")
    opened = open_engine(url if database == "sqlite" else request.getfixturevalue("postgres_url"))
    yield opened
    opened.dispose()


def test_it_is_taken_again(engine: Engine) -> None:
    """SQLite's is kept open; a server's goes back to those that are tried before they are used."""
    spare = Spare(engine)
    with spare.taken() as first:
        pass
    assert first.closed == (engine.dialect.name != "sqlite")
    with spare.taken() as second:
        assert (second is first) == (engine.dialect.name == "sqlite")
    spare.close()
    assert first.closed
    assert second.closed


def test_two_at_once_have_one_each(engine: Engine) -> None:
    """Whoever finds it in use has another one, and only one is kept."""
    spare = Spare(engine)
    with spare.taken() as one, spare.taken() as other:
        assert one is not other
    assert one.closed or other.closed
    spare.close()
    assert one.closed
    assert other.closed


def test_an_error_leaves_nothing_begun(engine: Engine) -> None:
    """What was begun when an error came is undone, and its connection is not used again."""
    spare = Spare(engine)
    change = text("insert into levels values ('', 'bot', 1, 'then', 'ana', '')")
    with pytest.raises(ZeroDivisionError), spare.taken() as connection:  # noqa: PT012
        connection.begin()
        connection.execute(change)
        raise ZeroDivisionError
    assert connection.closed
    with spare.taken() as after:
        assert after is not connection
        assert after.execute(text("select count(*) from levels")).scalar() == 0
        after.rollback()
    spare.close()


def test_a_fork_has_its_own(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process never writes on a connection that it was forked with."""
    spare = Spare(engine)
    with spare.taken() as mine:
        pass
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    with spare.taken() as other:
        assert other is not mine
    spare.close()
    monkeypatch.undo()
    spare.close()
