"""Show: calls live at a terminal, and what keys do to the chosen one."""

import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cli_kit import Desk
from rich.console import Console

from interlock.cli.board import KEPT, Board
from interlock.cli.watch import Feed

PROGRAM = [sys.executable, "-c", "from interlock.cli.app import main; main()", "watch"]


def drawn(board: Board, height: int, away: str = "") -> list[str]:
    """Return the lines of a board on a screen of 120 columns."""
    screen = Console(width=120, height=height, markup=False, highlight=False)
    with screen.capture() as shown:
        screen.print(board.drawn(height, away))
    return shown.get().splitlines()


def test_a_line_a_call(desk: Desk) -> None:
    """Each call has one line with its state of now, and the board fits the screen."""
    board, feed = Board(desk.gate), Feed(desk.gate, None, None)
    assert "nothing happened yet" in "\n".join(drawn(board, 24))
    for at in range(40):
        desk.propose("notes.read", {"id": at})
    request = desk.ask(80)
    board.take(feed.next())

    lines = drawn(board, 20)
    assert len(lines) <= 20
    assert sum("notes.read" in line for line in lines) == 12
    assert any("pending" in line for line in lines)
    assert f"amount={80}" in "\n".join(lines)
    desk.gate.inbox.deny(request, by="ana", reason="no")
    board.take(feed.next())
    assert not any("pending" in line for line in drawn(board, 20))
    assert "waiting: locked" in "\n".join(drawn(board, 20, "locked"))


def test_the_chosen_call_stays_chosen(desk: Desk) -> None:
    """A call that was chosen is not exchanged for a newer one, and stays on the screen."""
    board, feed = Board(desk.gate), Feed(desk.gate, None, None)
    first = desk.propose("notes.read", {"id": 0})
    board.take(feed.next())
    board.move(-1)
    for at in range(30):
        desk.propose("notes.read", {"id": at + 1})
    board.take(feed.next())

    assert board.chosen is not None
    assert board.chosen.call_id == first
    assert first in "\n".join(drawn(board, 12))
    board.move(+1)
    assert board.chosen.call_id != first


def test_the_board_holds_few(desk: Desk) -> None:
    """However many calls there are, the board keeps the last of them."""
    board = Board(desk.gate)
    lines = [
        {"chain": f"call_{at}", "agent": "bot", "tool": "t", "at": "2026-01-01T00:00:00.000000Z"}
        | {"state": "released", "kind": "released", "body": {}, "auth": "none", "actor": "bot"}
        for at in range(KEPT + 50)
    ]
    board.take(lines)

    assert board.chosen is not None
    assert board.chosen.call_id == f"call_{KEPT + 49}"
    for _ in range(KEPT + 50):
        board.move(-1)
    assert board.chosen.call_id == "call_50"


class Terminal:
    """A program at a terminal of its own: what it shows, and what is typed."""

    def __init__(self, child: int, fd: int) -> None:
        self.child, self.fd, self.shown = child, fd, ""

    def until(self, text: str, seconds: float = 20) -> None:
        """Read until something was shown since the last time."""
        latest = time.monotonic() + seconds
        while text not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown):
            left = latest - time.monotonic()
            assert left > 0, self.shown[-2000:]
            if select.select([self.fd], [], [], left)[0]:
                self.shown += os.read(self.fd, 65536).decode(errors="replace")
        self.shown = ""

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())


@contextmanager
def at_a_terminal(*words: str) -> Iterator[Terminal]:
    """Run `watch` at a terminal of 120 columns and 30 lines."""
    child, fd = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", COLUMNS="120", LINES="30", INTERLOCK_REVIEWER="rita")
        os.execv(sys.executable, [*PROGRAM, *words])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
    try:
        yield Terminal(child, fd)
    finally:
        os.close(fd)


@pytest.mark.timeout(60)  # a process at a real terminal
def test_who_has_a_token_stops_with_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name alone of somebody who has a token denies nothing; with it `v` does."""
    desk.gate.reviewers.add("rita")
    _, token = desk.gate.reviewers.new_token("rita")
    request = desk.ask(80)
    for given, said in (("", "has a key or a token"), (token.secret, "is rejected")):
        monkeypatch.setenv("INTERLOCK_TOKEN", given)
        with at_a_terminal() as terminal:
            terminal.until("nothing happened yet")
            desk.ask(80)
            terminal.until("pending")
            terminal.press("v")
            terminal.until("reason (none: do nothing): ")
            terminal.press("not this one\n")
            terminal.until(said)
            terminal.press("q")
            os.waitpid(terminal.child, 0)

    (stopped,) = (each for each in desk.gate.audit.log() if each["kind"] == "voted")
    assert (stopped["actor"], stopped["auth"]) == ("rita", "token")
    assert desk.state(request) == "pending"


@pytest.mark.timeout(60)  # a process at a real terminal
def test_at_a_terminal(desk: Desk) -> None:
    """Calls are seen live; v denies the chosen one that waits, h halts its agent, q ends with 0."""
    desk.propose("notes.read", {"id": 1})
    with at_a_terminal() as terminal:
        terminal.until("nothing happened yet")
        request = desk.ask(80)
        terminal.until("pending")
        terminal.press("v")
        terminal.until("reason (none: do nothing): ")
        terminal.press("\n")
        terminal.until("nothing was done")
        assert desk.state(request) == "pending"
        terminal.press("v")
        terminal.until("reason (none: do nothing): ")
        terminal.press("not this one\n")
        terminal.until("is rejected")
        assert desk.gate.inbox.show(request).votes[0]["by"] == "rita"

        desk.propose("notes.read", {"id": 2})
        terminal.until("released")
        terminal.press("\x1b[A")
        terminal.press("h")
        terminal.until("halt agent bot; reason")
        terminal.press("enough\n")
        terminal.until("halted agent bot by rita: enough")
        assert desk.state(desk.propose("notes.read", {"id": 3})) == "halted"
        terminal.until("halted")
        terminal.press("q")
        assert os.waitstatus_to_exitcode(os.waitpid(terminal.child, 0)[1]) == 0
