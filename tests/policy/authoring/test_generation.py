"""Generate: calls at the values where policies change their mind."""

from itertools import product

import pytest

from interlock.policy.authoring.generation import CALM, Question, questions
from interlock.policy.load import read_text

SMALL = """
tools: {a: {facts: {usd: args.usd}}}
rules: [{match: {usd_above: 5, confidence_below: 0.5, agents: [bot]}, decision: deny}]
"""
MANY = "rules:\n" + "".join(
    f"  - {{match: {{when: \"args.a{at} == 'x{at}' && args.b{at} > {at}\"}}, decision: deny}}\n"
    for at in range(12)
)


def made(text: str, most: int = 20_000) -> list[Question]:
    """Generate from one text."""
    return questions([read_text(text, "p").document], most)


def test_few_values_give_every_combination() -> None:
    """Each value of each axis with each of the others, and left out."""
    asked = [one for one in made(SMALL) if one.tool == "a"]
    seen = {(one.args.get("usd"), one.signals.get("confidence"), one.agent) for one in asked}

    wanted = product((None, 4, 5, 6), (None, 1.0, 0.5, 0.49, 0.51), ("other", "bot"))
    assert seen == set(wanted)
    assert len(asked) == len(seen)


def test_the_first_call_is_calm() -> None:
    """Its signals give no rule a reason to be strict."""
    first = made(SMALL)[0]

    assert dict(first.signals) == dict(CALM)
    assert (first.level, first.found, first.approval) == (0, (), None)


def test_too_many_values_give_every_single_step_within_the_limit() -> None:
    """Each value of each axis appears, and no more calls than were asked for."""
    asked = made(MANY, 4_000)

    assert len(asked) <= 4_000
    for at in range(12):
        assert {f"x{at}", "other", None} <= {one.args.get(f"a{at}") for one in asked}
        assert {at, at + 1} <= {one.args.get(f"b{at}") for one in asked}


@pytest.mark.parametrize("text", [SMALL, MANY])
def test_the_same_policy_gives_the_same_calls(text: str) -> None:
    """Nothing is left to chance, and no call is asked twice."""
    asked = made(text, 3_000)

    assert asked == made(text, 3_000)
    assert len({repr(one) for one in asked}) == len(asked)


def test_a_call_is_written_as_explain_reads_it() -> None:
    """Only what there is; what was spent as `usage`."""
    one = Question("a", {"usd": 1}, "bot", {"principal": ""}, None, 2, {}, {"day": 5, "no": 0})

    assert one.json() == {
        "name": "a",
        "args": {"usd": 1},
        "agent": "bot",
        "context": {"principal": ""},
        "level": 2,
        "usage": {"day": 5},
    }
