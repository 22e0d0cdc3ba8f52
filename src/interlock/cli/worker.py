"""Keep: time, for threads that sleep. Fires what falls due, and resumes what can go on."""

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Final

import typer

from interlock.cli.hosts import LEDGER_VARIABLE, load_hosts
from interlock.cli.options import LedgerUrl, examples, family, opened
from interlock.cli.screen import local, log, say
from interlock.errors import LedgerBusy, LedgerError, LedgerReadOnly, PolicyError
from interlock.settings import default_ledger

if TYPE_CHECKING:
    from interlock.app.gate import Gate
    from interlock.app.threads import Resumption
    from interlock.cli.crew import Crew
    from interlock.conduct.timers import Fired

app = family()

INTERVAL_S: Final = 0.5
"""How often a worker looks by default, and at what stays due at most, seconds."""

GRACE_S: Final = 5.0
"""How long a worker that is told to stop lets the threads in its hands go on, seconds."""

Apps = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="APP",
        help="MODULE:FACTORY or FILE.py:FACTORY, which makes {host: graph}, or "
        "langgraph+http://SERVER/GRAPH; else INTERLOCK_APP, else [tool.interlock] apps.",
        show_default=False,
    ),
]
Once = Annotated[
    bool, typer.Option("--once", help="Fire what is due and resume what can go on now, and end.")
]
Interval = Annotated[
    float,
    typer.Option("--interval", metavar="SEC", min=0.05, max=60, help="How often to look at least."),
]
Size = Annotated[
    int, typer.Option("--threads", metavar="N", min=1, max=64, help="How many to resume at once.")
]
Grace = Annotated[
    float,
    typer.Option("--grace", metavar="SEC", min=0, help="How long to end what it has."),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Log nothing of its start and end, only what it does.")
]


@app.command(
    epilog=examples(
        "interlock worker myagent:apps",
        "interlock worker agent.py:apps --threads 8",
        "interlock worker langgraph+http://127.0.0.1:2024/agent",
        "interlock worker --once",
    )
)
def worker(
    apps: Apps = None,
    once: Once = False,
    interval: Interval = INTERVAL_S,
    size: Size = 4,
    grace: Grace = GRACE_S,
    quiet: Quiet = False,
    ledger: LedgerUrl = None,
) -> int:
    """Fire timers and resume threads until stopped. Any number of workers may run.

    Timers: expiry, veto windows, leases of lost processes. A thread is resumed when its request has
    its verdict, its veto window is over, a person let its held result out or settled a doubt; a
    call that is to be repeated runs. One worker at a time has a thread; that of a lost worker is
    taken over when its lease is over. One that fails is tried again after growing pauses.

    It also looks when something falls due and when the ledger changes: nothing waits for a long
    interval. On SIGTERM it ends what it has, gives back what takes longer, and exits with 0. Start
    and end stand on stderr. An application that opens another ledger is refused.

    With --once: exit 1 when a thread failed, 3 when a thread's application is not here.
    """
    from interlock.cli.crew import Crew

    tell_log = _unheard if quiet else log
    woken = threading.Event()
    with stopped_by_signals(woken) as stop, opened(ledger) as gate:
        os.environ[LEDGER_VARIABLE] = ledger or default_ledger()
        hosts = load_hosts(apps, gate)
        crew = Crew(gate, hosts, size)
        if hosts and not once:
            _warm(gate)
        tell_log(started(gate.threads.place, [*hosts], size))
        told = tell(gate.recover())
        crew.look()
        if once:
            crew.drain(stop)
            left: list[Resumption] = []
        else:
            crew.start()
            told += keep_firing(gate, stop, woken, interval, crew)
            left = crew.stop(grace)
    for held in left:
        tell_log(cut_off(held.host, held.thread_id))
    tell_log(f"stopped; {told} fired, {crew.resumed} resumed, {len(left)} given back")
    if left:  # what runs in their place must not, and no thread can be ended but by its process
        sys.stdout.flush()
        os._exit(0)
    return _once_code(crew) if once else 0


def started(place: str, hosts: Sequence[str], size: int) -> str:
    """Say of which ledger and applications a worker is, and which process."""
    from interlock.cli.crew import words

    many = f", {size} at once" if hosts else ""
    return f"worker {os.getpid()}: timers of {place}, threads of {words(hosts)}{many}"


def cut_off(host: str, thread: str) -> str:
    """Say of a thread that was still going on when its worker ended what may be open now."""
    from interlock.desk.display import visible

    return (
        f"given back while it was going on: {visible(f'{host}/{thread}')}; a tool that had begun "
        "may have run, see: interlock doubt list"
    )


def _unheard(_: str) -> None:
    """Log nothing."""


def _once_code(crew: "Crew") -> int:
    if crew.absent:
        return 3
    return 1 if crew.failed else 0


def _warm(gate: "Gate") -> None:
    """Load what looks at results, so that the first answer's thread does not wait for it."""
    with suppress(PolicyError):  # no policy was ever used here: there is nothing to resume
        gate.warm()


def keep_firing(
    gate: "Gate",
    stop: threading.Event,
    woken: threading.Event,
    interval_s: float,
    crew: "Crew | None" = None,
) -> int:
    """Fire what is due every `interval_s` and whenever `woken`, until stopped; return how many.

    A `crew` is rung whenever the ledger is, and looked after.
    """
    from interlock.ledger.doorbell import listening

    def heard() -> None:
        woken.set()
        if crew is not None:
            crew.ring()

    told = 0
    with listening(gate.ledger, heard):
        while True:
            woken.wait(pause_s(gate, interval_s))
            woken.clear()
            if stop.is_set():
                return told
            told += tick(gate, crew)


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


def tick(gate: "Gate", crew: "Crew | None" = None) -> int:
    """Fire what is due; a ledger that is locked or away for a while is asked at the next tick.

    Not before: waiting for it as `gate.recover` does could outlast its return.
    """
    from interlock.conduct.timers import recover

    try:
        fired = tell(recover(gate.conductor.ports))
        if crew is not None:
            crew.look(fired=fired > 0)
        return fired
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
