"""Tell: the time and fresh ids, both replaceable in tests."""

import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return an aware time in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Block the thread for `seconds`."""
        time.sleep(seconds)


class FrozenClock:
    """A clock that moves only when told; for tests and simulations."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """Stop at `start`, which is aware."""
        self._now = start

    def now(self) -> datetime:
        """Return the frozen time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance instead of blocking."""
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        """Move by `seconds`, which may be negative."""
        self._now += timedelta(seconds=seconds)


def stamp(at: datetime) -> str:
    """Write a time as fixed-width UTC text, so that text order is time order."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_stamp(text: str) -> datetime:
    """Read what `stamp` wrote."""
    return datetime.fromisoformat(text)


def new_id(prefix: str) -> str:
    """Make an id that nobody can guess: `prefix_` and 20 base-32 characters (100 bits).

    Source: RFC 4648 section 6, in lower case.
    """
    return f"{prefix}_{secrets.token_bytes(20).translate(_BASE_32).decode()}"


_BASE_32: Final = b"abcdefghijklmnopqrstuvwxyz234567" * 8
"""A letter for each byte: its last five bits."""
