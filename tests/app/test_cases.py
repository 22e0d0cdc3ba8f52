"""Show: a case holds what the ledger knows, also of calls that nobody was asked about."""

import json
from pathlib import Path

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn, Waiting
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


ASKS = """
rules: [{id: money, match: {tools: [pay]}, decision: require_approval,
         review: {approval_ttl_sec: 7200, execution_ttl_sec: 60}}]
"""
SEVERAL = """
groups: {finance: [ana, bo], legal: [bo, cy]}
rules: [{id: money, match: {tools: [pay]}, decision: require_approval,
         review: {route: finance, groups_all: [legal]}}]
"""


def test_who_approved_and_who_is_missing(tmp_path: Path) -> None:
    """A question to several says whose approval it has and how many more it takes of whom."""
    with Gate.open(Policy.parse(SEVERAL), str(tmp_path / "l.db"), state=tmp_path) as gate:
        intents = (Intent("pay", {}, "c"),)
        (call,) = gate.conductor.propose(Turn(Context(Agent("bot")), "h", "t", "", "m", intents))
        (case,) = gate.inbox.pending()
        both = ({"group": "finance", "more": 1}, {"group": "legal", "more": 1})
        assert (case.asked, case.approved_by, case.missing) == (("finance", "legal"), (), both)

        case = gate.inbox.approve(call, by="bo", reason="seen")
        (listed,) = gate.inbox.pending()
        for shown in (case, listed):
            assert (shown.approved_by, shown.missing) == (("bo",), both[:1])
        progress = gate.conductor.advance(call)
        assert isinstance(progress, Waiting)
        asked = progress.payload["interlock"]
        assert (asked["route"], asked["approved_by"]) == ("finance, legal", ["bo"])
        assert asked["missing"] == [{"group": "finance", "more": 1}]

        done = gate.inbox.approve(call, by="ana", reason="seen")
        assert (done.state, done.missing, done.asked) == ("approved", (), ())


def test_too_few_who_may(tmp_path: Path) -> None:
    """Where the agent is asks for one of the two who must approve, nobody can let it run."""
    policy = SEVERAL.replace("groups_all: [legal]", "quorum: 2")
    with Gate.open(Policy.parse(policy), str(tmp_path / "l.db"), state=tmp_path) as gate:
        intents = (Intent("pay", {}, "c"),)
        context = Context(Agent("bot"), principal="ana")
        gate.conductor.propose(Turn(context, "h", "t", "", "m", intents))

        (case,) = gate.inbox.pending()
        assert case.too_few == ({"group": "finance", "more": 1},)
        assert json.loads(json.dumps(case.json()))["missing"] == [{"group": "finance", "more": 2}]


def test_an_approval_that_was_not_used_is_not_an_answer_that_was_missed(tmp_path: Path) -> None:
    """Both end `expired`; of one people said yes in time, and nothing ran it."""
    clock = FrozenClock()
    with Gate.open(Policy.parse(ASKS), tmp_path / "l.db", clock=clock, state=tmp_path) as gate:
        intents = (Intent("pay", {}, "c"), Intent("pay", {}, "d"))
        turn = Turn(Context(Agent("bot")), "h", "t", "", "m", intents)
        used, missed = gate.conductor.propose(turn)
        gate.inbox.approve(used, by="ana", reason="seen")
        clock.advance(7201)
        for call in (used, missed):
            gate.conductor.look(call)
        shown = [gate.inbox.show(call) for call in (used, missed)]

    assert [(case.state, case.unused) for case in shown] == [("expired", True), ("expired", False)]
