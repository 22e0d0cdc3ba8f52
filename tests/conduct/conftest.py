"""A gate on a real ledger with a frozen clock, and a tool that journals its effects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.people import Token
from interlock.app.policy import Policy
from interlock.clock import Clock, FrozenClock
from interlock.conduct import Answered, Held, Intent, Ready, Turn, Waiting, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.signing import new_key
from interlock.tools.run import run

from ..databases import ledger_of  # isort: skip

POLICY = """
version: v1
tools:
  refund.issue: {risk_tags: [write], facts: {amount_usd: args.amount}, owner: payments}
  set.flag: {risk_tags: [write], effect: idempotent}
  "orders.*": {risk_tags: [read], effect: read}
  notes.read: {risk_tags: [read], effect: read}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: flags, match: {tools: [set.flag]}, decision: allow}
  - {id: small, match: {tools: [refund.issue], amount_usd_at_most: 50}, decision: allow}
  - id: big
    match: {tools: [refund.issue], amount_usd_above: 50}
    decision: require_approval
    reason: Big refunds need a person
    review: {approval_ttl_sec: 600, execution_ttl_sec: 300}
  - {id: huge, match: {tools: [refund.issue], amount_usd_above: 1000}, decision: deny}
  - {id: again, match: {retry_count_above: 2}, decision: require_approval}
"""


@dataclass
class World:
    """One gate, its clock, and every effect that happened."""

    gate: Gate
    clock: Any
    effects: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    result: Any = "ok"
    turns: int = 0

    def turn(self, *calls: tuple[str, Mapping[str, Any]], name: str | None = None) -> Turn:
        """Make a turn of calls with ids `c0`, `c1` and so on."""
        self.turns += 1
        intents = tuple(Intent(tool, args, f"c{at}") for at, (tool, args) in enumerate(calls))
        context = Context(Agent("bot", owner="olga"), principal="cust")
        return Turn(context, "main", "thread", "", name or f"m{self.turns}", intents)

    def propose(self, *calls: tuple[str, Mapping[str, Any]], name: str | None = None) -> list[str]:
        """Propose a turn and return its calls' ids."""
        return self.gate.conductor.propose(self.turn(*calls, name=name))

    def go(self, call_id: str) -> Answered | Waiting | Held:
        """Take a call as far as it goes."""
        return perform(self.gate.conductor, call_id, self.run)

    def run(self, ready: Ready) -> Outcome:
        """Run the tool: journal the effect, return `result` or raise it."""
        return run(ready, self.effect)

    def effect(self, tool: str, args: dict[str, Any]) -> Done:
        """Have the effect."""
        self.effects.append((tool, args))
        if isinstance(self.result, Exception):
            raise self.result
        return Done(self.result)

    def state(self, call_id: str) -> str:
        """Return a call's state."""
        return self.gate.inbox.show(call_id).state


def answer(progress: object) -> Any:
    """Return the answer of a call that has one."""
    assert isinstance(progress, Answered)
    return progress.answer


def waiting(progress: object) -> Waiting:
    """Return the question of a call that waits."""
    assert isinstance(progress, Waiting)
    return progress


def breaker(gate: Gate, name: str) -> Token:
    """Enrol somebody who may break the glass by a token; `root`, who enrols them, may not."""
    root = new_key()
    gate.reviewers.add("root")
    gate.reviewers.add_key("root", root.public)
    gate.reviewers.add(name, roles=["break-glass"], held=root)
    return gate.reviewers.new_token(name, held=root)[1]


def open_world(folder: Path, policy: str = POLICY, clock: Clock | None = None) -> World:
    """Open a world in a folder; a second one on the same folder is another process's."""
    time = clock or FrozenClock()
    gate = Gate.open(Policy.parse(policy), ledger_of(folder), clock=time, state=folder)
    return World(gate, time)


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world."""
    made = open_world(tmp_path)
    yield made
    made.gate.close()
