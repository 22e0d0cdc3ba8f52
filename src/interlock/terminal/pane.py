"""Show: one case, whatever its length; and keep what has been on the screen, and since when."""

import time
from collections.abc import Callable, Sequence

from textual.widgets import Log

from interlock.terminal.glance import Glance

Lay = Callable[[int], Sequence[str]]
"""Lays a text out as lines of so many cells."""


class Pane(Log, can_focus=False):
    """A text that is scrolled by the app's keys. Plain: nothing in it is markup."""

    DEFAULT_CSS = "Pane { height: 1fr; overflow-x: hidden; overflow-y: scroll; }"

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Show nothing yet; `now_s` never goes back."""
        super().__init__(highlight=False, auto_scroll=False)
        self._glance = Glance(now_s)
        self._shown_id, self._lay_out = "", _nothing
        self._read_ids = set[str]()

    @property
    def shows(self) -> str:
        """The name of what is shown."""
        return self._shown_id

    def show(self, name: str, lay: Lay) -> None:
        """Show a text from its top; where it is the same one, from where it was."""
        at = self.scroll_offset.y if name == self._shown_id else 0
        self._shown_id, self._lay_out = name, lay
        self._draw(at)

    def on_resize(self) -> None:
        """Lay the text out anew."""
        self._draw(self.scroll_offset.y)

    def _draw(self, at: int) -> None:
        self.clear()
        self.write_lines(self._lay_out(self.scrollable_content_region.width))
        self._go_to(at)

    def page_by(self, pages: int) -> None:
        """Go on by so many screens, less a line, once this one was drawn; negative is back."""
        if self._glance.is_drawn:
            step = max(1, self.scrollable_content_region.height - 1)
            self._go_to(self.scroll_offset.y + pages * step)

    def _go_to(self, line: float) -> None:
        self.scroll_to(y=line, animate=False, immediate=True)
        self._glance.draw(self)

    def is_seen(self, name: str) -> bool:
        """Whether what stands here of this name was there to be seen before a key answered it."""
        return name == self._shown_id and self._glance.is_seen

    def is_read(self, name: str) -> bool:
        """Whether the text of this name was on the screen to its end."""
        if name == self._shown_id and self._glance.is_drawn and self._at_end():
            self._read_ids.add(name)
        return name in self._read_ids

    def _at_end(self) -> bool:
        height = self.scrollable_content_region.height
        seen = self.scroll_offset.y + height
        return height > 0 and self.line_count > 0 and seen >= self.line_count


def _nothing(_: int) -> Sequence[str]:
    return ()
