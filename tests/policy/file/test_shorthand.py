"""Write out: short forms mean their long ones."""

import pytest

from interlock.policy.file.shorthand import written_out
from interlock.policy.file.source import Mark, locate, parse_tree, plain
from interlock.policy.load import parse


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("rules: [{tool: a, action: allow}]", "rules: [{match: {tools: [a]}, decision: allow}]"),
        (
            "rules: [{id: x, tool: 'a.*', action: escalate, reason: y, review: {inline: true}}]",
            (
                "rules: [{match: {tools: ['a.*']}, decision: require_approval, id: x, reason: y, "
                "review: {inline: true}}]"
            ),
        ),
        (
            "autonomy_levels: {level_0: {rules: [{tool: a, action: block}]}}",
            "autonomy_levels: {level_0: {rules: [{match: {tools: [a]}, decision: deny}]}}",
        ),
        ("output: {blocked_terms: [a, b]}", "output: {blocked_terms: {terms: [a, b]}}"),
        ("output: {max_length: 9}", "output: {max_length: {chars: 9}}"),
    ],
)
def test_a_short_form_is_its_long_one(short: str, full: str) -> None:
    """Both texts are one policy."""
    assert plain(written_out(parse_tree(short, "p"))) == plain(parse_tree(full, "p"))
    assert parse(short).digest == parse(full).digest


def test_a_star_in_the_short_form_is_a_fallback() -> None:
    """`tool: "*"` matches every call and speaks only when nothing else does."""
    fallback = parse("rules: [{tool: '*', action: allow}]").rules.fallback

    assert fallback
    assert fallback.id == "rules[0]"


def test_each_part_stands_where_it_was_written() -> None:
    """Errors about what was written out point into the short form."""
    root = written_out(parse_tree("rules:\n  - {tool: a, action: block}\n", "p"))

    assert locate(root, ("rules", 0, "match", "tools", 0)) == Mark("p", 2, 12)
    assert locate(root, ("rules", 0, "decision")) == Mark("p", 2, 23)
