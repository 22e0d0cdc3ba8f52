"""Advise: rules and globs that are about no tool of the catalogue; and no finding that is wrong."""

import pytest

from interlock.policy.authoring.lint_reach import Reach
from interlock.policy.authoring.lint_rules import placed_rules
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text

CATALOGUE = """
tools:
  mail.send: {topic: job.mail.send, risk_tags: [egress, write]}
  mail.read: {topic: job.mail.read, risk_tags: [read]}
  pay: {risk_tags: [write], facts: {usd: context.usd}}
  "orders.*": {topic: job.orders, risk_tags: [read]}
"""


def found(rest: str, catalogue: str = CATALOGUE) -> list[tuple[str, str]]:
    """Return code and message of what is found."""
    reading = read_text(catalogue + rest, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    findings = Reach(reading.document, rules, reading.root).findings()
    return [(each.code, each.message) for each in findings]


def rule(match: str, decision: str = "allow") -> str:
    """Write one rule."""
    return f"rules: [{{id: r, match: {{{match}}}, decision: {decision}}}]\n"


@pytest.mark.parametrize(
    ("match", "decision", "codes"),
    [
        # What is fine.
        ("tools: ['orders.get']", "allow", []),
        ("tools: ['mail.*']", "allow", []),
        ("topics: ['job.**']", "allow", []),
        ("topics: ['job.mail.*'], risk_tags: [egress]", "require_approval", []),
        ("risk_tags: [write], usd_above: 5", "deny", []),
        ("usd_at_most: 5", "allow", []),
        ("tools: [shell]", "deny", []),
        ("tools: [shell], risk_tags: [delete]", "deny", []),
        ("tools: ['shell.**']", "deny", []),
        ("agents: ['bot-*']", "allow", []),
        ("topics: ['a.*'], tools: ['a.b.*']", "deny", ["IL008"]),
        # What is not.
        ("tools: [mail.send], topics: [job.mail.read]", "allow", ["IL003"]),
        ("tools: [mail.send], topics: [job.mail.read]", "deny", ["IL006"]),
        ("tools: [mail.send], risk_tags: [delete]", "allow", ["IL003"]),
        ("tools: [mail.send], risk_tags: [delete]", "deny", ["IL006"]),
        ("tools: [mail.send], risk_tags: [delete]", "require_approval", ["IL003"]),
        ("risk_tags: [delete]", "allow", ["IL003"]),
        ("risk_tags: [delete]", "notify", ["IL022"]),
        ("risk_tags_all: [egress, read]", "deny", ["IL006"]),
        ("risk_tags: [write], usd_above: 5, usd_at_most: 5", "deny", ["IL003"]),
        ("tools: [pay], unless: {tools: ['pay']}", "allow", ["IL003"]),
        ("tools: ['post.*', pay]", "allow", ["IL008"]),
        ("topics: ['job.post.*']", "deny", ["IL008"]),
        ("topics: [job.orderz]", "deny", ["IL009"]),
        ("topics: [job.mail.sent]", "require_approval", []),
        ("tools: [mail.sending]", "allow", []),
        ("tools: [mail.send], usd_above: 5", "deny", ["IL011"]),
        ("tools: [mail.send, pay], usd_at_most: 5", "allow", ["IL010"]),
        ("tools: [mail.send, pay], usd_above: 5", "deny", []),
    ],
)
def test_a_rule_and_the_catalogue(match: str, decision: str, codes: list[str]) -> None:
    """Each rule has the findings that it ought to have, and no other."""
    assert [code for code, _ in found(rule(match, decision))] == codes


@pytest.mark.parametrize(
    ("bar", "codes"),
    [
        ("match: {risk_tags: [egress]}", []),
        ("match: {tools: [drop_database]}, reason: never", ["IL022"]),
        ("match: {tools: [drop_database, pay]}, reason: never", []),
        ("match: {risk_tags: [delete]}", ["IL007"]),
        ("match: {levels: [1], usd_above: 3, usd_below: 2}", ["IL007"]),
        ("match: {topics: ['job.post.*']}", ["IL008"]),
        ("reason: nothing runs", []),
    ],
)
def test_a_guardrail_and_the_catalogue(bar: str, codes: list[str]) -> None:
    """What looks like protection protects something."""
    assert [code for code, _ in found(f"guardrails: [{{{bar}}}]\n")] == codes


def test_keys_of_boundaries_and_the_matrix_are_names() -> None:
    """A glob without a tool, and a slip, are found there, too."""
    text = (
        "boundaries: {'card.*': {fact: usd, max_autonomous: 5}}\n"
        "decision_matrix: {jobs.mail.send: {low: auto-approve}, job.orderx: {low: deny},"
        " job.mail.send: {low: deny}}\n"
    )

    assert [code for code, _ in found(text)] == ["IL008", "IL009"]


@pytest.mark.parametrize(
    ("levels", "codes"), [("[0]", []), ("[1]", []), ("[2]", ["IL003"]), ("[2, 1]", [])]
)
def test_a_levels_rule_about_other_levels(levels: str, codes: list[str]) -> None:
    """A level holds for those above it that have no rules of their own."""
    text = (
        "autonomy_levels:\n"
        f"  level_0: {{rules: [{{match: {{levels: {levels}}}, decision: allow}}]}}\n"
        "  level_2: {rules: [{tool: pay, action: allow}]}\n"
    )

    assert [code for code, _ in found(text)] == codes


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ("{level: high, match: {tools: [pay]}}", []),
        ("{level: high, match: {tools: [mail.sned]}}", ["IL009"]),
        ("{level: high, match: {topics: ['job.post.*']}}", ["IL008"]),
        ("{level: low}", []),
    ],
)
def test_a_risk_and_the_catalogue(entry: str, codes: list[str]) -> None:
    """Regression: a slip in `risk` left a dangerous tool at the level of its tags, silently."""
    assert [code for code, _ in found(f"risk: [{entry}]\n")] == codes


def test_without_a_catalogue_nothing_is_known() -> None:
    """Who declares no tool is told nothing of tools."""
    assert found(rule("tools: ['x.*'], risk_tags: [delete]"), "") == []


@pytest.mark.parametrize(
    "text",
    [
        "guardrails: [{id: g, match: {tools: [dosre.add]}, reason: 'never'}]\n",
        "rules: [{id: r, match: {tools: [dosre.add]}, decision: deny}]\n",
    ],
)
def test_a_slip_in_what_is_blocked_is_found(text: str) -> None:
    """A denial of nothing leaves open what its author meant to close."""
    catalogue = "tools: {doser.add: {risk_tags: [write]}}\n"
    assert [code for code, _ in found(text, catalogue)] == ["IL009"]


def test_a_source_of_values_that_no_tool_is() -> None:
    """A slip in `tainted_by` leaves a hole, so it is named; what is there is not."""
    slip = found(rule("tools: [orders.get], tainted_by: [nowhere.*]", "require_approval"))

    assert ("IL008", "`nowhere.*` holds no tool of the catalogue") in slip
    assert not found(rule("tools: [orders.get], tainted_by: [orders.*]", "require_approval"))
