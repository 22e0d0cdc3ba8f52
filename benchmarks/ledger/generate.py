"""Generate: a large ledger of honest calls, made by the steps that make every call.

Many calls share a commit, since nobody waits for them; each has its own transaction otherwise.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from benchmarks.pace.shop import POLICY, Blind, order_note
from interlock import Agent, Context, Gate, Policy
from interlock.conduct import Answered, Conductor, Intent, Turn, perform
from interlock.ledger.store import SqlLedger, SqlTransaction
from interlock.path.execution import Done

BATCH: Final = 500
"""Calls that share a commit."""

ENTRIES: Final = 6
"""Entries of one allowed call: proposed, decided, claimed, done, inspected, released."""

_AGENTS, _ASKING, _CALLS_A_THREAD = 50, 2_000, 20


class _Bulk(SqlLedger):
    """A ledger that leaves it to somebody else when its transactions end."""

    connection: Connection

    @contextmanager
    def begin(self) -> Generator[SqlTransaction]:
        """Work on the connection that is open."""
        tx = SqlTransaction(self, self.connection)
        yield tx
        self.known |= tx.kept


def allowed(url: str, state: Path, count: int, told: Callable[[int], object]) -> None:
    """Take `count` calls to their answers; `told` hears how many there are after each commit."""
    intents = (Intent("order.note", {"number": at}, "call-1") for at in range(count))
    _generate(url, state, intents, told, runs=True)


def asked(url: str, state: Path, count: int, told: Callable[[int], object]) -> None:
    """Propose `count` calls that wait for a person, by as many agents as may ask so often."""
    intents = (Intent("order.refund", {"amount": 30, "order": at}, "call-1") for at in range(count))
    _generate(url, state, intents, told, runs=False)


def _generate(
    url: str,
    state: Path,
    intents: Generator[Intent],
    told: Callable[[int], object],
    *,
    runs: bool,
) -> None:
    with Gate.open(Policy.parse(POLICY), ledger=url, state=state) as gate:
        kept, blind = gate.ledger, Blind()
        bulk = _Bulk(kept.engine, kept.vault, kept.clock, kept.url)
        ports = replace(gate.conductor.ports, ledger=bulk, detectors=lambda: (blind,))
        conductor = Conductor(ports, lambda _: nullcontext())
        done = 0
        while batch := list(islice(intents, BATCH)):
            with kept.engine.begin() as bulk.connection:
                for at, intent in enumerate(batch, start=done):
                    _take(conductor, at, intent, runs=runs)
            told(done := done + len(batch))


def _take(conductor: Conductor, at: int, intent: Intent, *, runs: bool) -> None:
    context = Context(Agent(f"agent-{at % (_AGENTS if runs else _ASKING)}"))
    turn = Turn(context, "bench", f"thread-{at // _CALLS_A_THREAD}", "", f"turn-{at}", (intent,))
    (call_id,) = conductor.propose(turn, claim=True)
    if runs:
        settled = perform(conductor, call_id, lambda ready: Done(order_note(**ready.args)))
        assert isinstance(settled, Answered)
