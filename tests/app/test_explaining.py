"""Explain: one decision whole."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.explaining import Spent, explained
from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import DeskError, UnknownId
from interlock.path.proposal import Agent, Context

POLICY = Policy.parse("""
tools: {pay: {topic: job.pay, risk_tags: [write], facts: {usd: args.usd}}}
rules:
  - {id: small, match: {tools: [pay], usd_at_most: 50}, decision: allow, constraints: {max_rows: 5}}
guardrails:
  - {id: daily, match: {tools: [pay]}, budget: {fact: usd, max: 100, per: day}}
  - {id: often, match: {tools: [pay]}, rate: {max: 3, per: hour}}
""")


def asked(**more: Any) -> dict[str, Any]:
    """Return a question."""
    return {"call": {"name": "pay", "args": {"usd": 20}, "agent": "bot"}, **more}


def test_all_that_was_known_is_told() -> None:
    """What was decided, by what, of what, and what the call is."""
    told = explained(POLICY, asked(level=2, environment="prod")).json()

    assert (told["kind"], told["rules"]) == ("allow_with_constraints", ["small"])
    assert told["constraints"] == {"max_rows": 5}
    assert told["call"] == {
        "tool": "pay",
        "topic": "job.pay",
        "declared": True,
        "risk": "medium",
        "risk_tags": ["write"],
        "level": 2,
        "environment": "prod",
        "facts": {"usd": 20},
        "missing_facts": [],
        "signals": {},
    }
    settled = {trace["id"]: trace["settled"] for trace in told["trace"]}
    assert settled == {"small": True, "daily": False, "often": False}


def test_what_is_spent_is_in_the_limits_own_units() -> None:
    """What was used, what this call adds, and how much there is."""
    found = explained(POLICY, asked(usage={"daily": 81.5, "often": 2}))

    assert found.spent == (Spent("daily", 81.5, 20.0, 100), Spent("often", 2.0, 1.0, 3))
    assert found.answer.rules == ("daily",)


def test_an_amount_that_nobody_knows_denies() -> None:
    """Without its fact a call has no share, and the budget counts as broken."""
    call = {"name": "pay", "args": {}}
    found = explained(POLICY, {"call": call})

    assert found.spent[0].share is None
    assert found.answer.kind == "deny"
    assert found.json()["call"]["missing_facts"] == ["usd"]


SIGNALS = """
signals: {confidence: {source: [declared]}}
rules:
  - {id: rest, decision: allow}
  - {id: unsure, match: {confidence_below: 0.7}, decision: require_approval}
  - {id: odd, match: {anomaly_score_above: 0.8}, decision: require_approval}
  - {id: again, match: {tools: [other], retry_count_above: 2}, decision: deny}
  - {id: read, match: {after_untrusted_read: true}, decision: require_approval}
"""


def test_each_signal_with_who_says_it_and_how_far_it_is() -> None:
    """What is given, what is missing, and each rule about the call that looks at it."""
    call = {"name": "pay", "args": {"_interlock": {"confidence": 0.5}}}
    told = explained(
        Policy.parse(SIGNALS), {"call": call, "signals": {"anomaly_score": 0.3, "risk_score": 1}}
    ).json()["signals"]
    shown = {
        each["name"]: (
            each["value"],
            each["source"],
            [(look["rule"], look["threshold"], look["distance"]) for look in each["looks"]],
        )
        for each in told
    }

    assert shown == {
        "after_untrusted_read": (None, "", [("read", True, None)]),
        "anomaly_score": (0.3, "host", [("odd", 0.8, 0.5)]),
        "confidence": (0.5, "declared", [("unsure", 0.7, -0.2)]),
        "risk_score": (1, "host", []),
    }


def test_a_call_of_a_ledger_is_explained_as_it_was(tmp_path: Path) -> None:
    """By its id: the signals of then, what made each and what could not be told; nothing runs."""
    policy = Policy.parse(SIGNALS)
    with Gate.open(policy, tmp_path / "l.db", clock=FrozenClock(), state=tmp_path) as gate:
        args = {"usd": 3, "_interlock": {"confidence": 0.5}}
        turn = Turn(Context(Agent("bot")), "main", "t", "", "m", (Intent("pay", args, "c"),))
        (call,) = gate.conductor.propose(turn)
        found = {each.name: each for each in gate.audit.explain(call).signals}
        stricter = gate.audit.explain(call, Policy.parse("default: deny"))
        with pytest.raises(UnknownId, match="no request or call `call_x`"):
            gate.audit.explain("call_x")
        assert gate.inbox.show(call).state == "pending"

    assert found["confidence"].source == "declared"
    assert found["confidence"].reasons == ("declared: the agent says 0.50 of itself",)
    assert (found["anomaly_score"].value, found["anomaly_score"].source) == (None, "")
    (cold,) = found["anomaly_score"].reasons
    assert cold == "could not be told: 0 of 30 calls known of this agent"
    assert (found["after_untrusted_read"].value, found["after_untrusted_read"].source) == (
        False,
        "conversation",
    )
    assert found["first_time_action"].source == "ledger"
    assert stricter.answer.kind == "deny"


def test_what_was_never_decided_is_not_explained(tmp_path: Path) -> None:
    """A call whose arguments cannot be carried ended before anything was decided."""
    with Gate.open(Policy.parse(SIGNALS), tmp_path / "l.db", state=tmp_path) as gate:
        intent = Intent("pay", {"usd": float("nan")}, "c")
        (call,) = gate.conductor.propose(
            Turn(Context(Agent("bot")), "main", "t", "", "m", (intent,))
        )
        with pytest.raises(DeskError, match="it ended as invalid_arguments"):
            gate.audit.explain(call)
