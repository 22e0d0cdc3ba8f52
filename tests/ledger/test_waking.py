"""Wake: whoever lets a thread go on says so in the same transaction, and rings nobody else."""

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

from interlock.app.gate import Gate
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn, timers
from interlock.ledger import tables
from interlock.ledger.waking import WAKES
from interlock.path.proposal import Agent, Context
from interlock.path.record import TRANSITIONS, State, Step
from interlock.path.review import Vote

HUMAN: Final[tuple[State, ...]] = ("pending", "in_doubt", "quarantined")


def asked(gate: Gate, thread: str = "t", turn: str = "m") -> str:
    """Ask a person; return the request's id."""
    pay = (Intent("pay", {"amount": 1}, "p"),)
    gate.conductor.propose(Turn(Context(Agent("bot")), "main", thread, "", turn, pay))
    return gate.inbox.pending(thread)[-1].id


def woken(gate: Gate) -> dict[str, int]:
    """Return how often each thread was woken."""
    rows = tables.resumptions.c
    with gate.ledger.read() as db:
        return {
            row.thread_id: row.wanted for row in db.execute(select(rows.thread_id, rows.wanted))
        }


@pytest.mark.parametrize("state", [*HUMAN])
def test_no_way_out_of_a_wait_is_forgotten(state: State) -> None:
    """Whatever ends a wait for a person wakes the thread that waits."""
    assert {*TRANSITIONS[state]} - {state, "inspected", "executing"} <= WAKES[state]


@pytest.mark.parametrize("verb", ["approve", "deny", "cancel", "respond", "edit"])
def test_every_answer_wakes_its_thread(gate: Gate, verb: str) -> None:
    """An answer of any kind wakes the thread that waits for it, and a question wakes none."""
    request = asked(gate)
    asked(gate, "other")
    assert woken(gate) == {}
    more: dict[str, dict[str, Any]] = {
        verb: {"reason": "ok"} for verb in ("approve", "deny", "cancel")
    }
    more |= {"respond": {"message": "done"}, "edit": {"args": {"amount": 2}}}
    getattr(gate.inbox, verb)(request, by="ana", **more[verb])

    assert woken(gate) == {"t": 1}


def test_two_answers_wake_twice(gate: Gate) -> None:
    """Of one thread there is one row, which counts."""
    for turn in ("m1", "m2"):
        gate.inbox.approve(asked(gate, turn=turn), by="ana", reason="ok")

    assert woken(gate) == {"t": 2}


def test_an_expiry_wakes(gate: Gate) -> None:
    """Nobody's answer is one too: the timer that ends the question wakes its thread."""
    asked(gate)
    clock = gate.conductor.ports.clock
    assert isinstance(clock, FrozenClock)
    clock.advance(10**7)
    timers.recover(gate.conductor.ports)

    assert woken(gate) == {"t": 1}


def test_a_vote_that_is_lost_wakes_nobody(gate: Gate) -> None:
    """The bell commits with the verdict, or neither does."""
    request = asked(gate)
    shown = gate.inbox.show(request)
    digest, call_id = shown.digest, shown.call_id

    def broken() -> None:
        with gate.ledger.begin() as tx:
            tx.add_vote(Vote(request, digest, "approve", "ana", "local", tx.now()))
            tx.woken.moved(tx.call(call_id), [Step("approved", "voted", {})])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert woken(gate) == {}


def test_an_answer_in_the_thread_itself_leaves_it_to_its_host(gate: Gate, tmp_path: Path) -> None:
    """Who answers where the thread runs goes on with it; only a lost one is taken up, later."""
    request = asked(gate)
    digest = gate.inbox.show(request).digest
    now = gate.ledger.clock.now()
    gate.conductor.vote(Vote(request, digest, "approve", "ana", "inline", now, "ok"))
    with gate.ledger.read() as db:
        due_at = db.execute(select(tables.resumptions.c.due_at)).scalar_one()

    assert due_at > (now + timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%S")


def test_a_task_without_a_thread_is_nobody(gate: Gate) -> None:
    """What has no thread cannot be resumed."""
    gate.inbox.approve(asked(gate, "~task"), by="ana", reason="ok")

    assert woken(gate) == {}
