"""An agent at work, and a reviewer's keyboard: the app over a real ledger, its clock frozen."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.cli.review import parts
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.terminal.app import ReviewApp
from interlock.terminal.hand import Operator
from interlock.terminal.pane import Pane
from interlock.tools.run import run as run_tool

POLICY = """
version: v1
tools:
  note: {risk_tags: [read]}
  mail: {risk_tags: [write]}
  pay: {risk_tags: [financial]}
  drop: {risk_tags: [delete]}
  tag: {risk_tags: [read]}
  wire: {risk_tags: [financial]}
risk:
  - {level: low}
  - {level: medium, match: {tools: [mail]}}
  - {level: high, match: {tools: [pay, wire]}}
  - {level: critical, match: {tools: [drop]}}
rules: [{id: ask, match: {tools: ["*"]}, decision: require_approval, reason: Look first,
         review: {approval_ttl_sec: 600}},
        {id: like, match: {tools: [tag, wire]}, decision: require_approval,
         review: {approval_ttl_sec: 600, batch: {max: 3}}}]
"""

Play = Callable[[Pilot[None], ReviewApp], Awaitable[None]]


@dataclass
class Seat:
    """A gate, what its tools did, and who sits before it."""

    gate: Gate
    clock: FrozenClock
    effects: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    turns: int = 0

    def ask(self, tool: str = "note", agent: str = "bot", **args: Any) -> str:
        """Make a call that a person must decide; return its request's id."""
        self.turns += 1
        args = args or {"n": self.turns}
        context = Context(Agent(agent), principal="cust")
        turn = Turn(context, "shop", "t", "", f"m{self.turns}", (Intent(tool, args, "c"),))
        (call,) = self.gate.conductor.propose(turn)
        self.clock.advance(0.001)
        return self.gate.inbox.show(call).id

    def go(self, request: str) -> None:
        """Take a call as far as it goes."""
        perform(self.gate.conductor, self.gate.inbox.show(request).call_id, self._run)

    def _run(self, ready: Ready) -> Outcome:
        return run_tool(ready, self._effect)

    def _effect(self, tool: str, args: dict[str, Any]) -> Done:
        self.effects.append((tool, args))
        return Done("ok")

    def state(self, request: str) -> str:
        """Return a call's state."""
        return self.gate.inbox.show(request).state

    def app(self, me: Operator | None = None) -> ReviewApp:
        """Sit down as `rita`."""
        return ReviewApp(self.gate, parts, me or Operator("rita"), now_s=seconds())


def seconds() -> Callable[[], float]:
    """Return a time of which each look takes a second: whatever was drawn was seen."""
    return partial(next, count(0.0))


async def settled(pilot: Pilot[None]) -> None:
    """Wait until what was asked of the ledger is on the screen."""
    await pilot.pause()
    while pilot.app.workers:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys, one when what the one before it did is on the screen."""
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def look(pilot: Pilot[None], app: ReviewApp) -> None:
    """Look at the ledger, and wait until that is on the screen."""
    await settled(pilot)
    app.look()
    await settled(pilot)


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[Seat]:
    """A seat before an empty queue."""
    clock = FrozenClock()
    ledger, policy = str(tmp_path / "l.db"), Policy.parse(POLICY)
    with Gate.open(policy, ledger, clock=clock, state=tmp_path) as gate:
        yield Seat(gate, clock)


def shown(app: ReviewApp) -> str:
    """Return the whole text of the case on the screen."""
    return "\n".join(app.screen_stack[0].query_one(Pane).lines)


def said(app: ReviewApp, name: str = "said") -> str:
    """Return what the app says now."""
    return str(app.screen_stack[0].query_one(f"#{name}").render())
