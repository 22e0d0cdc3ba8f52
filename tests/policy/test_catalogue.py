"""Look up: the entry that counts for a name."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.globs import compiled, specificity
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


parts = st.sampled_from(["a", "b", "*", "**", "a*"])
patterns = st.lists(parts, min_size=1, max_size=3).map(".".join)
names = st.lists(st.sampled_from(["a", "b", "aa"]), min_size=1, max_size=4).map(".".join)


@given(st.lists(patterns, min_size=1, max_size=6, unique=True), names)
def test_the_entry_found_is_the_one_that_asking_all_finds(several: list[str], name: str) -> None:
    """However entries are filed, the first that matches counts, the most specific first."""
    tools = {pattern: {"owner": pattern} for pattern in several}
    ordered = sorted(several, key=lambda each: ("*" in each, specificity(each)))
    first = next((each for each in ordered if compiled(each).match(name)), None)
    found = parse(json.dumps({"tools": tools})).tool(name)

    assert (found.owner if found else None) == first
