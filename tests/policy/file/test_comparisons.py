"""Check: facts that no tool has."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.load import parse

TOOLS = """
tools:
  refund.issue: {topic: job.refund, facts: {amount_usd: args.amount}}
  "mail.*": {}
"""


@pytest.mark.parametrize(
    "match",
    [
        "amont_usd_above: 1",
        "tools: [refund.issue], amont_usd_above: 1",
        "tools: ['refund.*'], amont_usd_above: 1",
        "topics: ['job.*'], amont_usd_above: 1",
        "tools: [mail.send], amont_usd_above: 1",
        "tools: ['mail.*'], unless: {tools: [refund.issue], amont_usd_is: 1}",
    ],
)
def test_a_fact_that_no_tool_declares_is_a_typing_error(match: str) -> None:
    """Where the rule may be about a catalogued tool, the fact must be somebody's."""
    with pytest.raises(PolicyError, match="unknown fact `amont_usd`; did you mean `amount_usd`"):
        parse(f"{TOOLS}rules: [{{match: {{{match}}}, decision: deny}}]")


@pytest.mark.parametrize(
    "match",
    [
        "tools: [refund.issue], amount_usd_above: 1",
        "tools: [mail.send], amount_usd_above: 1",
        "tools: [shell.run], size_kb_above: 1",
        "topics: [elsewhere], tools: [shell.run], size_kb_above: 1",
    ],
)
def test_other_facts_are_left_alone(match: str) -> None:
    """A declared fact, or a rule about tools that nobody catalogued, loads."""
    assert parse(f"{TOOLS}rules: [{{match: {{{match}}}, decision: deny}}]").rules.specific


def test_without_a_catalogue_any_fact_may_be_named() -> None:
    """Nothing is declared, so nothing can be misspelt."""
    assert parse("rules: [{match: {x_at_least: 1}, decision: deny}]").rules.specific
