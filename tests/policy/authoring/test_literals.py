"""Collect: every value at which a policy may change its mind."""

from typing import Any

import pytest

from interlock.policy.authoring.literals import OTHER, Literals, literals, plain_name
from interlock.policy.load import read_text


def found(*texts: str) -> Literals:
    """Collect from some texts."""
    return literals([read_text(text, "p").document for text in texts])


def test_thresholds_and_what_stands_beside_them() -> None:
    """Of facts the arguments they are read from, for the tools that declare them."""
    one = found(
        "tools: {a: {facts: {usd: args.order.usd, n: size(args.to)}}, b: {}}\n"
        "rules: [{match: {usd_above: 5, n_at_least: 2}, decision: deny}]\n"
        "boundaries: {a: {fact: usd, max_autonomous: {0: 0, 1: 20}}}\n"
    )

    usd, several = one.facts["a"]["args", "order", "usd"], one.facts["a"]["args", "to"]
    assert set(usd) == {4, 5, 6, -1, 0, 1, 19, 20, 21}
    assert sorted(map(len, several)) == [1, 2, 3]
    assert "b" not in one.facts
    assert one.levels == (0, 1, 2, 3)


def test_signals_near_their_thresholds() -> None:
    """Scores by a hundredth, counts by one, never below zero."""
    one = found(
        "rules: [{match: {confidence_below: 0.5, retry_count_above: 2,"
        " unless: {anomaly_score_above: 0.0, first_time_action: true}}, decision: deny}]"
    )

    assert one.at["signals", "confidence"] == (0.5, 0.49, 0.51)
    assert one.at["signals", "retry_count"] == (2, 1, 3)
    assert one.at["signals", "anomaly_score"] == (0.0, 0.01)
    assert one.at["signals", "first_time_action"] == (False, True)


def test_names_of_all_sections() -> None:
    """Tools, also undeclared and of topics; agents, principals, environments."""
    one = found(
        "tools: {'orders.*': {topic: job.orders}}\nenvironment: dev\n"
        "rules: [{match: {topics: ['job.mail.*'], agents: ['bot-*'], principals: [ana]},"
        " decision: deny}]\n"
        "decision_matrix: {deploy: {low: {prod: deny, default: auto-approve}}}\n"
    )

    assert set(one.tools) == {"orders.x", "job.mail.x", "deploy", "undeclared.tool"}
    assert one.agents == (OTHER, "bot-x")
    assert one.principals == ("", "ana")
    assert set(one.environments) == {"dev", "prod", "default", OTHER}
    assert one.levels == (0,)


@pytest.mark.parametrize(
    ("expression", "steps", "values"),
    [
        ("args.region in ['eu', 'us']", ("args", "region"), {"eu", "us", OTHER}),
        ("args.n > 3", ("args", "n"), {2, 3, 4}),
        ("context.tier == 'gold'", ("context", "tier"), {"gold"}),
        ("args.a.startsWith('x/')", ("args", "a"), {"x/"}),
    ],
)
def test_expressions(expression: str, steps: tuple[str, ...], values: set[Any]) -> None:
    """What an expression reads gets the values that stand in it."""
    one = found(f'rules: [{{match: {{when: "{expression}"}}, decision: deny}}]')

    assert values <= set(one.at[steps])


def test_guardrails() -> None:
    """What may be spent, what arguments may hold, who may have approved."""
    one = found(
        "tools: {a: {facts: {usd: args.usd}}}\ngroups: {dpo: [ana]}\nguardrails:\n"
        "  - {id: day, match: {tools: [a]}, budget: {fact: usd, max: 100, per: day}}\n"
        "  - {rate: {max: 3, per: hour}}\n"
        "  - {inspect_args: {secrets: deny}}\n"
        "  - {stage: guard, require: \"'dpo' in approval.groups\"}\n"
    )

    assert one.spent == {"day": (0, 100, 99), "guardrails[1]": (0, 3, 2)}
    assert (one.kinds, one.groups) == (("secrets",), ("dpo",))
    assert 101 in one.facts["a"]["args", "usd"]


def test_two_policies_give_the_values_of_both() -> None:
    """What only one of them names is looked at as well."""
    rule = "rules: [{{match: {{retry_count_above: {}}}, decision: deny}}]"

    assert set(found(rule.format(2), rule.format(5)).at["signals", "retry_count"]) == {
        1,
        2,
        3,
        4,
        5,
        6,
    }


@pytest.mark.parametrize("glob", ["a", "a.*", "**", "*", "a.*.b", "x*y.**"])
def test_a_glob_holds_its_plain_name(glob: str) -> None:
    """A name is made that the glob is about."""
    from interlock.policy.globs import compiled

    assert compiled(glob).match(plain_name(glob))
    assert "*" not in plain_name(glob)


def test_where_values_come_from() -> None:
    """Flags both ways; of names that a signal lists none, another, and each that is asked for."""
    one = found(
        "rules: [{match: {unprompted_identifier: true, tainted_by: [web.*], unasked_effects: true,"
        " error_streak_above: 2}, decision: deny}]"
    )

    assert one.at["signals", "unprompted_identifier"] == (False, True)
    assert one.at["signals", "tainted_by"] == ([], ["other"], ["web.x"])
    assert ["delete"] in one.at["signals", "unasked_effects"]
    assert one.at["signals", "error_streak"] == (2, 1, 3)
