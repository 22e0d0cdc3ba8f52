"""Show: a text counts as read once its end was on the screen."""

from textual.app import App, ComposeResult

from interlock.terminal.page import wrap
from interlock.terminal.pane import Pane


class Shell(App[None]):
    """A pane alone."""

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Pane()


async def test_read_to_the_end() -> None:
    """Not before its last line was seen; another text is unread, and the first stays read."""
    async with Shell().run_test(size=(20, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        assert not pane.is_read("")
        pane.show("a", lambda _: [str(n) for n in range(25)])
        assert not pane.is_read("a")
        pane.page_by(1)
        assert not pane.is_read("a")
        pane.page_by(1)
        assert pane.is_read("a")
        pane.show("b", lambda _: [str(n) for n in range(11)])
        assert (pane.is_read("b"), pane.is_read("a")) == (False, True)
        assert pane.scroll_offset.y == 0


async def test_the_same_text_stays_where_it_is() -> None:
    """What changes in a case does not throw its reader back to the top."""
    async with Shell().run_test(size=(20, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        pane.show("a", lambda _: [str(n) for n in range(50)])
        pane.page_by(2)
        at = pane.scroll_offset.y
        pane.show("a", lambda _: [str(n) for n in range(51)])
        assert (pane.scroll_offset.y, at) == (at, 18)


async def test_a_narrow_screen_has_more_lines() -> None:
    """The text is laid out anew for another width; nothing goes beyond the edge."""
    async with Shell().run_test(size=(40, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        pane.show("a", lambda width: wrap("x" * 100, width))
        before = pane.line_count
        await pilot.resize_terminal(20, 10)
        await pilot.pause()
        assert pane.line_count > before
        assert "".join(pane.lines) == "x" * 100
