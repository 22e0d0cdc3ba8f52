"""Show: a text counts as read once its end was on the screen."""

import asyncio
import time
from collections.abc import Callable

from textual.app import App, ComposeResult

from interlock.terminal.page import wrap
from interlock.terminal.pane import Pane


class Shell(App[None]):
    """A pane alone."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        """Tell the time by `now_s`."""
        super().__init__()
        self.now_s = now_s

    def compose(self) -> ComposeResult:
        """Lay out."""
        yield Pane(self.now_s)


async def turn(pane: Pane, pages: int) -> None:
    """Turn a page once the one before it was drawn, and wait until it is."""
    drawn = asyncio.Event()
    pane.call_after_refresh(drawn.set)
    await drawn.wait()
    pane.page_by(pages)
    drawn.clear()
    pane.call_after_refresh(drawn.set)
    await drawn.wait()


async def test_pages_that_nobody_saw_are_not_read() -> None:
    """Keys that came before the page was drawn turn none; a page just drawn is not yet seen."""
    ticks = iter([0.0, 0.29, 0.3])
    async with Shell(lambda: next(ticks)).run_test(size=(20, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        pane.show("a", lambda _: [str(n) for n in range(15)])
        for _ in range(9):
            pane.page_by(1)
        assert (pane.scroll_offset.y, pane.is_read("a"), pane.is_seen("a")) == (0, False, False)
        drawn = asyncio.Event()
        pane.call_after_refresh(drawn.set)
        await drawn.wait()
        assert [pane.is_seen("a"), pane.is_seen("a")] == [False, True]


async def test_read_to_the_end() -> None:
    """Not before its last line was seen; another text is unread, and the first stays read."""
    async with Shell().run_test(size=(20, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        assert not pane.is_read("")
        pane.show("a", lambda _: [str(n) for n in range(25)])
        assert not pane.is_read("a")
        await turn(pane, 1)
        assert not pane.is_read("a")
        await turn(pane, 1)
        assert pane.is_read("a")
        pane.show("b", lambda _: [str(n) for n in range(11)])
        assert (pane.is_read("b"), pane.is_read("a")) == (False, True)
        assert pane.scroll_offset.y == 0


async def test_the_same_text_stays_where_it_is() -> None:
    """What changes in a case does not throw its reader back to the top."""
    async with Shell().run_test(size=(20, 10)) as pilot:
        pane = pilot.app.query_one(Pane)
        pane.show("a", lambda _: [str(n) for n in range(50)])
        await turn(pane, 2)
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
