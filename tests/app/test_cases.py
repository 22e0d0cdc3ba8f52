"""Show: a case holds what the ledger knows, also of calls that nobody was asked about."""

import json
from pathlib import Path

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.conduct import Intent, Turn
from interlock.path.proposal import Agent, Context

POLICY = "rules: [{id: stop, match: {tools: [drop]}, decision: deny, reason: Never}]\n"


def test_a_denied_call_is_a_case_too(tmp_path: Path) -> None:
    """A call without a request shows its decision and answer, under its own id."""
    with Gate.open(Policy.parse(POLICY), str(tmp_path / "l.db"), state=tmp_path) as gate:
        intents = (Intent("drop", {"table": "users"}, "c"),)
        (call,) = gate.conductor.propose(Turn(Context(Agent("bot")), "h", "t", "", "m", intents))
        case = gate.inbox.show(call)

        assert (case.id, case.state, case.decision) == (call, "denied", "deny")
        assert case.rules == ("stop",)
        assert case.expires_at is None
        assert case.answer is not None
        assert json.loads(json.dumps(case.json()))["answer"]["ending"] == "denied"


def test_arguments_that_could_not_be_carried(tmp_path: Path) -> None:
    """A call that never got as far as a decision is shown as what it is."""
    with Gate.open(Policy.parse(POLICY), str(tmp_path / "l.db"), state=tmp_path) as gate:
        intents = (Intent("drop", {"x": float("nan")}, "c"),)
        (call,) = gate.conductor.propose(Turn(Context(Agent("bot")), "h", "t", "", "m", intents))
        case = gate.inbox.show(call)

        assert case.state == case.decision == "invalid_arguments"
        assert not case.policy_snapshot
