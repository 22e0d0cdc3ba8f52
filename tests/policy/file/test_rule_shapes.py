"""List: tools, rules and constraints mean what is written."""

import pytest

from interlock.app.policy import Policy
from interlock.errors import PolicyError
from interlock.policy.constraints import Constraints
from interlock.policy.document import Review, ToolEntry
from interlock.policy.load import read_text
from interlock.policy.match import Match
from interlock.policy.operations import Batch


def test_a_tool_has_all_its_keys() -> None:
    """Everything that the catalogue may say of a tool is kept as it was said."""
    text = (
        "tools: {a: {topic: t, risk_tags: [w], effect: read, facts: {x: args.x}, "
        "args: {x: number, y: any}, owner: team, compensate: b, idempotency_argument: x, "
        "isolation: subprocess}}"
    )

    tools = read_text(text).document.tools

    assert tools["a"] == ToolEntry(
        "t", ("w",), "read", {"x": "args.x"}, {"x": "number", "y": "any"}, None, "team", "b", "x",
        "subprocess",
    )  # fmt: skip


def test_constraints_have_all_their_keys() -> None:
    """Limits, forced and dropped arguments and limits on facts; forced values stay JSON."""
    text = (
        "tools: {a: {isolation: subprocess, facts: {amount_usd: args.a}}}\n"
        "rules: [{tool: a, action: allow, constraints: {max_runtime_sec: 60, max_rows: 5, "
        "network_allowlist: [api.slack.com], enforcement: strict, max_result_bytes: 9, "
        "args: {filter.limit: 10, tags: [x, {y: ~}]}, args_drop: [debug], max_amount_usd: 3}}]"
    )

    (rule,) = read_text(text).document.rules

    assert rule.constraints == Constraints(
        60.0, ("api.slack.com",), "strict", 5, 9, {"filter.limit": 10, "tags": ["x", {"y": None}]},
        ("debug",), {"amount_usd": 3.0},
    )  # fmt: skip


def test_a_review_has_all_its_keys() -> None:
    """Who is asked, how many, how surely and for how long."""
    text = (
        "rules: [{match: {when: 'true', args_match: {to: '@x$'}}, decision: require_approval, "
        "review: {route: ops, quorum: majority, groups_all: [ops], escalate_after_sec: 3, "
        "on_timeout: deny, auth: passkey, batch: {max: 5}}}]"
    )

    (rule,) = read_text(text).document.rules

    assert rule.match == Match(when="true", args_match={"to": "@x$"})
    assert rule.review == Review(
        route="ops", quorum="majority", groups_all=("ops",), escalate_after_sec=3.0,
        on_timeout="deny", auth="passkey", batch=Batch(5, 60.0),
    )  # fmt: skip


@pytest.mark.parametrize("character", "?[{!")
@pytest.mark.parametrize(
    "text",
    [
        "rules: [{{match: {{topics: ['job.{}']}}, decision: deny}}]",
        "rules: [{{match: {{unless: {{agents: ['a{}']}}}}, decision: deny}}]",
        "rules: [{{tool: 'job.{}', action: block}}]",
        "tools: {{'job.{}': {{}}}}",
        "boundaries: {{'job.{}': {{fact: x, max_autonomous: 1}}}}",
        "decision_matrix: {{'job.{}': {{low: deny}}}}",
        "guardrails: [{{match: {{tools: ['a{}']}}}}]",
    ],
)
def test_globs_know_only_stars(text: str, character: str) -> None:
    """What other globs know would be taken by its letters here, so it is refused."""
    with pytest.raises(PolicyError, match=r"expected a glob; globs know only `\*` and `\*\*`"):
        read_text(text.format(character))


@pytest.mark.parametrize(
    "exemption",
    [
        "confidence_below: 0.5",
        "anomaly_score_above: 0.5",
        "retry_count_above: 2",
        "first_time_action: true",
        "amount_above: 100",
        "amount_is: 1",
        "environments: [prod]",
        "principals: [ana]",
        "tools: [a], amount_in: [1]",
    ],
)
@pytest.mark.parametrize(("decision", "decided"), [("allow", "require_approval"), ("deny", "deny")])
def test_an_exemption_that_nobody_can_check_never_loosens(
    exemption: str, decision: str, decided: str
) -> None:
    """A value that `unless` cannot get: a restriction stands, and a permission does not."""
    policy = Policy.parse(
        "tools: {a: {facts: {amount: args.amount}}}\n"
        f"rules: [{{match: {{tools: [a], unless: {{{exemption}}}}}, decision: {decision}}}]"
    )

    assert policy.decide({"name": "a", "args": {}}).kind == decided
