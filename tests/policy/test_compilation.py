"""Compile: names, terms and levels."""

import pytest

from interlock.policy.decisions import ReviewTerms
from interlock.policy.load import parse


def test_rules_without_a_name_have_their_place() -> None:
    """`rules[1]`, and the level's place for a rule of a level."""
    policy = parse("""
rules: [{id: first, tool: a, action: allow}, {tool: b, action: allow}]
autonomy_levels: {level_0: {rules: [{tool: a, action: allow}]}}
""")

    assert policy.rule_ids == {"first", "rules[1]", "autonomy_levels.level_0.rules[0]"}


@pytest.mark.parametrize(
    ("review", "terms"),
    [
        ("", ReviewTerms(100.0, 3600.0)),
        ("review: {execution_ttl_sec: 5},", ReviewTerms(100.0, 5.0)),
        (
            (
                "review: {approval_ttl_sec: 7, inline: true, editor_may_approve: true, "
                "reason_required: true},"
            ),
            ReviewTerms(7.0, 3600.0, inline=True, editor_may_approve=True, reason_required=True),
        ),
    ],
)
def test_a_rule_is_over_the_defaults(review: str, terms: ReviewTerms) -> None:
    """What a rule's `review` does not say comes from `review_defaults`."""
    policy = parse(f"""
review_defaults: {{approval_ttl_sec: 100}}
rules: [{{match: {{tools: [a]}}, {review} decision: require_approval}}]
""")

    assert policy.rules.specific[0].terms == terms
    assert policy.default_terms == ReviewTerms(100.0)


def test_without_a_review_section_the_documented_times_hold() -> None:
    """Four hours to answer, one hour to use an approval."""
    assert parse("{}").default_terms == ReviewTerms(14400.0, 3600.0)


def test_only_rules_that_ask_have_terms() -> None:
    """Nobody is asked about a denial."""
    assert parse("rules: [{tool: a, action: block}]").rules.specific[0].terms is None


def test_every_fallback_of_a_set_of_its_own() -> None:
    """Each level and the rules may have a fallback each."""
    policy = parse("""
rules: [{decision: allow}]
autonomy_levels: {level_0: {rules: [{decision: deny}]}, level_1: {rules: [{decision: allow}]}}
""")

    assert policy.rules.fallback
    assert [each.fallback and each.fallback.kind for each in policy.levels] == [
        "deny", "allow", "allow", "allow",
    ]  # fmt: skip
