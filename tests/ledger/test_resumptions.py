"""Take: each woken thread by one at a time, for as long as its lease is renewed."""

import threading
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.clock import FrozenClock
from interlock.ledger import resumptions
from interlock.ledger.resumptions import LONGEST_S, Resumption
from interlock.ledger.waking import wake

LEASE_S = 30.0


def bell(gate: Gate, *threads: str, host: str = "main") -> None:
    """Wake threads."""
    with gate.ledger.begin() as tx:
        for thread in threads:
            wake(tx.connection, host, thread, tx.now())


def later(gate: Gate, seconds: float) -> None:
    """Let time pass."""
    clock = gate.conductor.ports.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(seconds)


def taken(gate: Gate, thread: str = "t") -> Resumption | None:
    """Take a thread."""
    return resumptions.take(gate.ledger, "main", thread, LEASE_S)


def due(gate: Gate, *hosts: str) -> list[str]:
    """Return the threads that are due."""
    return [thread for _, thread in resumptions.due(gate.ledger, hosts or ("main",), 10)]


def test_one_takes_and_the_others_do_not(gate: Gate) -> None:
    """Whoever is second gets nothing until the first let it go, and then there is nothing left."""
    bell(gate, "t")
    first = taken(gate)
    assert first is not None
    assert (taken(gate), due(gate)) == (None, [])
    resumptions.end(gate.ledger, first)

    assert (taken(gate), due(gate)) == (None, [])


def test_many_at_once_take_each_thread_once(gate: Gate) -> None:
    """Eight that take the same twelve threads at the same moment get each of them once."""
    names = [f"t{at}" for at in range(12)]
    bell(gate, *names)
    barrier = threading.Barrier(8)
    got: list[str] = []

    def work() -> None:
        barrier.wait()
        got.extend(name for name in names if taken(gate, name))

    workers = [threading.Thread(target=work) for _ in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()

    assert sorted(got) == sorted(names)


def test_a_lost_lease_is_taken_over(gate: Gate) -> None:
    """Not before it lapsed; then the first one can neither renew, put off nor end it."""
    bell(gate, "t")
    lost = taken(gate)
    assert lost is not None
    assert resumptions.begin(gate.ledger, lost, LEASE_S)
    later(gate, LEASE_S - 1)
    assert taken(gate) is None
    later(gate, 2)
    found = taken(gate)

    assert found is not None
    assert (lost.begun, found.begun, found.tries) == (False, True, 1)
    assert not resumptions.renew(gate.ledger, lost, LEASE_S)
    assert not resumptions.begin(gate.ledger, lost, LEASE_S)
    assert not resumptions.put_off(gate.ledger, lost, 1)
    resumptions.end(gate.ledger, lost)
    assert resumptions.renew(gate.ledger, found, LEASE_S)


def test_a_lease_that_is_renewed_lasts(gate: Gate) -> None:
    """However long it takes."""
    bell(gate, "t")
    held = taken(gate)
    assert held is not None
    for _ in range(5):
        later(gate, LEASE_S / 2)
        assert resumptions.renew(gate.ledger, held, LEASE_S)
        assert taken(gate) is None


def test_what_comes_meanwhile_is_not_lost(gate: Gate) -> None:
    """A thread that is woken while somebody has it is due again after them, and not before."""
    bell(gate, "t")
    held = taken(gate)
    assert held is not None
    bell(gate, "t")
    assert due(gate) == []
    resumptions.end(gate.ledger, held)

    assert due(gate) == ["t"]


def test_a_thread_that_is_put_off_waits(gate: Gate) -> None:
    """It is due after the pause, or at once when it is woken."""
    for wakes in (False, True):
        bell(gate, "t")
        held = taken(gate)
        assert held is not None
        assert resumptions.put_off(gate.ledger, held, 60)
        assert due(gate) == []
        bell(gate, "t") if wakes else later(gate, 60)
        assert due(gate) == ["t"]


@pytest.mark.parametrize("off_s", [-3600.0, -86400.0])
def test_a_clock_that_was_ahead_keeps_nothing(gate: Gate, off_s: float) -> None:
    """A lease that ends later than any can is lapsed."""
    bell(gate, "t")
    assert taken(gate) is not None
    assert -off_s > LONGEST_S
    later(gate, off_s)

    assert due(gate) == ["t"]


def test_each_looks_for_its_own(gate: Gate) -> None:
    """A worker sees the threads of its hosts, and how many wait for others."""
    bell(gate, "t")
    bell(gate, "u", "v", host="other")

    assert due(gate) == ["t"]
    assert resumptions.waiting(gate.ledger, apart_from=["main"]) == {"other": 2}


@pytest.mark.parametrize("rung", [("t",), ()])
def test_a_thread_is_called_up(gate: Gate, rung: tuple[str, ...]) -> None:
    """Who names a thread takes it, woken or not; never one that somebody has."""
    bell(gate, *rung)
    held = resumptions.call_up(gate.ledger, "main", "t", LEASE_S)
    assert held is not None
    assert resumptions.call_up(gate.ledger, "main", "t", LEASE_S) is None
    resumptions.put_off(gate.ledger, held, 60)

    assert resumptions.call_up(gate.ledger, "main", "t", LEASE_S) is not None


def test_who_writes_is_sure_of_a_third_of_the_lease(gate: Gate) -> None:
    """A lease that has long to go is left alone, another one renewed, a lost one told."""
    bell(gate, "t")
    held = taken(gate)
    assert held is not None
    later(gate, LEASE_S * 0.6)
    assert resumptions.keep(gate.ledger, held, LEASE_S)
    later(gate, LEASE_S * 0.3)
    assert resumptions.keep(gate.ledger, held, LEASE_S)  # with a tenth left: from here anew
    later(gate, LEASE_S * 0.9)
    assert due(gate) == []
    later(gate, LEASE_S * 0.2)
    assert resumptions.keep(gate.ledger, held, LEASE_S)  # it lapsed, and nobody came
    later(gate, LEASE_S * 1.1)
    assert taken(gate) is not None
    assert not resumptions.keep(gate.ledger, held, LEASE_S)


def test_a_ledger_is_one_however_it_is_named(gate: Gate, tmp_path: Path) -> None:
    """The same file or first entry is the same ledger; another one is not, empty or not."""
    bell(gate, "t")
    gate.halt(agent="bot", reason="so that it has an entry")
    place = gate.ledger.engine.url
    named = place.render_as_string(hide_password=False)
    if place.drivername == "sqlite":
        named = f"{tmp_path}/./{Path(str(place.database)).name}"
        assert Path(named).exists()
    else:
        named += "&" if "?" in named else "?"
        named += "application_name=another"
    with (
        Gate.open(ledger=named, state=tmp_path) as same,
        Gate.open(ledger=tmp_path / "other.db", state=tmp_path) as other,
    ):
        assert same.ledger.url != gate.ledger.url
        assert gate.threads.are_of_one_ledger(same.threads)
        assert not gate.threads.are_of_one_ledger(other.threads)
        assert not other.threads.are_of_one_ledger(same.threads)
