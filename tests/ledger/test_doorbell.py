"""Ring: on PostgreSQL who listens looks at once; who hears nothing looks when it would have."""

import contextlib
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Connection

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.cli.worker import INTERVAL_S, keep_firing, pause_s
from interlock.clock import FrozenClock, parse_stamp, stamp
from interlock.conduct import Intent, Turn
from interlock.ledger import doorbell, timers
from interlock.ledger.doorbell import listening, quiet_s
from interlock.path.proposal import Agent, Context

from ..databases import ask, by_hand  # isort: skip
from ..postgres_server import PostgresServer  # isort: skip

SERVER = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
PAST = "2020-01-01T00:00:00.000000Z"


class Ears:
    """Whether a ring was heard."""

    def __init__(self) -> None:
        self.rung = threading.Event()

    def hear(self, within_s: float = 5) -> bool:
        """Wait for a ring, and be ready for the next."""
        heard = self.rung.wait(within_s)
        self.rung.clear()
        return heard


def a_request(gate: Gate, turn: str) -> None:
    """Ask a person."""
    pay = (Intent("pay", {"amount": 1}, "p"),)
    gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", turn, pay))


@SERVER
def test_a_timer_a_vote_and_a_halt_ring(gate: Gate) -> None:
    """Whoever listens hears of each within a second of the commit."""
    ears = Ears()
    with listening(gate.ledger, ears.rung.set):
        assert ears.hear()
        a_request(gate, "one")
        assert ears.hear(1)
        gate.inbox.approve(gate.inbox.pending()[0].call_id, by="ana", reason="ok")
        assert ears.hear(1)
        gate.halt(everything=True, by="ana", reason="stop")
        assert ears.hear(1)
        gate.unhalt(everything=True, by="ana", reason="go on")
        assert ears.hear(1)


