"""Review: the command, at a real terminal and without one."""

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.app.keys import save_key
from interlock.cli.review import parts, reviewer
from interlock.errors import NotEligible
from interlock.signing import new_key

PROGRAM = [sys.executable, "-c", "from interlock.cli.app import main; main()", "review"]


def test_without_a_terminal(desk: Desk, shell: Shell) -> None:
    """In a pipe it says what to use instead."""
    desk.ask(80)

    assert "interlock inbox" in one_line(shell("review"))


def test_without_textual(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is missing, the error says how to install it."""
    for name in [each for each in sys.modules if each.startswith("interlock.terminal")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual.app", None)

    assert "install `interlock[review]`" in one_line(shell("review"))


def test_who_sits_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key stays locked until an answer needs it; a token is at hand; else it is a name."""
    key, place, token = new_key(), str(tmp_path / "a.key"), tmp_path / "token"
    save_key(key, place, "words")
    token.write_text("ilk_abc")
    token.chmod(0o600)
    monkeypatch.setenv("INTERLOCK_REVIEWER", "rita")
    locked = reviewer(None, place)

    assert (locked.by, locked.held) == (None, None)
    assert locked.unlock is not None
    assert getattr(locked.unlock("words"), "public", "") == key.public
    assert reviewer("ana", str(token)).held is not None
    assert (reviewer(None, None).by, reviewer("ana", None).by) == ("rita", "ana")


@pytest.mark.parametrize("name", ["policy:x", "interlock"])
def test_a_name_that_is_nobodys(name: str, tmp_path: Path) -> None:
    """Who could answer nothing does not sit down; with a key neither."""
    place = str(tmp_path / "a.key")
    save_key(new_key(), place, "words")

    for held in (None, place):
        with pytest.raises(NotEligible):
            reviewer(name, held)


def test_the_case_is_what_show_shows(desk: Desk, shell: Shell) -> None:
    """Every part of `show` is there but the commands to type next."""
    request, told = desk.ask(80), shell("show", desk.ask(81)).out
    case = desk.gate.inbox.show(request)
    titles = [title for title, _ in parts(case, desk.gate.ledger.clock.now())]

    assert all(title in told for title in titles[1:])
    assert "next" not in titles


@pytest.mark.timeout(60)  # starts a process at a terminal of its own
def test_at_a_real_terminal(desk: Desk) -> None:
    """Shown, confirmed by keys, recorded under the name given; the terminal is left as it was."""
    request = desk.ask(80)
    main, own = os.openpty()
    fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    before = termios.tcgetattr(own)
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    words = [*PROGRAM, "--as", "rita"]
    with subprocess.Popen(words, stdin=own, stdout=own, stderr=own, env=environment) as child:
        try:
            until(main, b"refund.issue")
            later = desk.ask(81)
            for key, answer in ((b"a", b"escape leaves it"), (b"y", b"is approved now")):
                insist(main, key, answer)
            os.write(main, b"q")
            assert drained(main, child) == 0
        finally:
            child.kill()
    after = termios.tcgetattr(own)
    for end in (main, own):
        os.close(end)

    assert (desk.state(request), desk.state(later)) == ("approved", "pending")
    assert desk.gate.inbox.show(request).votes[0]["by"] == "rita"
    assert after == before


def insist(main: int, key: bytes, words: bytes, within_s: float = 40) -> None:
    """Press a key until the terminal shows some words: one that came too early does nothing."""
    seen, end = b"", time.monotonic() + within_s
    while words not in seen:
        assert time.monotonic() < end, seen[-2000:]
        os.write(main, key)
        while select.select([main], [], [], 0.5)[0] and words not in seen:
            seen += os.read(main, 65536)


def until(main: int, words: bytes, within_s: float = 40) -> None:
    """Read what a terminal shows until it shows some words."""
    seen, end = b"", time.monotonic() + within_s
    while words not in seen:
        assert select.select([main], [], [], max(0, end - time.monotonic()))[0], seen[-2000:]
        seen += os.read(main, 65536)


def drained(main: int, child: subprocess.Popen[bytes]) -> int:
    """Read on until the program ends; return how it did."""
    while child.poll() is None:
        if select.select([main], [], [], 0.1)[0]:
            os.read(main, 65536)
    return child.returncode
