"""Name: shared options, and bad ledgers."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
import typer
from cli_kit import Desk, Shell, one_line

from interlock.app.gate import Gate
from interlock.cli.options import examples, ledger_file, opened, who

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
    opens = Gate.open
    monkeypatch.setattr(Gate, "open", lambda **given: opens(busy_s=0.1, **given))
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    ran = shell("approve", request)
    holder.execute("ROLLBACK")
    holder.close()

    assert ran.code == 3
    assert "locked by another process" in one_line(ran)
    assert desk.state(request) == "pending"


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


def test_a_read_only_ledger(desk: Desk, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to write nothing is decided, and the file is as it was."""
    request = desk.ask()
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    shell("approve", "nobody")  # imports what the command needs while everything may be read
    desk.gate.close()
    with TemporaryDirectory() as place:
        folder, state = Path(place, "books"), Path(place, "state")
        Path(place).chmod(0o755)
        folder.mkdir()
        state.mkdir()
        copy = Path(copyfile(file, folder / "ledger.db"))
        if os.geteuid() == 0:
            os.chown(state, NOBODY, -1)
        monkeypatch.setenv("INTERLOCK_STATE_DIR", str(state))
        before = copy.read_bytes()
        with without_rights(folder):
            ran = shell("approve", request, "--ledger", str(copy))

        assert ran.code == 3
        assert one_line(ran)
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
