"""A ledger in the test's own folder, with a call made by the conductor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

POLICY = """
version: v1
tools: {"orders.*": {risk_tags: [read], effect: read}}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: rest, match: {tools: [pay]}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Open a gate with a frozen clock."""
    path = str(tmp_path / "ledger.db")
    with Gate.open(Policy.parse(POLICY), path, clock=FrozenClock(), state=tmp_path) as opened:
        yield opened


def play(gate: Gate, count: int = 3) -> list[str]:
    """Make `count` turns of one read and one payment, and approve every payment."""
    calls: list[str] = []
    for at in range(count):
        intents = (Intent("orders.get", {"id": at}, "a"), Intent("pay", {"amount": at}, "b"))
        turn = Turn(Context(Agent("bot")), "main", "t", "", f"m{at}", intents)
        ids = gate.conductor.propose(turn)
        gate.inbox.approve(ids[1], by="ana", reason="ok")
        for call in ids:
            perform(gate.conductor, call, _run)
        calls += ids
    return calls


def _run(ready: Ready) -> Outcome:
    return run(ready, _effect)


def _effect(tool: str, args: dict[str, Any]) -> Done:
    return Done({"tool": tool, "args": args})
