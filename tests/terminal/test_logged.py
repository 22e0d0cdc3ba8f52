"""Log: a warning is on the screen, from any thread, and no longer than that."""

import logging
from threading import Thread

import pytest

from interlock.terminal.logged import logged

from .conftest import Seat, said  # isort: skip

LOG = logging.getLogger("interlock.ledger.sealing")


@pytest.mark.timeout(60)  # the pilot waits for the screen
async def test_a_warning_is_said_on_the_screen(seat: Seat) -> None:
    """What another thread warns of is told where answers are, made visible."""
    app = seat.app()
    async with app.run_test() as pilot:
        other = Thread(target=LOG.warning, args=("entries are not sealed: %s", "\x1b[2Jno key"))
        other.start()
        other.join()
        await pilot.pause()

        assert said(app) == "entries are not sealed: ⟨U+001B⟩[2Jno key"


def test_only_warnings_and_only_meanwhile() -> None:
    """What is no warning, and what comes later, goes where it went before."""
    told: list[str] = []
    with logged(told.append):
        LOG.info("fine")
        LOG.warning("odd")
    LOG.warning("later")

    assert told == ["odd"]
