"""Advise: rules that another rule makes idle."""

import pytest

from interlock.policy.authoring.lint_rules import placed_rules, shadows
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.load import read_text

SECTIONS = """
tools: {a: {facts: {usd: context.usd}}}
groups: {g: [ana]}
rules:
  - {id: one, tool: a, action: allow}
  - {tool: b, action: block}
autonomy_levels: {level_0: {rules: [{match: {tools: [c]}, decision: allow}]}}
boundaries: {a: {fact: usd, max_autonomous: 5}}
decision_matrix: {job.deploy: {low: g, high: {prod: deny}}, unlisted: deny}
guardrails:
  - {id: bar.a, match: {tools: [a]}, inspect_args: {secrets: ask, CREDIT_CARD: deny}}
"""


def test_every_rule_knows_where_it_was_written() -> None:
    """Rules of all sections, each once, also those that sections are compiled to."""
    reading = read_text(SECTIONS, "p")
    placed = placed_rules(compile_policy(reading.document, reading.root))
    paths = {each.rule.id: each.path for each in placed}

    assert len(paths) == len(placed)
    assert paths["one"] == ("rules", 0)
    assert paths["rules[1]"] == ("rules", 1)
    level = ("autonomy_levels", "level_0", "rules", 0)
    assert paths["autonomy_levels.level_0.rules[0]"] == level
    assert paths["boundaries.a.beyond"] == ("boundaries", "a")
    assert paths["decision_matrix.job.deploy.low"] == ("decision_matrix", "job.deploy", "low")
    assert paths["decision_matrix.job.deploy.high.prod"][2] == "high"
    assert paths["decision_matrix.job.deploy.critical"] == ("decision_matrix", "job.deploy")
    assert paths["decision_matrix.unlisted"] == ("decision_matrix", "unlisted")
    assert paths["bar.a"] == paths["bar.a.ask"] == ("guardrails", 0)
    assert {each.rule.id for each in placed if each.entry} == {
        "one",
        "rules[1]",
        "autonomy_levels.level_0.rules[0]",
    }


@pytest.mark.parametrize(
    ("weak", "strong", "shadowed"),
    [
        ("match: {tools: [a]}, decision: allow", "match: {tools: ['a', b]}, decision: deny", True),
        ("match: {tools: [a]}, decision: allow", "match: {tools: ['*']}, decision: deny", False),
        ("match: {tools: [a.b]}, decision: allow", "match: {tools: ['a.*']}, decision: deny", True),
        (
            "match: {tools: ['a.**']}, decision: allow",
            "match: {tools: ['a.*']}, decision: deny",
            False,
        ),
        ("match: {tools: [a]}, decision: allow", "match: {tools: [a]}, decision: notify", True),
        (
            "match: {tools: [a]}, decision: allow, constraints: {max_rows: 1}",
            "match: {tools: [a]}, decision: notify",
            False,
        ),
        (
            "match: {tools: [a]}, decision: allow, constraints: {max_rows: 1}",
            "match: {tools: [a]}, decision: deny",
            True,
        ),
        (
            "match: {tools: [a]}, decision: allow, review_result: true",
            "match: {tools: [a]}, decision: require_approval",
            False,
        ),
        (
            "match: {tools: [a]}, decision: allow",
            "match: {tools: [a], unless: {agents: [x]}}, decision: deny",
            False,
        ),
        (
            "match: {confidence_below: 0.3}, decision: require_approval",
            "match: {confidence_below: 0.5}, decision: deny",
            True,
        ),
        (
            "match: {confidence_below: 0.6}, decision: require_approval",
            "match: {confidence_below: 0.5}, decision: deny",
            False,
        ),
    ],
)
def test_a_rule_is_shadowed_where_nothing_is_left_of_it(
    weak: str, strong: str, shadowed: bool
) -> None:
    """Stricter, about all of its calls, and without limits of its own that would still apply."""
    for lines in ((weak, strong), (strong, weak)):
        text = "rules:\n" + "".join(f"  - {{{line}}}\n" for line in lines)
        reading = read_text(text, "p")
        rules = placed_rules(compile_policy(reading.document, reading.root))
        found = [
            each for each in shadows(reading.document, rules, reading.root) if each.code == "IL004"
        ]
        line = 2 + lines.index(weak)
        assert [each.mark.line for each in found] == [line] * shadowed


def test_rules_of_two_sets_do_not_shadow_each_other() -> None:
    """A level's denial says nothing of the rule at other levels."""
    text = (
        "rules: [{tool: a, action: allow}]\n"
        "autonomy_levels: {level_0: {rules: [{tool: a, action: block}]}}\n"
    )
    reading = read_text(text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))

    assert list(shadows(reading.document, rules, reading.root)) == []


@pytest.mark.parametrize(
    ("more", "repeated"),
    [
        (("", ""), True),
        ((", reason: one", ", reason: other"), True),
        ((", constraints: {max_rows: 5}", ", constraints: {max_rows: 6}"), False),
        ((", review_result: true", ""), False),
        ((", review: {route: a}", ", review: {route: b}"), False),
    ],
)
def test_a_rule_is_repeated_where_it_adds_nothing(more: tuple[str, str], repeated: bool) -> None:
    """Other limits or other people make another rule; another reason does not."""
    lines = [f"  - {{match: {{tools: [t]}}, decision: require_approval{each}}}" for each in more]
    reading = read_text("groups: {a: [x], b: [x]}\nrules:\n" + "\n".join(lines), "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))

    assert [each.code for each in shadows(reading.document, rules, reading.root)] == [
        "IL005"
    ] * repeated


def shadowing(text: str) -> set[str]:
    """Name the codes of what is found."""
    reading = read_text(text, "p")
    rules = placed_rules(compile_policy(reading.document, reading.root))
    return {each.code for each in shadows(reading.document, rules, reading.root)}


@pytest.mark.parametrize(
    "other",
    [
        "{id: o, match: {topics: ['job.*']}, decision: deny}",
        "{id: o, match: {topics: [job.a]}, decision: deny}",
        "{id: o, match: {risk_tags: [x, z]}, decision: deny}",
        "{id: o, match: {risk_tags_all: [x, y]}, decision: deny}",
        "{id: o, match: {topics: ['job.*'], risk_tags: [y]}, decision: require_approval}",
    ],
)
def test_a_rule_is_shadowed_by_what_the_catalogue_says_of_its_tools(other: str) -> None:
    """Topic and tags of the tools that a rule names are known."""
    text = "tools: {a.t: {topic: job.a, risk_tags: [x, y]}, b.t: {topic: ops.b}}\nrules: [%s, %s]\n"

    assert "IL004" in shadowing(text % ("{id: r, tool: a.t, action: allow}", other))
    assert "IL004" not in shadowing(text % ("{id: r, tool: b.t, action: allow}", other))
    both = "{id: r, match: {tools: [a.t, b.t]}, decision: allow}"
    assert "IL004" not in shadowing(text % (both, other))
