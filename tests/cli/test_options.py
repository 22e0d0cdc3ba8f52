"""Name: shared options, and bad ledgers."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import copy2, copyfile
from tempfile import TemporaryDirectory

import pytest
import typer
from cli_kit import Desk, Shell, one_line

from interlock.cli.options import BUSY_S, examples, ledger_file, opened, who
from interlock.settings import LEDGER_BUSY_S

READERS = (("inbox",), ("show", "x"), ("audit", "log"), ("audit", "verify"), ("quarantine", "list"))
NOBODY = 65534
"""The user with no rights of its own."""
WRITERS = (("approve", "x"), ("resume",), ("autonomy", "show"))


@pytest.mark.parametrize("words", READERS + WRITERS)
def test_a_missing_ledger_is_not_made(words: tuple[str, ...], shell: Shell, tmp_path: Path) -> None:
    """A wrong name is said, and leaves no empty ledger behind."""
    ran = shell(*words, "--ledger", str(tmp_path / "no.db"))

    assert ran.code == 3
    assert "name another --ledger" in one_line(ran)
    assert not (tmp_path / "no.db").exists()


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be one", b"SQLite format 3\x00 broken"]
)
def test_a_file_that_is_no_ledger(content: bytes, shell: Shell, tmp_path: Path) -> None:
    """Some other file is named as such and stays as it was."""
    path = tmp_path / "other"
    path.write_bytes(content)
    ran = shell("inbox", "--ledger", str(path))

    assert ran.code == 3
    assert one_line(ran)
    assert path.read_bytes() == content


def test_another_database(shell: Shell, tmp_path: Path) -> None:
    """A SQLite database of something else is not touched."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as db:
        db.execute("create table orders (id text)")
    before = path.read_bytes()
    ran = shell("inbox", "--ledger", f"sqlite:///{path}")

    assert ran.code == 3
    assert "something else" in one_line(ran)
    assert path.read_bytes() == before


def test_a_ledger_from_a_newer_version(desk: Desk, shell: Shell) -> None:
    """It is not read by guessing; the remedy is said."""
    path = ledger_file(desk.gate.ledger.url)
    assert path is not None
    with sqlite3.connect(path) as db:
        db.execute("update alembic_version set version_num = '9999'")
    ran = shell("inbox")

    assert ran.code == 3
    assert "upgrade interlock" in one_line(ran)


