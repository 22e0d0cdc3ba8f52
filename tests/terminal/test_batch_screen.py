"""Batch: two keys for all, and none before they were read where that is wanted."""

import pytest
from textual.app import App
from textual.widgets import Static

from interlock.terminal.batch_screen import BatchScreen
from interlock.terminal.hand import BatchVerb
from interlock.terminal.pane import Pane

from .conftest import Seat, press, seconds  # isort: skip

pytestmark = pytest.mark.timeout(60)  # the pilot waits for the screen after each key


async def chosen(seat: Seat, tool: str, *keys: str) -> tuple[list[BatchVerb | None], str, str]:
    """Show three like calls, press keys; return what came back, what it says, and its text."""
    for at in range(3):
        seat.ask(tool, n=at, text="long " * 200)
    (batch,) = seat.gate.batches.list()
    heard: list[BatchVerb | None] = []
    app, screen = App[None](), BatchScreen(batch, seat.clock.now(), seconds())
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(screen, heard.append)
        await pilot.pause()
        told = "\n".join(screen.query_one(Pane).lines)
        await press(pilot, *keys)
        said = "" if heard else str(screen.query_one("#missing", Static).render())
    return heard, said, told


@pytest.mark.parametrize("tool", ["tag", "wire"])
async def test_all_are_read_first(seat: Seat, tool: str) -> None:
    """Before the end was on the screen nothing is approved, not at low risk either."""
    heard, said, told = await chosen(seat, tool, "a", "enter", "y")

    assert (heard, "read all 3 of them first" in said) == ([], True)
    assert [f"args.n: {at}" in told for at in range(3)] == [True] * 3


@pytest.mark.parametrize("tool", ["tag", "wire"])
async def test_approved_once_they_were(seat: Seat, tool: str) -> None:
    """It ends with an approval, that is asked once more."""
    assert (await chosen(seat, tool, *["space"] * 10, "a"))[0] == ["approve"]


@pytest.mark.parametrize(("key", "answer"), [("d", "deny"), ("escape", None), ("q", None)])
async def test_the_other_keys(seat: Seat, key: str, answer: str | None) -> None:
    """Denied, or left as they are."""
    assert (await chosen(seat, "wire", key))[0] == [answer]
