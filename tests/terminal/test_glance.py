"""See: what was not on the screen for a while answers to no key."""

from textual.app import App
from textual.widgets import Static

from interlock.terminal.glance import SEEN_S, Glance


async def test_from_when_it_is_drawn() -> None:
    """Not before it is on the screen, nor right after, and anew with each drawing."""
    now = [0.0]
    glance, told = Glance(lambda: now[0]), Static("words")
    app = App[None]()
    async with app.run_test() as pilot:
        await app.mount(told)
        assert (glance.is_drawn, glance.is_seen) == (False, False)
        glance.draw(told)
        now[0] = 9.0
        assert not glance.is_seen
        await pilot.pause()
        assert (glance.is_drawn, glance.is_seen) == (True, False)
        now[0] += SEEN_S
        assert glance.is_seen
        glance.draw(told)
        assert not glance.is_seen
