"""Stage: a small gate whose tools and people keep journals, for plays of a few calls."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.crash.journal import Journal
from interlock import Gate, Policy
from interlock.app.cases import Case
from interlock.clock import FrozenClock, SystemClock
from interlock.conduct import Answered, Held, Intent, Ready, Turn, Waiting, perform
from interlock.detect import detectors
from interlock.ledger.export import export
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

LEASE_S: Final = 30.0
POLICY: Final = """
version: v1
default: deny
tools:
  flag: {effect: idempotent, idempotency_argument: key}
  post: {effect: non_idempotent, idempotency_argument: key}
  pay: {effect: non_idempotent, idempotency_argument: key}
approval_queue_policy:
  {max_open_requests_per_agent: 1000000, max_requests_per_agent_per_hour: 1000000}
rules:
  - {id: free, match: {tools: [flag, post]}, decision: allow}
  - id: asked
    match: {tools: [pay]}
    decision: require_approval
    review: {approval_ttl_sec: 86400, execution_ttl_sec: 86400}
  - {id: odd, match: {tools: [wipe], anomaly_score_above: 0.99}, decision: deny}
"""
"""Its last rule is about no call; it has the gate learn what is usual."""


class Blind:
    """A detector for everything that looks at nothing: these plays are not about results."""

    def __init__(self) -> None:
        """Take over every kind that there is."""
        self.kinds = frozenset[str]().union(*(detector.kinds for detector in detectors()))

    def detect(self, texts: object, wanted: object) -> list[Any]:
        """Find nothing."""
        del texts, wanted
        return []


class Stage:
    """A gate in a folder, whose tools and people keep journals."""

    def __init__(
        self,
        folder: Path,
        clock: FrozenClock | SystemClock,
        ledger: str | None = None,
        policy: str = POLICY,
    ) -> None:
        """Open the gate; a second one on the same folder is another process's.

        The ledger is a file of the folder unless one is named.
        """
        self.folder, self.clock = folder, clock
        self.journal = Journal(folder / "journals")
        (folder / "journals").mkdir(parents=True, exist_ok=True)
        place = ledger or f"sqlite:///{folder / 'ledger.db'}"
        parsed = Policy.parse(policy)
        self.gate = Gate.open(parsed, place, clock=clock, state=folder, lease_s=LEASE_S)
        conductor = self.gate.conductor
        conductor.ports = replace(conductor.ports, detectors=lambda: (Blind(),))

    def propose(self, tool: str, name: str = "m1") -> str:
        """Propose one call."""
        intents = (Intent(tool, {"ref": f"{name}.0"}, "c0"),)
        turn = Turn(Context(Agent("bot")), "main", "thread", "", name, intents)
        (call,) = self.gate.conductor.propose(turn)
        return call

    def perform(self, call: str, result: str = "ok") -> Answered | Waiting | Held:
        """Take a call as far as it goes; its tool returns `result`."""
        return perform(self.gate.conductor, call, lambda ready: self.run(ready, result))

    def run(self, ready: Ready, result: str = "ok") -> Outcome:
        """Run a claimed call's tool."""
        fence = ready.warrant.fence

        def act(tool: str, args: dict[str, Any]) -> Done:
            key = args.pop("key")
            said = {"run": f"{key}/{fence}", "key": key, "fence": fence, "tool": tool}
            self.journal.write(what="begin", args=args, **said)
            self.journal.write(what="end", run=said["run"])
            return Done(result)

        return run(ready, act)

    def answer(self, call: str, verb: Literal["approve", "deny"], by: str = "ana") -> None:
        """Look at a question, note what was seen, and answer it."""
        self.saw(self.gate.inbox.show(call), by, verb)
        getattr(self.gate.inbox, verb)(call, by=by, reason="as ordered")

    def saw(self, case: Case, by: str, answer: str) -> None:
        """Note what somebody was shown, and what they are about to answer."""
        said = {"request": case.id, "digest": case.digest, "args": case.args}
        self.journal.write(what="shown", by=by, answer=answer, **said)

    def exported(self) -> tuple[Path, Path]:
        """Export the log; return where it and the journals lie."""
        export(self.gate.ledger, self.folder / "export")
        self.gate.close()
        return self.folder / "export", self.folder / "journals"