def test_a_locked_ledger(desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that waits too long says who is in the way, and nothing is decided."""
    request = desk.ask()
    path = ledger_file(desk.gate.ledger.url)
    assert path is not None
    monkeypatch.setattr("interlock.cli.options.BUSY_S", 0.1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    ran = shell("approve", request)
    holder.execute("ROLLBACK")
    holder.close()

    assert ran.code == 3
    assert "locked by another process" in one_line(ran)
    assert "again" in ran.err
    assert desk.state(request) == "pending"


def test_a_person_does_not_wait_long_for_a_lock() -> None:
    """A command gives up on a lock after seconds, long before an agent at work does."""
    assert BUSY_S <= 5 < LEDGER_BUSY_S


@contextmanager
def without_rights(folder: Path) -> Iterator[None]:
    """Be somebody who may read everything in a folder and write nothing of it."""
    modes = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    if is_root := os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)


@pytest.mark.parametrize(
    "words",
    [
        ("inbox",),
        ("show", "REQUEST"),
        ("audit", "log"),
        ("audit", "verify"),
        ("quarantine", "list"),
        ("autonomy", "show"),
        ("db", "status"),
    ],
)
def test_a_read_only_ledger_can_be_looked_at(
    words: tuple[str, ...], desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that only looks says the same of it, and what is overdue is said to be so."""
    request = desk.ask()
    given = [request if word == "REQUEST" else word for word in words]
    at_home = shell(*given)
    with shelved(desk, monkeypatch) as copy:
        ran = shell(*given, "--ledger", str(copy))

    assert ran.code == 0, ran.err
    assert ran.out.replace(str(copy), "L").count("\n") == at_home.out.count("\n")


def test_a_read_only_ledger_shows_what_is_overdue(
    desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be written nothing expires; it is listed and shown as overdue."""
    request = desk.ask()
    shell("inbox")  # imports what the commands need while everything may be read
    shell("show", request)
    edited(desk, "update requests set expires_at = '2001-01-01T00:00:00.000000Z'")
    with shelved(desk, monkeypatch) as copy:
        listed = shell("inbox", "--ledger", str(copy))
        shown = shell("show", request, "--ledger", str(copy))

    assert listed.code == shown.code == 0
    assert "overdue" in listed.out
    assert "overdue" in shown.out


def edited(desk: Desk, statement: str) -> None:
    """Change the ledger by hand."""
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    with closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


@contextmanager
def shelved(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Copy the ledger to where it may be read and not written."""
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    desk.gate.close()
    with TemporaryDirectory() as place:
        folder, state = Path(place, "books"), Path(place, "state")
        Path(place).chmod(0o755)
        folder.mkdir()
        state.mkdir()
        copy = Path(copyfile(file, folder / "ledger.db"))
        key = Path(copy2(desk.gate.ledger.vault.folder / "audit.key", state / "audit.key"))
        if os.geteuid() == 0:
            os.chown(state, NOBODY, -1)
            os.chown(key, NOBODY, -1)
        monkeypatch.setenv("INTERLOCK_STATE_DIR", str(state))
        with without_rights(folder):
            yield copy


@pytest.mark.parametrize(
    "words",
    [
        ("approve", "REQUEST"),
        ("edit", "REQUEST", "--args", '{"amount": 1}'),
        ("autonomy", "promote", "bot", "--reason", "x"),
    ],
)
def test_a_read_only_ledger_takes_no_answer(
    words: tuple[str, ...], desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to write nothing is decided, what to do is said, the file is as it was."""
    request = desk.ask()
    shell("approve", "nobody")  # imports what the command needs while everything may be read
    with shelved(desk, monkeypatch) as copy:
        before = copy.read_bytes()
        given = [request if word == "REQUEST" else word for word in words]
        ran = shell(*given, "--ledger", str(copy))

        assert ran.code == 3
        assert "give this user the right to write" in one_line(ran)
        assert copy.read_bytes() == before


def test_a_folder_that_may_not_be_entered(shell: Shell) -> None:
    """A ledger that cannot even be looked for is not reachable."""
    with TemporaryDirectory() as place:
        closed = Path(place, "closed")
        closed.mkdir()
        shell("inbox", "--ledger", str(closed / "no.db"))
        closed.chmod(0)
        if is_root := os.geteuid() == 0:
            os.seteuid(NOBODY)
        try:
            ran = shell("inbox", "--ledger", str(closed / "ledger.db"))
        finally:
            if is_root:
                os.seteuid(0)
            closed.chmod(0o755)

    assert ran.code == 3
    assert one_line(ran)


def test_a_ledger_url_of_another_kind(shell: Shell) -> None:
    """A server that this version does not know is said to be so."""
    ran = shell("inbox", "--ledger", "mongodb://x/y")

    assert ran.code == 3
    assert "sqlite:///FILE" in one_line(ran)


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("a.db", "a.db"),
        ("sqlite:///a.db", "a.db"),
        ("sqlite:////x/a.db", "/x/a.db"),
        ("x://h/d", None),
    ],
)
def test_the_file_of_a_ledger(url: str, file: str | None) -> None:
    """An embedded ledger is a file; a server's is none."""
    assert ledger_file(url) == (Path(file) if file else None)


def test_a_defect_is_not_shown_as_tampering(desk: Desk) -> None:
    """An error of the program itself passes as it is; tampering is a row that cannot be read."""
    with pytest.raises(KeyError, match="ours"), opened(desk.gate.ledger.url):
        raise KeyError("ours")


def test_who_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """--as, else INTERLOCK_REVIEWER; an empty name is refused."""
    monkeypatch.setenv("INTERLOCK_REVIEWER", "rita")

    assert (who("sam"), who(None)) == ("sam", "rita")
    with pytest.raises(typer.BadParameter):
        who("")


def test_examples_keep_their_lines() -> None:
    """Each example stands on a line of its own."""
    assert examples("a", "b") == "\b\nExamples:\n  a\n  b"


def test_looking_makes_no_ledger_of_an_empty_file(shell: Shell, tmp_path: Path) -> None:
    """An empty file is no ledger yet, and stays empty."""
    path = tmp_path / "empty"
    path.touch()
    ran = shell("inbox", "--ledger", str(path))

    assert ran.code == 3
    assert "no ledger at" in one_line(ran)
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "--ledger", ""),
        ("audit", "verify", "--ledger", " "),
        ("db", "upgrade", "--ledger", ""),
        ("audit", "erase", "--principal", "", "--reason", "r", "--yes"),
    ],
)
def test_an_empty_name(desk: Desk, shell: Shell, words: tuple[str, ...]) -> None:
    """A variable of a script that is not set must not stand for the ledger of this user."""
    desk.propose("notes.read", {})
    ran = shell(*words)

    assert ran.code == 2
    assert "is empty" in one_line(ran)


def test_an_empty_variable_is_not_set(
    desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INTERLOCK_LEDGER without a value is the ledger in the state directory, as docs say."""
    monkeypatch.setenv("INTERLOCK_LEDGER", "")
    call = desk.propose("notes.read", {})

    assert shell("show", call).code == 0
