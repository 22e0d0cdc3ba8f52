"""Press: keys at a terminal, one at a time."""

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from interlock.cli.keyboard import Keyboard


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Return the other end of a terminal that is stdin."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours
    os.close(ours)


def test_each_key_once(terminal: int) -> None:
    """Keys that were pressed fast come one after the other; arrows have names."""
    with Keyboard() as keys:
        os.write(terminal, b"\x1b[Aj\x1b[Bh")
        assert [keys.press(5) for _ in range(4)] == ["up", "j", "down", "h"]
        assert keys.press(0) == ""


def test_what_was_typed_ahead_answers_nothing(terminal: int) -> None:
    """Keys pressed before a question are no answer to it."""
    with Keyboard() as keys:
        os.write(terminal, b"hyes\n")
        assert keys.press(5) == "h"
        with keys.typing():
            os.write(terminal, b"no\n")
            assert sys.stdin.readline() == "no\n"
        assert keys.press(0) == ""


def test_the_terminal_is_left_as_it_was(terminal: int) -> None:
    """Echo and lines are back when the keys are not read any more, also after an error."""
    import termios

    before = termios.tcgetattr(sys.stdin.fileno())
    with suppress(ZeroDivisionError), Keyboard():
        assert termios.tcgetattr(sys.stdin.fileno()) != before
        _ = 1 / 0
    assert termios.tcgetattr(sys.stdin.fileno()) == before