@SERVER
def test_a_lost_connection_is_made_again(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener that the server cut off changes nothing for others, and listens again."""
    monkeypatch.setattr(doorbell, "_AGAIN_S", 0.01)
    ears = Ears()
    with listening(gate.ledger, ears.rung.set):
        assert ears.hear()
        mine = "datname = current_database() and query = 'listen interlock'"
        cut = ask(
            tmp_path, f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {mine}"
        )
        assert cut == [(True,)]
        assert ears.hear()
        a_request(gate, "after")
        assert ears.hear(1)


def fires(gate: Gate, folder: Path, interval_s: float) -> bool:
    """Whether a worker that looks that seldom expires within a second what is armed overdue."""
    a_request(gate, "due")
    ((request, now),) = ask(folder, "select id, created_at from requests")
    by_hand(folder, f"update requests set expires_at = '{PAST}'")
    expired, stop, woken = threading.Event(), threading.Event(), Woken()
    gate.ledger.wrote = lambda _: expired.set()
    work = (gate, stop, woken, interval_s)
    worker = threading.Thread(target=keep_firing, args=work, daemon=True)
    worker.start()
    try:
        assert woken.waits.wait(5)
        with gate.ledger.begin() as tx:
            tx.arm("expiry", str(request), parse_stamp(str(now)))
        return expired.wait(1)
    finally:
        stop.set()
        woken.set()
        worker.join(5)


class Woken(threading.Event):
    """Tells when the worker has looked since it listens, and waits again."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        super().__init__()
        self.waits = threading.Event()
        self._looks = 0

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, as an event does."""
        self._looks += 1
        if self._looks > 1:
            self.waits.set()
        return super().wait(timeout)


def silent(_: Connection) -> None:
    """Ring nobody."""


@SERVER
def test_a_worker_that_looks_seldom_wakes(gate: Gate, tmp_path: Path) -> None:
    """A worker with a minute between two looks fires within a second of the ring."""
    assert fires(gate, tmp_path, 60)


def test_a_worker_that_hears_nothing_looks(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any ring, on both databases, what is due is fired at the next look."""
    monkeypatch.setattr(timers, "ring", silent)
    assert fires(gate, tmp_path, 0.1)


@pytest.mark.parametrize(
    ("in_s", "on_sqlite", "on_postgresql"),
    [(600, 1, 30), (12.5, 1, 12.5), (0.25, 0.25, 0.25), (0, 0, 0), (-5, 0, 0)],
)
def test_it_is_quiet_until_something_is_due(
    gate: Gate, database: str, in_s: float, on_sqlite: float, on_postgresql: float
) -> None:
    """Not beyond the next timer, nor a claim of just now, nor where nobody rings for long."""
    with gate.ledger.begin() as tx:
        tx.arm("veto", "call_1", tx.now() + timedelta(seconds=in_s))
    expected = on_sqlite if database == "sqlite" else on_postgresql

    assert quiet_s(gate.ledger, 30) == expected


def test_a_worker_waits_for_the_next_timer_at_most(gate: Gate, database: str) -> None:
    """A long interval is cut short; what stays due is tried again as often as by default."""
    assert pause_s(gate, 0.1) == 0.1
    assert pause_s(gate, 60) == (1 if database == "sqlite" else 30)
    with gate.ledger.begin() as tx:
        tx.arm("veto", "call_1", tx.now() + timedelta(seconds=0.75))
    assert pause_s(gate, 60) == 0.75
    gate.ledger.clock.sleep(5)
    assert pause_s(gate, 60) == INTERVAL_S


@SERVER
def test_a_worker_that_looks_seldom_is_in_time(gate: Gate, tmp_path: Path) -> None:
    """Of what was set before it began nobody rings: it looks when that falls due."""
    a_request(gate, "due")
    soon = gate.ledger.clock.now() + timedelta(seconds=0.6)
    by_hand(tmp_path, f"update timers set due_at = '{stamp(soon)}'")
    by_hand(tmp_path, f"update requests set expires_at = '{stamp(soon)}'")
    expired, stop, woken = threading.Event(), threading.Event(), threading.Event()
    gate.ledger.wrote = lambda _: expired.set()
    gate.ledger.clock = Running(gate.ledger.clock.now())
    worker = threading.Thread(target=keep_firing, args=(gate, stop, woken, 60), daemon=True)
    worker.start()
    try:
        assert expired.wait(2.6)
    finally:
        stop.set()
        woken.set()
        worker.join(5)


class Running:
    """A clock that starts somewhere and goes on as the machine's does."""

    def __init__(self, start: datetime) -> None:
        """Start now."""
        self._start, self._began = start, time.monotonic()

    def now(self) -> datetime:
        """Return what it shows."""
        return self._start + timedelta(seconds=time.monotonic() - self._began)

    def sleep(self, seconds: float) -> None:
        """Nobody sleeps here."""
        raise AssertionError(seconds)


def fill_queue(server: PostgresServer) -> None:
    """Ring somebody until there is no room left."""
    for at in range(99):
        server.sql(f"select pg_notify('other', repeat('x', 7900) || '{at}')")


@pytest.mark.timeout(60)  # starts a server
def test_a_queue_that_is_full_stops_no_call(tmp_path: Path) -> None:
    """Where a listener lets no ring go, requests, answers and timers go on, and workers look."""
    server = PostgresServer()
    with contextlib.ExitStack() as ending:
        ending.callback(server.stop)
        small = {"max_notify_queue_pages": "64"} if server.version >= 17 else {}
        server.start(**small)
        stuck = ending.enter_context(psycopg.connect(server.url("postgres")))
        stuck.execute("listen other")
        stuck.commit()
        stuck.execute("select 1")
        server.sql("create database own")
        own = (Policy.parse("default: require_approval"), server.url("own"))
        gate = ending.enter_context(Gate.open(*own, clock=FrozenClock(), state=tmp_path))
        assert quiet_s(gate.ledger, 30) == 30
        if small:  # earlier ones have 8 GB
            with pytest.raises(psycopg.errors.ProgramLimitExceeded, match="NOTIFY queue"):
                fill_queue(server)

        a_request(gate, "full")
        gate.inbox.approve(gate.inbox.pending()[0].call_id, by="ana", reason="ok")
        assert quiet_s(gate.ledger, 30) == (1 if small else 30)
