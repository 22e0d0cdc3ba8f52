"""Run: what the ledger does is heard of beside the screen, and nobody waits for it who leaves."""

import asyncio
from datetime import UTC, datetime
from threading import Event, current_thread

import pytest

from interlock.errors import LedgerBusy
from interlock.terminal.errand import LATE_S, Errand, beside, waits


async def test_beside_the_screen() -> None:
    """It is done in another thread; what it returns and what it raises is handed over."""

    def fail() -> None:
        raise LedgerBusy("locked")

    assert (await beside(current_thread)).name == "interlock-errand"
    with pytest.raises(LedgerBusy, match="locked"):
        await beside(fail)


def test_who_leaves_does_not_wait() -> None:
    """The loop ends while the work goes on; its end then disturbs nobody."""
    go_on, ended = Event(), Event()

    def work() -> None:
        go_on.wait(10)
        ended.set()

    async def leave() -> None:
        task = asyncio.ensure_future(beside(work))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(10)


def test_late_is_said_since_when() -> None:
    """Not before a second; then with the time at which it was asked."""
    asked = Errand("approve x", datetime(2026, 1, 1, tzinfo=UTC), 5.0)

    assert [asked.is_late(5.0 + LATE_S - 0.01), asked.is_late(5.0 + LATE_S)] == [False, True]
    assert waits(asked).startswith("the ledger does not answer since ")
