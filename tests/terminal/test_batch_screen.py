"""Batch: two keys for all, and none before they were read where that is wanted."""

import pytest
from textual.app import App
from textual.widgets import Static

from interlock.terminal.batch_screen import BatchScreen
from interlock.terminal.hand import BatchVerb
from interlock.terminal.pane import Pane

from .conftest import Seat  # isort: skip

pytestmark = pytest.mark.timeout(60)  # the pilot waits for the screen after each key


async def chosen(seat: Seat, tool: str, *keys: str) -> tuple[list[BatchVerb | None], str, str]:
    """Show three like calls, press keys; return what came back, what it says, and its text."""
    for at in range(3):
        seat.ask(tool, n=at, text="long " * 200)
    (batch,) = seat.gate.batches.list()
    heard: list[BatchVerb | None] = []
    app, screen = App[None](), BatchScreen(batch, seat.clock.now())
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(screen, heard.append)
        await pilot.pause()
        told = "\n".join(screen.query_one(Pane).lines)
        await pilot.press(*keys)
        await pilot.pause()
        said = "" if heard else str(screen.query_one("#missing", Static).render())
    return heard, said, told


async def test_low_risk_is_chosen_at_once(seat: Seat) -> None:
    """Everything that varies is in the text; `a` ends with an approval that is asked once more."""
    heard, _, told = await chosen(seat, "tag", "a")

    assert heard == ["approve"]
    assert [f"args.n: {at}" in told for at in range(3)] == [True] * 3


async def test_high_risk_is_read_first(seat: Seat) -> None:
    """Before its end was on the screen nothing is approved; a denial needs no reading."""
    heard, said, _ = await chosen(seat, "wire", "a", "enter", "y")
    assert (heard, "read all of them first" in said) == ([], True)
    for request in seat.gate.inbox.pending():
        seat.gate.inbox.deny(request.id, by="ana", reason="no")

    assert (await chosen(seat, "wire", *["space"] * 10, "a"))[0] == ["approve"]


@pytest.mark.parametrize(("key", "answer"), [("d", "deny"), ("escape", None), ("q", None)])
async def test_the_other_keys(seat: Seat, key: str, answer: str | None) -> None:
    """Denied, or left as they are."""
    assert (await chosen(seat, "wire", key))[0] == [answer]
