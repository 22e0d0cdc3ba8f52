"""Measure: for how long each case is on the screen. Pure but for the clock that is asked."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime


class LookTimer:
    """Counts for one case at a time, and goes on where that case comes back."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """Read `now`."""
        self._now = now
        self._name, self._since = "", now()
        self._spent_s: defaultdict[str, float] = defaultdict(float)

    def show(self, name: str) -> None:
        """Count for this case from here on; for none where the name is empty."""
        self._spent_s[self._name] += self._running_s()
        self._name, self._since = name, self._now()

    def spent_s(self, name: str) -> float:
        """Return for how long a case was on the screen by now, seconds."""
        return self._spent_s[name] + (self._running_s() if name == self._name else 0.0)

    def _running_s(self) -> float:
        return max(0.0, (self._now() - self._since).total_seconds())
