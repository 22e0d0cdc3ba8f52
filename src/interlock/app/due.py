"""Catch up: what time asks of all that waits, done when people look."""

import logging
from functools import partial

from interlock.conduct import Conductor
from interlock.conduct.escalating import catch_up
from interlock.conduct.ports import Ports
from interlock.conduct.recounting import regroup
from interlock.conduct.retrying import retried
from interlock.conduct.timers import recover
from interlock.conduct.values import SHOWN
from interlock.errors import InterlockError
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import open_requests, overdue
from interlock.path.people import People

_log = logging.getLogger("interlock.review")


def catch_up_all(conductor: Conductor, ledger: SqlLedger) -> int:
    """Add what is to be shown by now, then end or escalate questions; return of how many."""
    ports = conductor.ports
    retried(ports.clock, partial(recover, ports, SHOWN))
    due = overdue(ledger, ledger.clock.now())
    return sum(retried(ports.clock, partial(catch_up, ports, each)) for each in due)


def tell_open(ports: Ports, ledger: SqlLedger, before: People) -> None:
    """Ask of each open question who is in its groups, now that people changed; `before` were.

    The change stands whatever comes of it: what cannot be told now is told at the next vote.
    """
    for name in open_requests(ledger):
        try:
            retried(ports.clock, partial(regroup, ports, name, before))
        except InterlockError:
            _log.exception("request %s: who is asked by now could not be told", name)
