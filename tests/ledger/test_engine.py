"""Open: every database that is no ledger of ours says so in one line, and stays as it was."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError

from interlock.app.gate import Gate
from interlock.clock import SystemClock
from interlock.errors import LedgerBusy, LedgerError, LedgerReadOnly, LedgerTooNew, NotALedger
from interlock.ledger.audit import verify
from interlock.ledger.engine import HEAD, open_engine, pick, schema_of
from interlock.ledger.store import open_ledger
from interlock.ledger.tables import metadata
from interlock.ledger.vault import open_vault

from .conftest import play, shelf  # isort: skip


def test_migrations_make_the_tables(tmp_path: Path) -> None:
    """The schema equals all migrations applied, columns, indices and constraints."""
    engine = open_engine(str(tmp_path / "l.db"))
    with engine.connect() as connection:
        assert pick(str(tmp_path)).revision(connection) == HEAD
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        made = set(inspect(connection).get_table_names())
    assert made >= set(metadata.tables)
    engine.dispose()


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


def test_a_newer_ledger(tmp_path: Path) -> None:
    """A ledger of a newer version is refused, with the remedy."""
    path = tmp_path / "l.db"
    open_engine(str(path)).dispose()
    with sqlite3.connect(path) as database:
        database.execute("update alembic_version set version_num = '9999'")

    with pytest.raises(LedgerTooNew, match="upgrade interlock"):
        open_engine(str(path))


def test_a_locked_ledger(gate: Gate, tmp_path: Path) -> None:
    """A ledger that another process locks is an error after the timeout, and nothing is lost."""
    play(gate, 1)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("begin immediate")
    vault = open_vault(tmp_path / "vault.key")
    ledger = open_ledger(str(tmp_path / "ledger.db"), vault, SystemClock(), busy_s=0.05)

    with pytest.raises(LedgerBusy, match="locked"), ledger.begin():
        pass
    other.execute("rollback")
    other.close()
    assert gate.audit.verify().ok
    ledger.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "sqlite:///:memory:", "redis://x"])
def test_no_ledger_url(url: str) -> None:
    """A URL that cannot keep a ledger is refused with the form that can."""
    with pytest.raises(LedgerError, match="sqlite:///FILE"):
        open_engine(url)


def test_a_folder_and_a_path_below_a_file(tmp_path: Path) -> None:
    """A place where no file can be is an error that names it."""
    with pytest.raises(NotALedger):
        open_engine(str(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(LedgerReadOnly):
        open_engine(str(tmp_path / "file" / "ledger.db"))


@pytest.mark.parametrize(
    ("file_mode", "folder_mode"), [(0o444, 0o555), (0o644, 0o555), (0o444, 0o777)]
)
def test_a_ledger_that_may_only_be_read(
    file_mode: int, folder_mode: int, gate: Gate, tmp_path: Path
) -> None:
    """It verifies, says its schema, takes no write, and nothing appears beside it."""
    play(gate, 2)
    gate.close()
    with shelf(tmp_path / "ledger.db", file_mode=file_mode, folder_mode=folder_mode) as copy:
        vault = open_vault(copy.parent / "vault.key")
        ledger = open_ledger(str(copy), vault, SystemClock())
        found = verify(ledger)
        with pytest.raises(LedgerReadOnly, match="nothing ran"), ledger.begin():
            pytest.fail("no write begins")
        ledger.close()

        assert found.ok
        assert found.calls == 4
        assert schema_of(str(copy)) == HEAD
        assert [file.name for file in copy.parent.iterdir()] == ["ledger.db"]


def test_the_newest_entries_of_a_ledger_in_use_are_read(gate: Gate, tmp_path: Path) -> None:
    """Entries that lie in the log beside the file count: with its index they are read."""
    play(gate, 1)
    beside = [tmp_path / f"ledger.db{end}" for end in ("", "-wal", "-shm")]
    with shelf(*beside) as copy:
        ledger = open_ledger(str(copy), open_vault(copy.parent / "vault.key"), SystemClock())
        found = verify(ledger)
        ledger.close()

    assert found.calls == 2
    assert found.ok


def test_a_file_that_changes_while_it_is_read(gate: Gate, tmp_path: Path) -> None:
    """What was read from a file that somebody wrote meanwhile is not believed."""
    play(gate, 1)
    gate.close()
    with shelf(tmp_path / "ledger.db", folder_mode=0o777) as copy:
        ledger = open_ledger(str(copy), open_vault(copy.parent / "vault.key"), SystemClock())
        with pytest.raises(LedgerBusy, match="again"), ledger.read():
            Path(f"{copy}-wal").write_bytes(b"somebody's")
        ledger.close()


def test_an_agent_does_not_start_on_a_ledger_that_it_cannot_write(
    gate: Gate, tmp_path: Path
) -> None:
    """With a policy the gate is for running calls; it is refused before the first one."""
    policy = gate.policy
    gate.close()
    with shelf(tmp_path / "ledger.db") as copy:
        with pytest.raises(LedgerReadOnly):
            Gate.open(policy, str(copy), state=copy.parent)
        Gate.open(ledger=str(copy), state=copy.parent).close()


@pytest.mark.parametrize("whole_pages", [1, 12])
def test_a_damaged_ledger(whole_pages: int, gate: Gate, tmp_path: Path) -> None:
    """Damage, wherever it is met, is called damage, with what to do; it is not some other file."""
    play(gate, 3)
    gate.close()
    path = tmp_path / "ledger.db"
    content = path.read_bytes()
    kept = 4096 * whole_pages
    path.write_bytes(content[:kept] + b"\xff" * (len(content) - kept))

    with (
        pytest.raises(LedgerError, match=r"damaged.*restore") as raised,
        Gate.open(ledger=str(path), state=tmp_path) as damaged,
    ):
        damaged.audit.verify()
    assert not isinstance(raised.value, NotALedger)


def test_a_defect_of_ours_is_no_trouble_of_the_ledgers(gate: Gate) -> None:
    """A constraint that our own statement breaks is not told as something an operator can mend."""
    play(gate, 1)
    twice = "insert into calls select * from calls"
    with pytest.raises(IntegrityError), gate.ledger.begin() as tx:
        tx._db.exec_driver_sql(twice)  # pyright: ignore[reportPrivateUsage] - a defect, made here
