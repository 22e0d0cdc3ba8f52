"""The format: what each section of its examples decides, all of them in force together."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.checking import readable
from interlock.app.policy import Asked, Policy, PolicyAnswer, answered

EXAMPLES = Path(__file__).parent / "examples"
CALM = {"confidence": 0.95, "anomaly_score": 0.1, "retry_count": 0}
REFUND = {"order_id": "X-1", "amount": 40.0}
TIER = "boundaries.support.assign"


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Read the examples past what is not enforced yet."""
    return readable(EXAMPLES).policy


def said(
    policy: Policy, name: str, args: dict[str, Any] | None = None, **known: Any
) -> PolicyAnswer:
    """Ask at the top level, calm and with clean arguments, unless said otherwise."""
    call = {"name": name, "args": args or {}, "agent": known.pop("agent", "bot-7")}
    known = {"level": 3, "signals": CALM, "found": [], **known}
    return answered(policy.compiled, Asked(call, **known).assessed(policy.compiled))


@pytest.mark.parametrize(
    ("known", "kind", "rule"),
    [
        ({}, "allow", "boundaries.refund.issue.within"),
        ({"amount": 50.0}, "allow", "boundaries.refund.issue.within"),
        ({"amount": 50.01}, "require_approval", "boundaries.refund.issue.beyond"),
        ({"amount": None}, "deny", "refund-budget"),
        (
            {"signals": {**CALM, "confidence": 0.69}},
            "require_approval",
            "low-confidence-escalation",
        ),
        ({"signals": {"anomaly_score": 0.1}}, "require_approval", "low-confidence-escalation"),
        ({"signals": {**CALM, "anomaly_score": 0.81}}, "require_approval", "anomaly-escalation"),
        ({"signals": {**CALM, "retry_count": 3}}, "require_approval", "retry-escalation"),
        ({"amount": 120.0, "context": {"prior_refunds": 3}}, "require_approval", "big-refund"),
        ({"amount": 120.0, "agent": "new-bot"}, "require_approval", "big-refund"),
        ({"usage": {"refund-budget": 4960.0}}, "allow", "boundaries.refund.issue.within"),
        ({"usage": {"refund-budget": 4960.5}}, "deny", "refund-budget"),
        ({"level": 2}, "require_approval", "autonomy_levels.level_2.rules[0]"),
        ({"level": 0}, "require_approval", "autonomy_levels.level_0.rules[0]"),
    ],
)
def test_a_refund(policy: Policy, known: dict[str, Any], kind: str, rule: str) -> None:
    """Boundary, escalations, expression, budget and level each speak where they should."""
    amount = known.get("amount", REFUND["amount"])
    args = {"order_id": "X-1"} if amount is None else {**REFUND, "amount": amount}
    rest = {key: value for key, value in known.items() if key != "amount"}
    found = said(policy, "refund.issue", args, **rest)

    assert found.kind == kind
    assert rule in found.rules


def test_a_big_refund_is_asked_of_finance(policy: Policy) -> None:
    """The rule's review says whom, and for how long."""
    context = {"prior_refunds": 0}
    few = said(policy, "refund.issue", {**REFUND, "amount": 120.0}, context=context)
    many = said(policy, "refund.issue", {**REFUND, "amount": 120.0}, context={"prior_refunds": 3})

    assert "big-refund" not in few.rules
    assert many.decision.kind == "require_approval"
    assert many.decision.terms.route == "finance-approvers"
    assert many.decision.terms.approval_ttl_s == 3600


@pytest.mark.parametrize(
    ("level", "kind"),
    [(0, "require_approval"), (1, "allow"), (2, "allow_with_constraints"), (3, "allow")],
)
def test_a_read_by_level(policy: Policy, level: int, kind: str) -> None:
    """A catalogued read is asked about at level 0 only."""
    assert said(policy, "orders.find", level=level).kind == kind


def test_calls_outside_keep_to_their_hosts(policy: Policy) -> None:
    """The rule allows within its limits; card numbers in what is sent are stopped."""
    found = said(policy, "search.external")

    assert (found.kind, found.rules) == ("allow_with_constraints", ("constrain-external-calls",))
    assert found.constraints["network_allowlist"] == ["api.github.com", "api.slack.com"]
    assert found.constraints["max_runtime_sec"] == 60
    for kind in ("CREDIT_CARD", "secrets"):
        stopped = said(policy, "search.external", found=[kind])
        assert (stopped.kind, stopped.rules) == ("deny", ("no-card-numbers-out",))


@pytest.mark.parametrize(
    ("name", "args", "kind", "rule"),
    [
        ("job.deploy.prod.eu", {}, "require_approval", "approve-prod-deploys"),
        ("job.migrate.orders", {}, "require_approval", "approve-prod-deploys"),
        ("email.send", {}, "require_approval", "rules[7]"),
        ("shell.execute", {}, "deny", "rules[8]"),
        ("support.assign", {"tier": "tier_2"}, "require_approval", f"{TIER}.beyond"),
        ("support.assign", {"tier": "?"}, "require_approval", f"{TIER}.unmeasured"),
        ("deploy_prod", {}, "require_approval", "decision_matrix.deploy_prod.high"),
        ("deploy_ci", {}, "require_approval", "decision_matrix.deploy_ci.high"),
        ("delete_resource", {}, "deny", "decision_matrix.delete_resource.high"),
        ("delete_prod_database", {}, "deny", "never-drop-prod"),
        ("deploy.app", {"region": "asia"}, "deny", "allowed-regions"),
        ("deploy.app", {}, "deny", "allowed-regions"),
    ],
)  # fmt: skip
def test_other_calls(policy: Policy, name: str, args: dict[str, Any], kind: str, rule: str) -> None:
    """Short forms, tiers, matrix and guardrails settle what they are about."""
    found = said(policy, name, args)

    assert found.kind == kind
    assert rule in found.rules


def test_a_limit_reached_is_a_denial(policy: Policy) -> None:
    """The twentieth mail of a minute goes to a person, the next nowhere."""
    assert said(policy, "email.send", usage={"mail-rate": 19}).kind == "require_approval"
    assert said(policy, "email.send", usage={"mail-rate": 20}).rules == ("mail-rate",)


def test_no_approval_crosses_a_guardrail(policy: Policy) -> None:
    """What a person approved is denied right before it runs where the guardrail still holds."""
    europe = {"region": "eu-west"}
    before = said(policy, "deploy.app", europe)
    nobody = said(policy, "deploy.app", europe, approval={"approvers": ["ana"], "groups": []})
    dpo = said(policy, "deploy.app", europe, approval={"approvers": ["dan"], "groups": ["dpo"]})

    assert before.kind == "require_approval"
    assert (nobody.kind, nobody.rules) == ("deny", ("eu-needs-dpo",))
    assert dpo.kind != "deny"


def test_a_permission_is_not_enough_for_a_tool_that_nobody_declared(policy: Policy) -> None:
    """The short form allows; whose tags nobody knows is held at the lowest level of any tag."""
    call = {"name": "search.web", "agent": "bot-7"}
    traces = {each.id: each for each in policy.explain(call, CALM, 3)}

    assert traces["rules[6]"].outcome == "matched"
    assert said(policy, "search.web").rules == ("autonomy_levels.level_1.rules[1]",)
    assert said(policy, "search.web").kind == "require_approval"
