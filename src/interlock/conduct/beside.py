"""Work beside: what measures a turn in a thread of its own, for no longer than its budget.

What takes longer goes on without anybody waiting for it, and counts as not done. Only so many go
on at once, so that work that never ends takes no more than that.
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

from interlock.settings import signals_budget_s

AT_WORK: Final = 8
"""Turns of which one thing is measured at once; of more it is missing."""

_log = logging.getLogger("interlock.conduct")


class TimedWork:
    """Works beside its caller, within the budget of signals."""

    def __init__(self, doing: str, done: str) -> None:
        """Say in words what is done: `tracing`, and of a call that it was not `traced`."""
        self._doing, self._done = doing, done
        self._at_work = threading.Semaphore(AT_WORK)

    def in_time(self, work: Callable[[], None]) -> str:
        """Work for the budget at most; return why nothing came of it, or an empty text."""
        if not self._at_work.acquire(blocking=False):
            return f"{AT_WORK} turns are being {self._done} already"
        ended, whys = threading.Event(), list[str]()

        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - what fails is missing, however it does
                _log.warning("a call was not %s", self._done, exc_info=True)
                whys.append(f"{self._doing} it failed ({type(error).__name__})")
            finally:
                self._at_work.release()
                ended.set()

        threading.Thread(target=run, name="interlock-beside", daemon=True).start()
        budget_s = signals_budget_s()
        if not ended.wait(budget_s):
            return f"it took longer than {budget_s * 1000:.0f} ms"
        return whys[0] if whys else ""
