"""Retry: a unit of work whose transaction was lost; a few times, then it fails where all see it.

A unit of work commits whole or not at all and may be done again: the ledger says how far a call is.
So what is repeated has its effect once, and while nothing can be committed nothing runs.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from secrets import SystemRandom
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar

from interlock.clock import Clock
from interlock.errors import LedgerBusy, LedgerUnavailable, StaleTransition

T = TypeVar("T")
P = ParamSpec("P")


class ReadLedger(Protocol):
    """What is read."""

    @property
    def clock(self) -> Clock:
        """The clock to wait by."""
        ...

    @property
    def is_on_one(self) -> bool:
        """Whether this reading is part of a page, which is read again as a whole."""
        ...


L = TypeVar("L", bound=ReadLedger)

WAITS_S: Final = (0.05, 0.25, 1.0, 3.0)
"""How long to wait before each of the four repetitions, half of it to one and a half, seconds."""

BUDGET_S: Final = 10.0
"""After this time nothing is begun again, seconds."""


def retried(clock: Clock, work: Callable[[], T]) -> T:
    """Do `work` and return what it returns; do it again when its transaction was lost.

    Lost is one that was locked out, deadlocked, overtaken, or cut off from its server.
    """
    latest = clock.now() + timedelta(seconds=BUDGET_S)
    for wait_s in WAITS_S:
        try:
            return work()
        except (LedgerBusy, LedgerUnavailable, StaleTransition):
            if clock.now() >= latest:
                raise
        clock.sleep(wait_s * SystemRandom().uniform(0.5, 1.5))
    return work()


def reread(read: Callable[Concatenate[L, P], T]) -> Callable[Concatenate[L, P], T]:
    """Make a reading of a ledger one that is done again when it was lost, as `retried` does."""

    @wraps(read)
    def again(ledger: L, *args: P.args, **more: P.kwargs) -> T:
        if ledger.is_on_one:
            return read(ledger, *args, **more)
        return retried(ledger.clock, partial(read, ledger, *args, **more))

    return again
