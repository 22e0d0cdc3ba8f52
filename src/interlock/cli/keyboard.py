"""Press: single keys at a terminal, without waiting for a line."""

import os
import select
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final, Self

_NAMES: Final = {"\x1b[A": "up", "\x1b[B": "down", "\x1bOA": "up", "\x1bOB": "down"}
"""What terminals send for keys that are no character."""


class Keyboard:
    """The keys of the terminal on stdin, one at a time."""

    _ahead = ""
    """What was pressed and not asked for yet."""

    def __enter__(self) -> Self:
        """Have each key at once, and show none."""
        import termios
        import tty

        self._termios = termios
        self._fd = sys.stdin.fileno()
        self._before: list[Any] = termios.tcgetattr(self._fd)
        tty.setcbreak(self._fd)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the terminal as it was."""
        self._termios.tcsetattr(self._fd, self._termios.TCSADRAIN, self._before)

    def press(self, wait_s: float) -> str:
        """Return the next key within `wait_s`: a character, `up` or `down`; else nothing.

        At the end of input it is `q`.
        """
        if not self._ahead:
            if not select.select([self._fd], [], [], wait_s)[0]:
                return ""
            self._ahead = os.read(self._fd, 64).decode(errors="replace") or "q"
        for sent, name in _NAMES.items():
            if self._ahead.startswith(sent):
                self._ahead = self._ahead[len(sent) :]
                return name
        key, self._ahead = self._ahead[0], self._ahead[1:]
        return key

    @contextmanager
    def typing(self) -> Generator[None]:
        """Read lines for a while; what was typed ahead is dropped."""
        self._ahead = ""
        self._termios.tcflush(self._fd, self._termios.TCIFLUSH)
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()
