"""Resume: a thread is let go as it went, and its lease is kept while it is in hand."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.app.threads import LOOKED_FOR, PAUSES_S, Application
from interlock.errors import LedgerUnavailable
from interlock.ledger import resumptions

from ..databases import ledger_of  # isort: skip


@pytest.fixture
def gate(tmp_path: Path, database: str) -> Any:
    """Open a gate whose leases are short."""
    policy = Policy.parse("version: v1")
    with Gate.open(policy, ledger_of(tmp_path), state=tmp_path, lease_s=1.5) as opened:
        yield opened


class Graph:
    """A graph of which only its state is asked."""

    def __init__(self, state: Any = None, error: Exception | None = None) -> None:
        self.state, self.error = state, error
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.answer.set()

    def get_state(self, config: Any, *, subgraphs: bool = False) -> Any:
        """Return the state, when told to."""
        self.asked.set()
        assert self.answer.wait(5)
        if self.error:
            raise self.error
        return self.state


def state(*, created_at: str | None = "now") -> Any:
    """Make a state in which nothing waits."""
    return SimpleNamespace(created_at=created_at, interrupts=(), tasks=(), next=(), values={})


def test_one_that_waits_for_nothing_is_let_go(gate: Gate) -> None:
    """It is taken by nobody again until it is woken."""
    held = gate.threads.call_up("shop", "t")
    assert held is not None
    assert gate.threads.resume(held, Application(Graph(state()))).outcome == "idle"
    assert gate.threads.woken() == []
    assert gate.threads.take("shop", "t") is None


def test_one_that_nobody_knows_is_looked_for_and_given_up(gate: Gate) -> None:
    """A saver that does not have it yet is asked some times, then its bell is forgotten."""
    for tries in range(LOOKED_FOR + 1):
        held = gate.threads.call_up("shop", "t")
        assert held is not None
        assert held.tries == tries
        went = gate.threads.resume(held, Application(Graph(state(created_at=None))))
        assert went.outcome == "unknown"
        assert (gate.threads.pause_s(held, went) is None) is (tries == LOOKED_FOR)
    again = gate.threads.call_up("shop", "t")

    assert again is not None
    assert again.tries == 0


def test_one_that_breaks_is_put_off(gate: Gate) -> None:
    """What its graph raises is told, and it is not due at once."""
    held = gate.threads.call_up("shop", "t")
    assert held is not None
    went = gate.threads.resume(held, Application(Graph(error=RuntimeError("away"))))

    assert (went.outcome, went.about) == ("failed", "RuntimeError: away")
    assert gate.threads.pause_s(held, went) == PAUSES_S[0]
    assert gate.threads.due(["shop"]) == []


def test_its_lease_is_kept_while_it_is_in_hand(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long its graph takes, nobody else takes it; also when a renewal failed once."""
    renewed, renew = threading.Semaphore(0), resumptions.renew
    errors: list[Exception] = [LedgerUnavailable("away")]

    def counted(*args: Any) -> bool:
        if errors:
            raise errors.pop()
        done = renew(*args)
        renewed.release()
        return done

    monkeypatch.setattr(resumptions, "renew", counted)
    held, graph = gate.threads.call_up("shop", "t"), Graph(state())
    assert held is not None
    graph.answer.clear()
    work = threading.Thread(target=gate.threads.resume, args=(held, Application(graph)))
    work.start()
    try:
        for _ in range(4):  # longer than the lease
            assert renewed.acquire(timeout=5)
            assert gate.threads.call_up("shop", "t") is None
    finally:
        graph.answer.set()
        work.join(5)

    assert gate.threads.call_up("shop", "t") is not None


def test_what_was_taken_over_is_not_run(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lost the lease begins nothing, and leaves the thread to who has it."""
    held = gate.threads.call_up("shop", "t")
    assert held is not None
    resumptions.put_off(gate.ledger, held, 0)
    found = gate.threads.call_up("shop", "t")
    ours = {"interlock": {"request_id": "req_1", "held_behind": []}}
    monkeypatch.setattr(resumptions, "decided", lambda _, names: {*names})
    waiting = state()
    waiting.interrupts = (SimpleNamespace(id="i", value=ours),)
    went = gate.threads.resume(held, Application(Graph(waiting)))

    assert went.outcome == "lost"
    assert found is not None
    assert resumptions.renew(gate.ledger, found, 30)


def test_what_is_given_back_is_due_at_once(gate: Gate) -> None:
    """Who cannot go on leaves it to the next, who knows that a run was begun."""
    held = gate.threads.call_up("shop", "t")
    assert held is not None
    resumptions.begin(gate.ledger, held, 30)
    gate.threads.give_back(held)
    (thread,) = gate.threads.due(["shop"])
    found = gate.threads.take(*thread)

    assert found is not None
    assert found.begun
