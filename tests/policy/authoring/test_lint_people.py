"""Advise: whether those who are asked can answer."""

import pytest

from interlock.policy.authoring.lint_people import people
from interlock.policy.authoring.lint_rules import placed_rules
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text

TOOLS = (
    "tools: {pay: {risk_tags: [financial], facts: {usd: context.usd}}, look: {risk_tags: [read]}}\n"
)
GROUPS = "groups: {a: [ana], b: [bo], ab: [ana, bo]}\n"


def found(text: str) -> list[tuple[str, str]]:
    """Return code and message of what is found, unused groups left out."""
    reading = read_text(TOOLS + GROUPS + text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    findings = people(reading.document, rules, reading.root)
    return [(each.code, each.message) for each in findings if each.code != "IL020"]


def asking(first: str, group: str, second: str, other: str) -> str:
    """Write two rules that ask two groups."""
    lines = [
        f"{{id: r{at}, match: {{{match}}}, decision: require_approval, review: {{route: {route}}}}}"
        for at, (match, route) in enumerate(((first, group), (second, other)))
    ]
    return f"rules: [{', '.join(lines)}]\n"


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ("tools: [pay]", "risk_tags: [financial]", ["IL021"]),
        ("tools: [pay]", "confidence_below: 0.5", ["IL021"]),
        ("tools: [pay]", "tools: [look]", []),
        ("tools: [pay]", "risk_tags: [read]", []),
        ("tools: [pay], usd_above: 10", "tools: [pay], usd_at_most: 10", []),
        ("tools: [pay], usd_above: 10", "tools: [pay], usd_above: 5", ["IL021"]),
        ("levels: [1], tools: [pay]", "levels: [2], tools: [pay]", []),
        ("environments: [prod]", "environments: [dev]", []),
        ("tools: [pay]", "topics: ['*']", []),
    ],
)
def test_two_groups_without_a_common_member(first: str, second: str, codes: list[str]) -> None:
    """Found where one call may be asked about by both; never where it cannot."""
    assert [code for code, _ in found(asking(first, "a", second, "b"))] == codes
    assert found(asking(first, "a", second, "ab")) == []


def test_cells_of_one_row_never_ask_together() -> None:
    """A call has one risk and one environment."""
    assert found("decision_matrix: {pay: {high: {prod: a, default: b}, low: b}}\n") == []


def test_rules_of_two_levels_never_ask_together() -> None:
    """An agent has one level; the rules of the file speak at every level."""
    ask = "{{rules: [{{tool: pay, action: escalate, review: {{route: {}}}}}]}}"
    levels = f"autonomy_levels: {{level_0: {ask.format('a')}, level_1: {ask.format('b')}}}\n"
    rules = "rules: [{tool: pay, action: escalate, review: {route: b}}]\n"

    assert found(levels) == []
    assert [code for code, _ in found(levels + rules)] == ["IL021"]


@pytest.mark.parametrize(
    ("section", "used"),
    [
        ("rules: [{tool: pay, action: escalate, review: {route: a}}]\n", True),
        ("rules: [{tool: pay, action: escalate, review: {groups_all: [a, b]}}]\n", True),
        ("decision_matrix: {pay: {low: a}}\n", True),
        ("routing: {default: a}\n", True),
        ("audit: {routing: {default: a}}\n", True),
        ("escalation: {b: [a]}\n", True),
        ("guardrails: [{require: \"'a' in approval.groups\", stage: guard}]\n", True),
        ("rules: [{tool: pay, action: escalate}]\n", False),
    ],
)
def test_a_group_is_used_wherever_it_is_named(section: str, used: bool) -> None:
    """Routes, cells, routing, escalation, and texts of expressions."""
    reading = read_text(TOOLS + GROUPS + section, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    messages = {each.message for each in people(reading.document, rules, reading.root)}

    assert ("nothing names the group `a`" not in messages) is used


@pytest.mark.parametrize(
    ("escalation", "said"),
    [
        ("{a: [b], b: [boss]}", []),
        ("{a: [a]}", ["a -> a"]),
        ("{a: [x, b], b: [c], c: [a]}", ["a -> b -> c -> a"]),
        ("{a: [b], b: [c], c: [b]}", ["b -> c -> b"]),
    ],
)
def test_an_escalation_that_comes_back(escalation: str, said: list[str]) -> None:
    """Each circle is told once, with the way round."""
    messages = [
        message for code, message in found(f"escalation: {escalation}\n") if code == "IL017"
    ]

    assert messages == [f"escalation goes in a circle: {way}" for way in said]


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ("match: {tools: [pay]}, review: {on_timeout: approve}", ["IL016"]),
        ("match: {tools: [look]}, review: {on_timeout: approve}", []),
        ("match: {tools: [pay]}, review: {on_timeout: deny}", []),
    ],
)
def test_silence_about_high_risk(rule: str, codes: list[str]) -> None:
    """Tags say which tools are of high risk."""
    text = f"rules: [{{decision: require_approval, {rule}}}]\n"

    assert [code for code, _ in found(text)] == codes


def test_more_than_a_group_has_does_not_load() -> None:
    """A quorum larger than its group is an error, not advice."""
    with pytest.raises(Exception, match="2 people must approve, but `a` has 1"):
        found("rules: [{tool: pay, action: escalate, review: {route: a, quorum: 2}}]\n")


def test_a_role_of_the_ledger_is_a_note() -> None:
    """What is asked and not declared is said once, and nobody counts who has the role."""
    text = """
routing: {financial_actions: treasury, default: duty}
rules:
  - {tool: pay, action: escalate, review: {route: treasury, quorum: 3}}
  - {tool: look, action: escalate, review: {groups_all: [dpo, a]}}
decision_matrix: {pay: {high: {group: cto-office, vote: unanimous}}}
"""
    notes = [message.split("`")[1] for code, message in found(text) if code == "IL030"]

    assert sorted(notes) == ["cto-office", "dpo", "duty", "treasury"]
    assert not [code for code, _ in found(text) if code in ("IL015", "IL021")]
