"""Advise: permissions that are wider than they look."""

import pytest

from interlock.policy.authoring.lint_loose import loose
from interlock.policy.authoring.lint_rules import placed_rules
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text


def codes(text: str) -> set[str]:
    """Name the codes of what is found."""
    reading = read_text(text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    return {each.code for each in loose(reading.document, rules, reading.root)}


@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ("", True),
        (", {tool: a, action: allow}", False),
        (", {match: {tools: [a], agents: [x]}, decision: allow}", True),
        (", {match: {topics: ['*']}, decision: deny}", True),
        (", {match: {topics: ['*']}, decision: require_approval}", False),
        (", {match: {topics: ['*']}, decision: allow}", False),
    ],
)
def test_a_notice_that_nothing_else_allows(rules: str, named: bool) -> None:
    """A specific notice silences the denial that would else speak; an `allow` says it was meant."""
    notice = "{match: {tools: [a]}, decision: notify}"

    assert ("IL027" in codes(f"default: deny\nrules: [{notice}{rules}]")) is named
    assert codes(f"rules: [{notice}]") == set()


@pytest.mark.parametrize(
    ("pattern", "anchored"),
    [
        ("^a", True), ("a$", True), ("^a|^b", True), ("(?i)^a", True), ("(^a)", True),
        ("(a$)", True), (r"\\Aa", True), ("[|]$", True), ("^(a|b)", True),
        ("a", False), ("^a|b", False), (r"a\\$", False), ("[^a]", False), (r"\\^a", False),
        ("(^a)|b", False), ("[$]", False),
    ],
)  # fmt: skip
def test_where_a_pattern_may_be_found(pattern: str, anchored: bool) -> None:
    """Each alternative says of the beginning or the end, escapes and classes left out."""
    text = 'rules: [{match: {tools: [fine], args_match: {p: "%s"}}, decision: allow}]'
    exempt = 'rules: [{match: {tools: [fine], unless: {args_match: {p: "%s"}}}, decision: deny}]'

    assert ("IL028" not in codes(text % pattern)) is anchored
    assert ("IL028" not in codes(exempt % pattern)) is anchored


def test_all_runs_only_where_nothing_is_asked() -> None:
    """The fallback beside rules that ask is exception-based oversight, and meant."""
    every = "{match: {topics: ['*']}, decision: allow}"

    assert codes(f"rules: [{every}]") == {"IL029"}
    assert codes(f"rules: [{every}, {{tool: a, action: escalate}}]") == set()
    assert codes(f"rules: [{every}]\nguardrails: [{{match: {{tools: [a]}}}}]") == set()
    assert codes("rules: [{tool: a, action: allow}]") == set()
