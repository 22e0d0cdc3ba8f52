"""See: since when something stands on the screen; a key that was typed before answers nothing."""

from collections.abc import Callable
from typing import Final

from textual.widget import Widget

SEEN_S: Final = 0.3
"""For how long something stands on the screen before it counts as seen, seconds.

About the time in which a hand reacts to what it sees. Source: Hick, On the rate of gain of
information, 1952: a choice between two keys takes 0.3 to 0.4 s.
"""


class Glance:
    """Measures from when a drawing was on the screen."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        """Nothing is drawn yet; `now_s` never goes back."""
        self._now_s, self._round = now_s, 0
        self._since_s: float | None = None

    def draw(self, widget: Widget) -> None:
        """Begin anew when what `widget` shows now is on the screen."""
        self._since_s, self._round = None, self._round + 1
        mine = self._round

        def drawn() -> None:
            if mine == self._round:
                self._since_s = self._now_s()

        widget.call_after_refresh(drawn)

    @property
    def is_drawn(self) -> bool:
        """Whether it is on the screen."""
        return self._since_s is not None

    @property
    def is_seen(self) -> bool:
        """Whether it is, and was for long enough to be seen."""
        return self._since_s is not None and self._now_s() - self._since_s >= SEEN_S
