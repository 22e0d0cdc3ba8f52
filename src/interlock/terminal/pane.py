"""Show: one case, whatever its length; and keep what has been on the screen to its end."""

from collections.abc import Callable, Sequence

from textual.widgets import Log

Lay = Callable[[int], Sequence[str]]
"""Lays a text out as lines of so many cells."""


class Pane(Log, can_focus=False):
    """A text that is scrolled by the app's keys. Plain: nothing in it is markup."""

    DEFAULT_CSS = "Pane { height: 1fr; overflow-x: hidden; overflow-y: scroll; }"

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__(highlight=False, auto_scroll=False)
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
        self.scroll_to(y=at, animate=False, immediate=True)

    def page_by(self, pages: int) -> None:
        """Go on by so many screens, less a line; negative is back."""
        step = max(1, self.scrollable_content_region.height - 1)
        self.scroll_to(y=self.scroll_offset.y + pages * step, animate=False, immediate=True)
        self.is_read(self._shown_id)

    def is_read(self, name: str) -> bool:
        """Whether the text of this name was on the screen to its end."""
        if name == self._shown_id and self._at_end():
            self._read_ids.add(name)
        return name in self._read_ids

    def _at_end(self) -> bool:
        height = self.scrollable_content_region.height
        seen = self.scroll_offset.y + height
        return height > 0 and self.line_count > 0 and seen >= self.line_count


def _nothing(_: int) -> Sequence[str]:
    return ()
