"""Open: every file that is no ledger of ours says so in one line, and stays as it was."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from interlock.errors import LedgerError, LedgerReadOnly, NotALedger
from interlock.ledger import sqlite
from interlock.ledger.engine import HEAD, open_engine, schema_of
from interlock.ledger.sqlite import APPLICATION_ID

from .conftest import SQLITE  # isort: skip

pytestmark = [pytest.mark.usefixtures("database"), SQLITE]


def test_the_file_is_private(tmp_path: Path) -> None:
    """A ledger file is readable by its user only."""
    open_engine(str(tmp_path / "l.db")).dispose()

    assert (tmp_path / "l.db").stat().st_mode & 0o077 == 0


def test_settings_of_the_database(tmp_path: Path) -> None:
    """Commits are durable and writers queue: WAL, FULL, busy timeout, recursive triggers."""
    engine = open_engine(str(tmp_path / "l.db"))
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "recursive_triggers": 1,
        "busy_timeout": 30000,
    }
    with engine.connect() as connection:
        for name, value in wanted.items():
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value
    engine.dispose()


def test_a_writer_that_waits_asks_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Regression: SQLite's own waiting let eight callers sleep half a second beside a free lock."""
    engine = open_engine(str(tmp_path / "l.db"))
    other = sqlite3.connect(tmp_path / "l.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    paused: list[float] = []

    def sleep(seconds: float) -> None:
        paused.append(seconds)
        if len(paused) == 20:
            other.execute("ROLLBACK")

    monkeypatch.setattr(sqlite, "sleep", sleep)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30000

    assert len(paused) == 20
    assert max(paused) <= 0.005
    other.close()
    engine.dispose()


def test_no_database(tmp_path: Path) -> None:
    """A file of something else is refused and not touched."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"shopping list\n" * 100)

    with pytest.raises(NotALedger):
        open_engine(str(path))
    assert path.read_bytes() == b"shopping list\n" * 100


def test_another_programs_database(tmp_path: Path) -> None:
    """A SQLite database of something else is refused and gets no table."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("create table customers (name text)")
    before = path.read_bytes()
    with pytest.raises(NotALedger):
        open_engine(str(path))
    assert path.read_bytes() == before


def test_a_folder_and_a_path_below_a_file(tmp_path: Path) -> None:
    """A place where no file can be is an error that names it."""
    with pytest.raises(NotALedger):
        open_engine(str(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerReadOnly):
        open_engine(str(tmp_path / "file" / "ledger.db"))


OLD = Path(__file__).with_name("ledger_0001.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger of the first schema."""
    path = tmp_path / "ledger.db"
    with sqlite3.connect(path) as db:
        db.executescript(OLD.read_text())
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    db.close()
    return path


def table(path: Path, query: str) -> list[Any]:
    """Read a file as it lies there."""
    db = sqlite3.connect(path)
    found = db.execute(query).fetchall()
    db.close()
    return found


def test_a_ledger_is_copied_before_it_is_upgraded(old: Path) -> None:
    """What the migrations start from stays, whole and private, under the name of its schema."""
    before = table(old, "select * from calls order by id")
    open_engine(str(old)).dispose()
    copy = old.with_name("ledger.db.0001")

    assert copy.stat().st_mode & 0o077 == 0
    assert table(copy, "select version_num from alembic_version") == [("0001",)]
    assert table(copy, "select * from calls order by id") == before
    assert table(copy, "pragma integrity_check") == [("ok",)]


def test_approvals_of_the_first_schema_lapse(old: Path) -> None:
    """What was approved before there were timers gets one: an hour after the answer, as asked."""
    asked = "select call_id from requests where state = 'approved'"
    with sqlite3.connect(old) as db:
        db.execute(f"update calls set state = 'approved' where id in ({asked})")
    db.close()
    open_engine(str(old)).dispose()

    timers = table(old, "select ref, due_at, fired_at from timers where kind = 'use'")
    ((call,),) = table(old, asked)
    assert timers == [(call, "2026-01-01T01:00:00.000000Z", None)]


def test_a_new_or_current_ledger_is_not_copied(tmp_path: Path) -> None:
    """There is nothing to copy, or nothing to fear."""
    for _ in range(2):
        open_engine(str(tmp_path / "l.db")).dispose()

    assert not list(tmp_path.glob("l.db.*"))


@pytest.mark.parametrize("broken", ["create table usage (a)", "create table tiles (a)"])
def test_an_upgrade_that_fails_leaves_the_old_schema(old: Path, broken: str) -> None:
    """A migration that cannot be applied leaves nothing of those before it either."""
    with sqlite3.connect(old) as db:
        db.execute(broken)
    db.close()
    before = table(old, "select name from sqlite_master order by 1")

    with pytest.raises(LedgerError):
        open_engine(str(old))
    assert table(old, "select name from sqlite_master order by 1") == before
    assert schema_of(str(old)) == "0001"


def test_eight_processes_upgrade_once(old: Path) -> None:
    """Opened by many at once, the ledger is upgraded by one, and all find it whole."""
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(open_engine, [str(old)] * 8))
    for engine in opened:
        engine.dispose()

    assert schema_of(str(old)) == HEAD
    assert table(old, "select count(*) from usage") == [(0,)]


def test_a_ledger_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is made there."""

    def nfs(path: Path, mounts: Path) -> str:
        return "nfs4"

    monkeypatch.setattr("interlock.ledger.files.file_system", nfs)

    with pytest.raises(LedgerError, match="network file system"):
        open_engine(str(tmp_path / "l.db"))
    assert not (tmp_path / "l.db").exists()
