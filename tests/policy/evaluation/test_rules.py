"""Consult: who has a say in a rule set."""

import pytest

from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.rules import consult, why
from interlock.policy.load import parse
from interlock.policy.subject import Subject

SUBJECT = Subject("a", "a", "bot", "", None, frozenset(), {}, frozenset(), True, {}, 0)


def policy(*rules: str) -> CompiledPolicy:
    return parse("tools: {a: {}}\nrules: [" + ", ".join(rules) + "]")


SURE = "{id: sure, match: {tools: [a]}, decision: allow}"
UNSURE = "{id: unsure, match: {confidence_below: 0.5}, decision: notify}"
LENIENT = "{id: lenient, match: {confidence_below: 0.5}, decision: allow}"
OTHER = "{id: other, match: {tools: [b]}, decision: deny}"
ELSE = "{id: else, decision: deny}"


@pytest.mark.parametrize(
    ("rules", "counted", "unknown", "sure"),
    [
        ((), set[str](), set[str](), False),
        ((SURE, OTHER, ELSE), {"sure"}, set[str](), True),
        ((OTHER, ELSE), {"else"}, set[str](), True),
        ((UNSURE,), {"unsure"}, {"unsure"}, False),
        ((UNSURE, ELSE), {"unsure", "else"}, {"unsure"}, True),
        ((LENIENT,), set[str](), {"lenient"}, False),
        ((LENIENT, SURE), {"sure"}, {"lenient"}, True),
    ],
)
def test_who_has_a_say(
    rules: tuple[str, ...], counted: set[str], unknown: set[str], *, sure: bool
) -> None:
    """Matches, restrictive rules that lack a value, and the fallback unless silenced."""
    heard = consult(policy(*rules).rules, SUBJECT)

    assert {rule.id for rule in heard.counted} == counted
    assert {rule.id for rule in heard.unknown} == unknown
    assert heard.sure is sure


@pytest.mark.parametrize(
    ("signals", "kind", "outcome"),
    [
        ({"anomaly_score": 0.9}, "deny", "not matched"),
        ({"anomaly_score": 0.1}, "deny", "matched"),
        ({}, "deny", "could not be evaluated"),
        ({}, "allow", "could not be evaluated"),
    ],
)
def test_an_exemption_needs_its_value(signals: dict[str, float], kind: str, outcome: str) -> None:
    """`unless` exempts when it is known to hold; in want of a value, the rule is unclear."""
    exempt = "{anomaly_score_above: 0.5}"
    compiled = policy(f"{{match: {{tools: [a], unless: {exempt}}}, decision: {kind}}}")
    subject = SUBJECT._replace(signals=signals)
    (rule,) = compiled.rules.specific
    found, said = why(rule, subject)

    assert found == outcome
    assert said


def test_a_restrictive_rule_stands_without_its_exemption() -> None:
    """In want of the exemption's value a denial counts and a permission does not."""
    compiled = policy(
        "{id: stop, match: {tools: [a], unless: {confidence_below: 0.5}}, decision: deny}",
        "{id: pass, match: {tools: [a], unless: {confidence_below: 0.5}}, decision: allow}",
    )

    assert [rule.id for rule in consult(compiled.rules, SUBJECT).counted] == ["stop"]


def test_the_explanation_names_what_settled_it() -> None:
    """Not matched: the condition that failed; unclear: the one that lacked its value."""
    compiled = policy(
        "{match: {tools: [b], risk_tags: [x], confidence_below: 1}, decision: deny}",
        "{match: {tools: [a], confidence_below: 1}, decision: deny}",
    )
    failed, unclear = (why(rule, SUBJECT)[1] for rule in compiled.rules.specific)

    assert failed == ("`tools` [b] does not hold (`a`); `risk_tags` [x] does not hold ([])")
    assert unclear == "`confidence_below` `1.0` could not be evaluated (the value is missing)"
