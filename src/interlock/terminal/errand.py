"""Run: the ledger's work in a thread beside the screen, which goes on and hears keys meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Final, TypeVar

from textual.app import App
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from interlock.desk.display import visible
from interlock.errors import InterlockError

T = TypeVar("T")

LATE_S: Final = 1.0
"""After what time without an answer the ledger is said not to answer, seconds."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that is asked of the ledger, and since when; the second as a monotonic time."""

    what: str
    since: datetime
    since_s: float

    def is_late(self, now_s: float) -> bool:
        """Whether there should be an answer by now."""
        return now_s - self.since_s >= LATE_S


async def beside(work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own, and return or raise what it does.

    Nobody waits for the thread as the program ends: whoever leaves leaves at once.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()

    def settle(how: Callable[[], None]) -> None:
        if not ended.done():  # who asked may have left
            how()

    def run() -> None:
        with suppress(RuntimeError):  # of a loop that is closed by now
            try:
                found = work()
            except Exception as error:  # noqa: BLE001 - raised again where it is awaited
                failed = error
                loop.call_soon_threadsafe(settle, lambda: ended.set_exception(failed))
            else:
                loop.call_soon_threadsafe(settle, lambda: ended.set_result(found))

    Thread(target=run, name="interlock-errand", daemon=True).start()
    return await ended


class ErrandApp(App[None]):
    """An app that goes on while the ledger does not answer, and says so.

    It has a line `#said` for what is said to the reviewer, and `#away` for that.
    """

    def __init__(self, now: Callable[[], datetime], now_s: Callable[[], float]) -> None:
        """Tell the time by `now`, and how long something takes by `now_s`, never set back."""
        super().__init__()
        self._now, self._now_s = now, now_s
        self.doing: Errand | None = None
        """What a key asked for and what is not answered yet."""
        self._reading: Errand | None = None
        self._away: Errand | None = None
        """The reading that failed, as long as none did better."""
        self._complaint, self._done = "", 0

    def errand(self, what: str, work: Callable[[], T], then: Callable[[T], object]) -> None:
        """Do something beside the screen that a key asked for; then what follows on it.

        There is one at a time: as long as it is not done no other key asks for anything.
        """
        self.doing = self._begin(what)
        self.run_worker(self._do(work, then))

    async def _do(self, work: Callable[[], T], then: Callable[[T], object]) -> None:
        try:
            found = await beside(work)
        except InterlockError as error:
            self._end()
            self.say(str(error))
            self.failed(error)
        else:
            self._end()
            then(found)
        if self._stands:
            self.look()

    def look(self) -> None:
        """Read what came since."""

    def failed(self, error: InterlockError) -> None:
        """Do what follows where something was not done."""

    def answers(self) -> bool:
        """Whether the ledger answers, and did what was asked before; else that is said."""
        if (doing := self.doing) is not None:
            self.say(f"{doing.what} is under way; wait for it, or leave with q")
        elif self._silent is not None:
            self.say(f"{waits(self._silent)}; nothing was done")
        return self.doing is None and self._silent is None

    def _begin(self, what: str) -> Errand:
        return Errand(what, self._now(), self._now_s())

    def _end(self) -> None:
        self.doing, self._done = None, self._done + 1

    def _lost(self, why: str) -> None:
        """Hear that a reading failed."""
        self._away, self._reading, self._complaint = self._away or self._reading, None, why

    def _heard(self) -> None:
        """Hear that a reading was answered."""
        self._away = self._reading = None

    @property
    def _silent(self) -> Errand | None:
        """What the ledger does not answer, and should have by now."""
        now_s = self._now_s()
        late = (each for each in (self.doing, self._reading) if each and each.is_late(now_s))
        return next(late, self._away)

    def _complain(self) -> None:
        """Say that the ledger does not answer, as long as it does not, and what it said last."""
        silent = self._silent
        told = self._complaint if silent is self._away else ""
        self._tell("away", f"{waits(silent)} {visible(told)}".rstrip() if silent else "")

    def say(self, words: str) -> None:
        """Say one thing to the reviewer."""
        if self._stands:
            self._tell("said", visible(words) if words else "")

    def _tell(self, place: str, words: str) -> None:
        """Put words where they are not yet."""
        where = self._desk.query_one(f"#{place}", Static)
        if str(where.content) != words:
            where.update(Content(words))

    @property
    def _desk(self) -> Screen[object]:
        """The screen below any dialog."""
        return self.screen_stack[0]

    @property
    def _stands(self) -> bool:
        """Whether the screen is all there; something may come as it is taken down."""
        return bool(self.screen_stack)


def waits(silent: Errand) -> str:
    """Say since when the ledger does not answer."""
    return f"the ledger does not answer since {silent.since.astimezone():%H:%M:%S}"
