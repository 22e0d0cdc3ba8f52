"""Ask: nothing is given that was not typed, and nothing by a key that is preset."""

import pytest
from textual.app import App
from textual.widgets import Input

from interlock.terminal.dialogs import Dialog, Given, Help, Wanted

from .conftest import seconds  # isort: skip

ALL = Wanted("approve?", ["a: [red]1[/red]"], text="why", passphrase=True)


async def given(wanted: Wanted, *keys: str) -> list[Given | None]:
    """Ask, press keys, and return what came back: nothing while it still asks."""
    heard: list[Given | None] = []
    app = App[None]()
    async with app.run_test() as pilot:
        app.push_screen(Dialog(wanted, seconds()), heard.append)
        await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
    return heard


@pytest.mark.parametrize(
    ("keys", "heard"),
    [
        (("o", "k", "enter", "s", "enter", "y"), [Given("ok", "s")]),
        (("o", "k", "enter", "s", "enter", "enter", "space"), []),
        (("enter", "enter", "y"), []),
        (("o", "enter", "enter", "y"), []),
        (("o", "k", "escape"), [None]),
        (("y", "y", "y"), []),
    ],
)
async def test_all_fields_then_y(keys: tuple[str, ...], heard: list[Given | None]) -> None:
    """Each field, then `y`; escape gives nothing; whatever is missing is asked again."""
    assert await given(ALL, *keys) == heard


async def test_only_y() -> None:
    """Where nothing is to be typed, `y` alone does it, and enter does not."""
    assert await given(Wanted("approve?"), "enter", "space", "a") == []
    assert await given(Wanted("approve?"), "y") == [Given()]


async def test_what_is_typed_and_what_is_not_shown() -> None:
    """A passphrase is masked, in no representation either, and texts are no markup."""
    assert "words" not in repr(Given("why", "words"))
    app = App[None]()
    async with app.run_test() as pilot:
        app.push_screen(Dialog(ALL))
        await pilot.pause()
        assert app.screen.query_one("#passphrase", Input).password
        assert "[red]1[/red]" in [str(each.render()) for each in app.screen.query("Static")][1]
        app.push_screen(Help("keys"))
        await pilot.pause()
        await pilot.press("x")
        await pilot.pause()
        assert isinstance(app.screen, Dialog)
