"""Keep: time, for threads that sleep. Fires what falls due, as long as it runs."""

import signal
import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Final

import typer

from interlock.cli.options import LedgerUrl, examples, family, opened
from interlock.cli.screen import local, note, say
from interlock.errors import LedgerBusy, LedgerError, LedgerReadOnly

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.conduct.timers import Fired

app = family()

INTERVAL_S: Final = 0.5
"""How often a worker looks by default, and at what stays due at most, seconds."""

Once = Annotated[bool, typer.Option("--once", help="Fire what is due now, and end.")]
Interval = Annotated[
    float,
    typer.Option("--interval", metavar="SEC", min=0.05, max=60, help="How often to look at least."),
]


@app.command(epilog=examples("interlock worker", "interlock worker --once"))
def worker(once: Once = False, interval: Interval = INTERVAL_S, ledger: LedgerUrl = None) -> None:
    """Fire timers until stopped: expiry, veto windows, leases of lost processes.

    It does not resume threads yet; `interlock resume` does. Any number of workers may run.
    It also looks when something falls due, and on PostgreSQL at once when somebody answers or a
    timer is set: nothing waits for a long interval.
    """
    woken = threading.Event()
    with stopped_by_signals(woken) as stop, opened(ledger) as gate:
        note(f"firing timers of {gate.ledger.url} every {interval:g} s; threads: interlock resume")
        told = tell(gate.recover())
        if not once:
            told += keep_firing(gate, stop, woken, interval)
    note(f"stopped; {told} fired")


def keep_firing(
    gate: "Gate", stop: threading.Event, woken: threading.Event, interval_s: float
) -> int:
    """Fire what is due every `interval_s` and whenever `woken`, until stopped; return how many."""
    from interlock.ledger.doorbell import listening

    told = 0
    with listening(gate.ledger, woken.set):
        while True:
            woken.wait(pause_s(gate, interval_s))
            woken.clear()
            if stop.is_set():
                return told
            told += tick(gate)


def pause_s(gate: "Gate", interval_s: float) -> float:
    """Return how long to wait for the next look: until something is due, or `interval_s`.

    What stays due, as its call is in use, is tried again as often as by default.
    """
    from interlock.ledger.doorbell import UNHEARD_S, quiet_s

    try:
        quiet = quiet_s(gate.ledger, gate.conductor.ports.lease_s)
    except LedgerError:
        quiet = UNHEARD_S  # it may come back with something due; the next look says what is wrong
    return min(interval_s, max(quiet, INTERVAL_S))


def tick(gate: "Gate") -> int:
    """Fire what is due; a ledger that is locked or away for a while is asked at the next tick.

    Not before: waiting for it as `gate.recover` does could outlast its return.
    """
    from interlock.conduct.timers import recover

    try:
        return tell(recover(gate.conductor.ports))
    except LedgerReadOnly:
        raise
    except LedgerError as error:
        say(f"{'busy' if isinstance(error, LedgerBusy) else 'waiting'}: {error}")
        return 0


def tell(fired: "Sequence[Fired]") -> int:
    """Say what timers came to, one line for each; return how many there were."""
    from datetime import UTC, datetime

    now = local(datetime.now(UTC))
    for each in fired:
        say(f"{now}  {each.ref}  {each.came_to}")
    return len(fired)


def summed(fired: "Sequence[Fired]") -> str:
    """Say what timers came to in one line: `2 expired, 1 in doubt`."""
    counted = Counter(each.came_to.replace("_", " ") for each in fired)
    return ", ".join(f"{number} {came_to}" for came_to, number in sorted(counted.items()))


@contextmanager
def stopped_by_signals(*more: threading.Event) -> Generator[threading.Event]:
    """Set an event, and then `more`, instead of dying, on SIGTERM and SIGINT."""
    stop = threading.Event()

    def heard(*_: object) -> None:
        for each in (stop, *more):
            each.set()

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
