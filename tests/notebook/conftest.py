"""A gate on which an agent made a few calls, one of them with a text that plays tricks."""

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

mpl.use("Agg")

POLICY = """
tools:
  pay: {risk_tags: [write], facts: {usd: args.usd}}
  look: {risk_tags: [read], effect: read}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: pays, match: {tools: [pay]}, decision: require_approval, reason: "<b>money</b>"}
  - {id: huge, match: {usd_above: 1000}, decision: deny}
"""

TRICK = '<script>alert(1)</script>\u202e"&'


class Worker:
    """An agent that makes calls one by one."""

    def __init__(self, gate: Gate, clock: FrozenClock) -> None:
        self.gate = gate
        self.clock = clock
        self.turns = 0

    def call(self, tool: str, args: dict[str, Any]) -> str:
        """Make one call; return its id."""
        self.turns += 1
        turn = Turn(
            Context(Agent("bot")), "h", "t", "", f"m{self.turns}", (Intent(tool, args, "c"),)
        )
        (call_id,) = self.gate.conductor.propose(turn)
        self.go(call_id)
        return call_id

    def go(self, call_id: str) -> None:
        """Take a call as far as it goes."""
        perform(self.gate.conductor, call_id, self._run)

    def _run(self, ready: Ready) -> Outcome:
        self.clock.advance(0.25)
        return run(ready, lambda _, __: Done("ok"))


@pytest.fixture
def worker() -> Iterator[Worker]:
    """One agent's gate."""
    clock = FrozenClock()
    with Gate.open(Policy.parse(POLICY), clock=clock) as gate:
        yield Worker(gate, clock)
