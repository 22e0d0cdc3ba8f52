"""Compile: names, terms and levels."""

import pytest

from interlock.errors import PolicyError
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


EXPRESSIONS = """
groups: {dpo: [dee]}
tools:
  refund.issue:
    topic: job.refund
    risk_tags: [write]
    args: {amount: number, count: integer, region: string}
    facts: {amount_usd: args.amount, total: "args.amount * args.count"}
  refund.list: {topic: job.refund, risk_tags: [read], args: {query: string}}
rules:
  - match: {tools: [refund.issue], when: "args.amount > 100", unless: {when: "facts.total < 9"}}
    decision: require_approval
  - {match: {topics: [job.refund], when: "args.query == 'x'"}, decision: deny}
  - {match: {tools: ["refund.*"], args_match: {region: "^eu"}}, decision: deny}
  - {match: {tools: [other.tool], when: "facts.any > 1 && args.any > 1"}, decision: deny}
guardrails:
  - {id: few, match: {tools: [refund.issue]}, require: "args.count < 10"}
  - {id: dpo, stage: guard, match: {risk_tags: [write]}, require: "'dpo' in approval.groups"}
"""


def test_expressions_stand_wherever_the_policy_has_them() -> None:
    """Rules, exemptions, facts and guardrails load with expressions."""
    policy = parse(EXPRESSIONS)
    tool = policy.tool("refund.issue")

    assert tool
    assert tool.fact_types["amount_usd"] == "number"
    assert [rule.conditions[-1].key for rule in policy.rules.specific] == [
        "when",
        "when",
        "args_match.region",
        "when",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("args.amount > 100", "args.amuont > 100", "unknown argument `amuont`"),
        ("args.amount > 100", "args.amount > 'a'", "`>` does not go with (number, string)"),
        ("args.amount > 100", "args.query == 'x'", "unknown argument `query`"),
        ("facts.total < 9", "facts.total < 'a'", "`<` does not go with"),
        ("facts.total < 9", "facts.totl < 9", "unknown fact `totl`; did you mean `total`?"),
        ("args.query == 'x'", "args.qeury == 'x'", "unknown argument `qeury`"),
        ('{region: "^eu"}', '{regoin: "^eu"}', "unknown argument `regoin`"),
        ('{region: "^eu"}', '{region: "(?=eu)"}', "RE2 knows no lookahead"),
        ("args.count < 10", "args.conut < 10", "unknown argument `conut`"),
        ("stage: guard, ", "", "say `stage: guard`"),
        ("in approval.groups", "in approval.group", "unknown member `group`"),
        ("args.amount * args.count", "args.amount * args.region", "`*` does not go with"),
        ("amount_usd: args.amount", "amount_usd: args.amuont", "has no `amuont`"),
    ],
)
def test_each_is_checked_where_it_stands(right: str, wrong: str, said: str) -> None:
    """A name is checked against the tools that its rule may be about, at its very place."""
    text = EXPRESSIONS.replace(right, wrong, 1)
    with pytest.raises(PolicyError) as refused:
        parse(text, "p.yaml")
    _, line, column, message = str(refused.value).split(":", 3)

    assert said in message
    assert int(line) == text[: text.index(wrong) if wrong else text.index("'dpo'")].count("\n") + 1
    assert int(column) > 1
