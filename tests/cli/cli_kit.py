"""An agent at work behind a gate, for tests of the commands that watch and answer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from interlock.app.gate import Gate
from interlock.conduct import Intent, Ready, Turn, Waiting, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context, Link
from interlock.tools.run import run as run_tool

POLICY = """
version: v1
tools:
  refund.issue: {risk_tags: [write], facts: {amount_usd: args.amount}, owner: payments}
  account.close: {risk_tags: [delete]}
  notes.read: {risk_tags: [read], effect: read}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: small, match: {tools: [refund.issue], amount_usd_at_most: 50}, decision: allow}
  - id: big
    match: {tools: [refund.issue], amount_usd_above: 50}
    decision: require_approval
    reason: Big refunds need a person
    review: {approval_ttl_sec: 600}
  - {id: huge, match: {tools: [refund.issue], amount_usd_above: 1000}, decision: deny}
  - {id: closing, match: {tools: [account.close]}, decision: require_approval}
"""


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Shell = Callable[..., Ran]


@dataclass
class Desk:
    """A gate, what its tools did, and the calls that its agent made."""

    gate: Gate
    effects: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    result: Any = "ok"
    turns: int = 0
    host: str = "shop"

    def propose(
        self, tool: str, args: Mapping[str, Any], thread: str = "t1", tenant: str = ""
    ) -> str:
        """Make one call and take it as far as it goes; return its id."""
        self.turns += 1
        intent = Intent(tool, args, "c0")
        chain = (Link("planner", "refund the customer"),)
        context = Context(Agent("bot", owner="olga"), principal="cust", tenant=tenant, chain=chain)
        turn = Turn(context, self.host, thread, "", f"m{self.turns}", (intent,))
        (call_id,) = self.gate.conductor.propose(turn)
        self.go(call_id)
        return call_id

    def ask(self, amount: float = 80, tenant: str = "", **more: Any) -> str:
        """Make a call that a person must decide; return its request's id."""
        call_id = self.propose("refund.issue", {"amount": amount, **more}, tenant=tenant)
        waiting = perform(self.gate.conductor, call_id, self.run)
        assert isinstance(waiting, Waiting)
        return waiting.request.id

    def go(self, call_id: str) -> Any:
        """Take a call as far as it goes."""
        return perform(self.gate.conductor, call_id, self.run)

    def run(self, ready: Ready) -> Outcome:
        """Run the tool: note the effect, return `result`."""
        return run_tool(ready, self._effect)

    def _effect(self, tool: str, args: dict[str, Any]) -> Done:
        self.effects.append((tool, args))
        return Done(self.result)

    def state(self, name: str) -> str:
        """Return a call's state."""
        return self.gate.inbox.show(name).state


def one_line(ran: Ran) -> str:
    """Return the only line of an error, which starts with the program's name."""
    assert ran.code != 0
    assert ran.err.startswith("interlock: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    return ran.err
