"""Explain: one decision whole."""

from typing import Any

from interlock.app.explaining import Spent, explained
from interlock.app.policy import Policy

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
