"""Look up: the entry that counts for a name."""

import pytest

from interlock.policy.load import parse

POLICY = parse("""
tools:
  "*": {topic: everything}
  "orders.*": {risk_tags: [read], effect: read}
  "orders.*.drop": {topic: drops}
  orders.find: {topic: found}
  "orders.**": {topic: never}
""")


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        ("orders.find", "found"),
        ("orders.list", "orders.list"),
        ("orders.a.b", "orders.a.b"),
        ("orders.x.drop", "drops"),
        ("other", "everything"),
    ],
)
def test_the_most_specific_entry_counts(name: str, topic: str) -> None:
    """A literal beats a glob, the most specific glob the others; no topic means the tool's name."""
    tool = POLICY.tool(name)

    assert tool
    assert tool.topic == topic


def test_a_tool_that_nobody_declared_has_no_entry() -> None:
    """Unknown is unknown, not a default entry."""
    assert parse("tools: {a: {}}").tool("b") is None


def test_an_entry_that_says_little_is_careful() -> None:
    """Without words, a tool has no tags and may not be run twice."""
    tool = parse("tools: {a: {}}").tool("a")

    assert tool
    assert (tool.topic, tool.risk_tags, tool.effect) == ("a", frozenset(), "non_idempotent")
    assert (tool.owner, dict(tool.facts)) == (None, {})
