"""Keep: the ledger's schema from the command line."""

import json
import sqlite3
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.ledger.engine import HEAD
from interlock.ledger.sqlite import APPLICATION_ID

OLD = Path(__file__).parents[1] / "ledger" / "ledger_0001.sql"


def test_status_of_a_ledger(desk: Desk, shell: Shell) -> None:
    """A ledger of this version is current."""
    told = json.loads(shell("db", "status", "--json").out)

    assert (told["schema"], told["knows"], told["current"]) == (HEAD, HEAD, True)
    assert HEAD in shell("db", "status").out


def test_status_makes_nothing(shell: Shell, tmp_path: Path) -> None:
    """Where there is no ledger, exit 1 and no file."""
    ran = shell("db", "status", "--ledger", str(tmp_path / "no.db"))

    assert ran.code == 1
    assert "none yet" in ran.out
    assert not (tmp_path / "no.db").exists()


def test_upgrade_makes_and_keeps(shell: Shell, tmp_path: Path) -> None:
    """A new ledger is made; one that is current stays."""
    url = str(tmp_path / "new.db")

    assert f"none → {HEAD}" in shell("db", "upgrade", "--ledger", url).out
    assert "up to date" in shell("db", "upgrade", "--ledger", url).out
    assert json.loads(shell("inbox", "--ledger", url, "--json").out) == []


def test_upgrade_names_its_copy(shell: Shell, tmp_path: Path) -> None:
    """An old ledger is copied before it is brought up, and the copy is named with what it holds."""
    old = tmp_path / "old.db"
    with sqlite3.connect(old) as db:
        db.executescript(OLD.read_text())
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
    said = shell("db", "upgrade", "--ledger", str(old)).out

    assert f"0001 → {HEAD}" in said
    assert f"{old}.0001" in said
    assert (tmp_path / "old.db.0001").exists()


def test_a_file_that_is_no_ledger(shell: Shell, tmp_path: Path) -> None:
    """Another file or database is named as such by both commands and stays as it was."""
    text, shop = tmp_path / "text", tmp_path / "shop.db"
    text.write_text("hello " * 100)
    with sqlite3.connect(shop) as db:
        db.execute("create table orders (id text)")
    for path in (text, shop):
        before = path.read_bytes()
        for command in ("status", "upgrade"):
            ran = shell("db", command, "--ledger", str(path))
            assert ran.code == 3
            assert "name another --ledger" in one_line(ran)
        assert path.read_bytes() == before


def test_a_server_has_no_file(shell: Shell) -> None:
    """Another kind of database is none that can be reached, and the form that can is named."""
    ran = shell("db", "status", "--ledger", "mongodb://h/d")

    assert ran.code == 3
    assert "sqlite:///FILE" in one_line(ran)


def test_a_ledger_on_a_server(shell: Shell, postgres_url: str) -> None:
    """It is looked at, made and read like a file; nothing but `upgrade` makes it."""
    assert shell("db", "status", "--ledger", postgres_url).code == 1
    assert "no ledger in" in one_line(shell("inbox", "--ledger", postgres_url))
    assert "none yet" in shell("db", "status", "--ledger", postgres_url).out

    assert f"none → {HEAD}" in shell("db", "upgrade", "--ledger", postgres_url).out
    assert "up to date" in shell("db", "upgrade", "--ledger", postgres_url).out
    told = json.loads(shell("db", "status", "--ledger", postgres_url, "--json").out)
    assert (told["schema"], told["current"]) == (HEAD, True)
    assert json.loads(shell("inbox", "--ledger", postgres_url, "--json").out) == []


@pytest.mark.parametrize("command", ["status", "upgrade"])
def test_a_password_is_never_shown(shell: Shell, command: str) -> None:
    """What a command says of a server that it cannot reach names it without its password."""
    ran = shell("db", command, "--ledger", "postgresql://u:s3cret@/d?host=/nowhere")

    assert ran.code == 3
    assert "s3cret" not in ran.out + one_line(ran)
