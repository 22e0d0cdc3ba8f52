"""An agent whose calls rise and fall in levels, and the people who sign off."""

from pathlib import Path
from typing import Any

from interlock.autonomy.career import Promotion
from interlock.clock import FrozenClock

from .conftest import World, answer, open_world, waiting  # isort: skip

DAY_S = 86_400.0

GRADED = """
version: v1
tools:
  pay: {risk_tags: [write], facts: {amount_usd: args.amount}}
  wipe: {risk_tags: [delete]}
  launch: {risk_tags: [write]}
rules:
  - {match: {tools: ["*"]}, decision: allow}
  - {id: never, match: {tools: [pay], amount_usd_above: 1000}, decision: deny}
  - {id: unsure, match: {tools: [launch], confidence_below: 0.5}, decision: deny}
groups: {board: [ana, bea, olga], ops: [dee]}
routing: {autonomy_actions: board, default: ops}
autonomy_levels:
  level_0: {rules: [{match: {topics: ["*"]}, decision: require_approval}]}
  level_1: {rules: [{match: {tools: [pay]}, decision: allow}, {match: {topics: ["*"]}, decision: require_approval}]}
  level_2: {rules: [{match: {topics: ["*"]}, decision: allow}]}
autonomy: {initial_level: 0, max_level: {default: 2, delete: 1}}
promotion_criteria: {min_successful_actions: 3, max_error_rate: 0.1, review_period_days: 7}
demotion_triggers: [policy_violation, safety_incident, {error_rate_above: 0.05, min_actions: 3}]
demote_to: {safety_incident: 0}
"""  # noqa: E501 - a policy's lines


class Career:
    """One agent, `bot`, owned by olga, and its gate; nothing is read but where a test says so."""

    def __init__(self, folder: Path, policy: str = GRADED, clock: Any = None) -> None:
        """Open a folder's ledger; a second one on the same folder is another process's."""
        self.clock = clock or FrozenClock()
        self.world: World = open_world(folder, policy, self.clock)
        self.world.turns = len(self.world.gate.audit.calls())
        self.gate = self.world.gate
        self.gate.ledger.wrote = lambda _: None

    def call(self, tool: str = "pay", amount: float = 5, verdict: str = "approve") -> Any:
        """Make one call and take it to its end; dee answers where somebody is asked."""
        (call,) = self.world.propose((tool, {"amount": amount}))
        progress = self.world.go(call)
        if type(progress).__name__ == "Waiting":
            request = waiting(progress).request.id
            getattr(self.gate.inbox, verdict)(request, by="dee", reason="looked at it")
            progress = self.world.go(call)
        return answer(progress)

    def ready(self, calls: int = 3) -> Promotion:
        """Do good work for long enough; return the question that people are asked."""
        for _ in range(calls):
            self.call()
        self.gate.autonomy.catch_up()
        self.clock.advance(8 * DAY_S)
        (asked,) = self.gate.autonomy.requests()
        return asked

    def risen(self, to: int = 1) -> None:
        """Rise to a level, step by step, by evidence and ana's sign-off."""
        while self.level < to:
            self.gate.autonomy.sign(self.ready().id, by="ana", reason="fine work")

    @property
    def level(self) -> int:
        """The level that decides its next call."""
        rows = {row["tenant"]: row["level"] for row in self.gate.autonomy.levels()}
        return min(rows.values(), default=0)

    @property
    def kinds(self) -> list[str]:
        """Kinds of the entries about its level, in order."""
        return [each.kind for each in self.gate.autonomy.history("bot")]
