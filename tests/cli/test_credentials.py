"""Credentials: what a reviewer shows of themselves on the command line."""

from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.cli.credentials import answering, new_passphrase, passphrase
from interlock.errors import DeskError


@pytest.fixture
def token(desk: Desk, tmp_path: Path) -> Path:
    """Ana's token, in a file of hers."""
    desk.gate.reviewers.add("ana")
    _, made = desk.gate.reviewers.new_token("ana")
    path = tmp_path / "ana.token"
    path.write_text(made.secret + "\n")
    path.chmod(0o600)
    return path


def test_a_token_says_who_answers(
    desk: Desk, shell: Shell, token: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its file or the environment; the record says so, and never what it is."""
    first, second = desk.ask(80), desk.ask(81)

    assert shell("approve", first, "--token-file", str(token)).code == 0
    monkeypatch.setenv("INTERLOCK_TOKEN", token.read_text())
    assert shell("deny", second, "--reason", "no").code == 0

    for request in (first, second):
        assert "(token)" in shell("show", request).out
    assert token.read_text().strip() not in shell("audit", "log", "--json").out


def test_a_name_with_a_token_is_not_typed(desk: Desk, shell: Shell, token: Path) -> None:
    """The error says what to add; the call still waits."""
    request = desk.ask(80)
    ran = shell("approve", request, "--as", "ana")

    assert ran.code == 1
    assert "--token-file" in one_line(ran)
    assert request in shell("inbox").out


def test_a_name_alone_is_marked(desk: Desk, shell: Shell) -> None:
    """Whoever reads the answers sees that nothing showed who gave it."""
    request = desk.ask(80)
    assert shell("deny", request, "--as", "liz", "--reason", "no").code == 0

    assert "(local: a name alone)" in shell("show", request).out


def test_a_file_that_others_read_shows_nobody(desk: Desk, shell: Shell, token: Path) -> None:
    """Open to others, absent, a folder, or something else: one line, and nothing is answered."""
    request = desk.ask(80)
    token.chmod(0o644)
    (token.parent / "other").write_text("something else")
    (token.parent / "other").chmod(0o600)

    for place, why in (
        (token, "chmod 600"),
        (token.parent / "none", "no file"),
        (token.parent, "no file"),
        (token.parent / "other", "no key and no token"),
    ):
        ran = shell("approve", request, "--token-file", str(place))
        assert ran.code == 1
        assert why in one_line(ran)
    assert request in shell("inbox").out


def test_a_passphrase_comes_along_or_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the environment, from a file without its last newline; in a pipe, nothing is asked."""
    for name in ("INTERLOCK_PASSPHRASE", "INTERLOCK_PASSPHRASE_FILE", "INTERLOCK_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DeskError, match="INTERLOCK_PASSPHRASE"):
        passphrase()
    (tmp_path / "word").write_text("from a file\n")
    monkeypatch.setenv("INTERLOCK_PASSPHRASE_FILE", str(tmp_path / "word"))
    assert passphrase() == "from a file"
    monkeypatch.setenv("INTERLOCK_PASSPHRASE", "given")
    assert passphrase() == "given"
    monkeypatch.delenv("INTERLOCK_PASSPHRASE")
    monkeypatch.setenv("INTERLOCK_PASSPHRASE_FILE", str(tmp_path))
    with pytest.raises(DeskError, match="cannot be read"):
        passphrase()
    assert answering("ana", None) == {"by": "ana", "held": None}


def test_a_short_passphrase_makes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is soon guessed is refused before anything is written."""
    monkeypatch.setenv("INTERLOCK_PASSPHRASE", "seven77")
    with pytest.raises(DeskError, match="under 8 characters"):
        new_passphrase()
    monkeypatch.setenv("INTERLOCK_PASSPHRASE", "eight888")
    assert new_passphrase() == "eight888"
