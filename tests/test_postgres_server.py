"""The tests' PostgreSQL server keeps what was committed, and leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from . import postgres_server
from .postgres_server import LOCKED, PostgresServer


def test_a_database_is_fresh_and_its_own(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """What one test writes no other finds."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create table mine (a int)")
    other = postgres_server.create()

    found = postgres_server.sql("select * from pg_tables where tablename = 'mine'", other)
    postgres_server.drop(other)
    assert found == []


def test_what_was_committed_outlives_a_kill(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    """Killed without notice and started again, the server has every commit."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute("create table kept as select 7 as a")

    postgres_server.kill9()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url)
    postgres_server.start()

    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("select a from kept").fetchall() == [(7,)]


def test_a_server_ends_with_its_process(tmp_path: Path) -> None:
    """A worker that is killed leaves no server running."""
    script = tmp_path / "starts.py"
    script.write_text(
        "import os, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from postgres_server import PostgresServer\n"
        "server = PostgresServer(); server.start()\n"
        "print(server.folder, flush=True); os.kill(os.getpid(), 9)\n"
    )
    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    folder = Path(ran.stdout.strip())

    lock = folder / "data" / "postmaster.pid"
    for _ in range(500):
        if not lock.exists():
            break
        subprocess.run(["sleep", "0.01"], check=True)
    assert folder.is_dir()
    assert not lock.exists()
    postgres_server.shutil.rmtree(folder)


def test_no_server_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where no program runs, nothing is skipped."""
    monkeypatch.setenv("POSTGRES_BIN", str(tmp_path))

    with pytest.raises(RuntimeError, match="no PostgreSQL here"):
        postgres_server.find_programs()


def test_one_user_needs_a_password(postgres_server: PostgresServer) -> None:
    """The server refuses a user without a password, for the tests of what is said then."""
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres_server.url("postgres", user=LOCKED))
