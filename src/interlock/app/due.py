"""Catch up: what time asks of all that waits, done when people look."""

from functools import partial

from interlock.conduct import Conductor
from interlock.conduct.escalating import catch_up
from interlock.conduct.retrying import retried
from interlock.conduct.timers import recover
from interlock.conduct.values import SHOWN
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import overdue


def catch_up_all(conductor: Conductor, ledger: SqlLedger) -> int:
    """Add what is to be shown by now, then end or escalate questions; return of how many."""
    ports = conductor.ports
    retried(ports.clock, partial(recover, ports, SHOWN))
    due = overdue(ledger, ledger.clock.now())
    return sum(retried(ports.clock, partial(catch_up, ports, each)) for each in due)
