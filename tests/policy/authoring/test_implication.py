"""Compare: what two rules' conditions say of each other holds of every call."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.authoring.implication import contradiction, covers, exempts_all, same
from interlock.policy.evaluation.conditions import Condition
from interlock.policy.evaluation.rules import Rule
from interlock.policy.load import parse
from interlock.policy.subject import Subject

TOOLS = ("a", "a.b", "a.b.c", "b", "b.c")
TAGS = ("x", "y", "z")
GLOBS = st.sampled_from(("a", "a.b", "a.*", "a.**", "*.b", "b.*", "a.b.*", "*.*", "**.c"))
NUMBERS = st.integers(0, 3)
MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "tools": st.lists(GLOBS, min_size=1, max_size=2),
        "risk_tags": st.lists(st.sampled_from(TAGS), min_size=1, max_size=2),
        "risk_tags_all": st.lists(st.sampled_from(TAGS), min_size=1, max_size=2),
        "levels": st.lists(NUMBERS, min_size=1, max_size=2, unique=True),
        "usd_above": NUMBERS,
        "usd_at_most": NUMBERS,
        "usd_below": NUMBERS,
        "usd_is": NUMBERS,
        "usd_in": st.lists(st.one_of(NUMBERS, st.just("t")), min_size=1, max_size=2),
        "confidence_below": st.sampled_from((0.2, 0.5)),
    },
)


def rule(match: dict[str, Any], decision: str = "deny") -> Rule:
    """Compile one rule."""
    text = f"rules: [{{match: {match}, decision: {decision}}}]".replace("'", '"')
    compiled = parse(text).rules
    return compiled.fallback or compiled.specific[0]


def subjects() -> list[Subject]:
    """Return calls that differ in all that the rules here look at."""
    facts: list[dict[str, Any]] = [{}, *({"usd": value} for value in (0, 1.5, 2, 3, "t", True))]
    tags = [None, frozenset[str](), frozenset("x"), frozenset("xy"), frozenset("xyz")]
    signals: list[dict[str, Any]] = [{}, {"confidence": 0.1}, {"confidence": 0.4}]
    return [
        Subject(
            tool,
            tool,
            "",
            "",
            None,
            tagged,
            fact,
            frozenset({"usd"} - fact.keys()),
            True,
            signal,
            at,
        )
        for tool, tagged, fact, signal, at in product(TOOLS, tags, facts, signals, (0, 2))
    ]


SUBJECTS = subjects()


@given(MATCHES, MATCHES)
def test_what_covers_is_about_every_call(outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """Where one rule covers another, it has a say wherever the other has."""
    over, under = rule(outer), rule(inner)

    if covers(over, under):
        for subject in SUBJECTS:
            mine, theirs = under.holds(subject), over.holds(subject)
            assert mine is False or theirs is not False
            assert mine is not True or theirs is True


@given(MATCHES)
def test_a_contradiction_is_never_fulfilled(match: dict[str, Any]) -> None:
    """What is said to contradict itself is true of no call."""
    one = rule(match)

    if contradiction(one.conditions) is not None:
        assert not any(one.holds(subject) for subject in SUBJECTS)


@given(MATCHES)
def test_every_rule_covers_itself(match: dict[str, Any]) -> None:
    """A rule is about its own calls, and written as itself whatever the order."""
    turned = dict(reversed(match.items()))

    assert covers(rule(match), rule(turned))
    assert same(rule(match), rule(turned))


@pytest.mark.parametrize(
    ("match", "so"),
    [
        ({"usd_above": 5, "unless": {"usd_above": 3}}, True),
        ({"usd_above": 3, "unless": {"usd_above": 5}}, False),
        ({"usd_above": 3}, False),
    ],
)
def test_an_exemption_of_everything(match: dict[str, Any], so: bool) -> None:
    """`unless` that holds wherever the match does leaves nothing."""
    assert exempts_all(rule(match)) is so


def test_a_condition_that_nobody_knows_covers_only_itself() -> None:
    """Of keys without an order nothing is guessed."""
    wanted = [Condition("when", text, bool, bool) for text in ("a", "a", "b")]
    one, again, other = (rule({})._replace(conditions=(each,)) for each in wanted)

    assert covers(one, again)
    assert not covers(one, other)
