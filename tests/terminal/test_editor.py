"""Edit: what is typed, what it changes, and nothing sent that is no arguments."""

from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Static, TextArea

from interlock.terminal.editor import Draft, Editor
from interlock.terminal.pane import Pane

from .conftest import Seat  # isort: skip

pytestmark = pytest.mark.timeout(60)  # the pilot waits for the screen after each key


class Edited:
    """An editor over one case, at a keyboard."""

    def __init__(self, seat: Seat, draft: str = "", **args: Any) -> None:
        """Open it on a call with these arguments."""
        self.heard: list[Draft | None] = []
        self.app = App[None]()
        self.case = seat.gate.inbox.show(seat.ask("note", **args))
        self.editor = Editor(self.case, draft)

    async def open(self, pilot: Pilot[None]) -> None:
        """Put it on the screen."""
        self.app.push_screen(self.editor, self.heard.append)
        await pilot.pause()

    async def write(self, pilot: Pilot[None], text: str) -> None:
        """Replace the text."""
        self.editor.query_one(TextArea).text = text
        await pilot.pause()

    def changes(self) -> str:
        """Return what it says that the text changes."""
        return "\n".join(self.editor.query_one(Pane).lines)

    def wrong(self) -> str:
        """Return what it says is wrong."""
        return str(self.editor.query_one("#wrong", Static).render())


async def test_what_it_changes_stands_beneath_as_it_is_typed(seat: Seat) -> None:
    """Word by word; ctrl+s ends with the arguments."""
    at = Edited(seat, text="pay ana now", n=1)
    async with at.app.run_test() as pilot:
        await at.open(pilot)
        assert "nothing" in at.changes()
        await at.write(pilot, '{"text": "pay bob now", "n": 1}')
        assert 'text: "pay ⟦-ana⟧⟦+bob⟧ now"' in at.changes()
        assert "n:" not in at.changes()
        await pilot.press("ctrl+s")

    assert at.heard == [('{"text": "pay bob now", "n": 1}', {"text": "pay bob now", "n": 1})]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"n": ', "no arguments yet"),
        ('{"n": 2, "n": 3}', "key `n` stands there twice"),
        ('{"n": 1}', "nothing is changed"),
    ],
)
async def test_what_is_no_edit_is_not_sent(seat: Seat, text: str, said: str) -> None:
    """It says why, and stays."""
    at = Edited(seat, n=1)
    async with at.app.run_test() as pilot:
        await at.open(pilot)
        await at.write(pilot, text)
        await pilot.press("ctrl+s")
        assert said in at.wrong()
        assert at.heard == []


async def test_left_with_its_text(seat: Seat) -> None:
    """Escape sends nothing and keeps what was written; it goes on from there."""
    at = Edited(seat, n=1)
    async with at.app.run_test() as pilot:
        await at.open(pilot)
        await at.write(pilot, '{"n": 7')
        await pilot.press("escape")
    again = Edited(seat, draft='{"n": 7', n=1)
    async with again.app.run_test() as pilot:
        await again.open(pilot)
        assert again.editor.query_one(TextArea).text == '{"n": 7'

    assert at.heard == [('{"n": 7', None)]


async def test_what_nobody_sees_is_written_out(seat: Seat) -> None:
    """An invisible character of the agent's stands there escaped, and markup is text."""
    at = Edited(seat, text="a\u202eb[red]c[/red]\x1b[2J")
    async with at.app.run_test() as pilot:
        await at.open(pilot)
        text = at.editor.query_one(TextArea).text

    assert r"a\u202eb[red]c[/red]\u001b[2J" in text
