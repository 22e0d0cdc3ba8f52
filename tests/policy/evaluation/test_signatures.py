"""What a policy says of arguments, once the tools that take them are known."""

from collections.abc import Mapping
from typing import Any

import pytest

from interlock.errors import PolicyError
from interlock.policy.evaluation.signatures import check_signatures
from interlock.policy.load import parse

PAY: Mapping[str, Any] = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "to": {"anyOf": [{"type": "string"}, {}]}},
}


FACT = """
tools: {pay: {facts: {a: args.amuont}}}
rules: [{match: {a_above: 1}, decision: deny}]
"""
DROPS = """
tools: {pay: {}}
rules: [{tool: pay, action: allow, constraints: {args_drop: [amout]}}]
"""


def rule(when: str, entry: str = "{}") -> str:
    match = f'{{tools: [pay], when: "{when}"}}'
    return f"tools: {{pay: {entry}}}\nrules:\n- match: {match}\n  decision: deny"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule("args.amont > 5"), ": unknown argument `amont`; did you mean `amount`?"),
        (rule("args.amount.startsWith('x')"), "<text>:3:"),
        (rule("args.amount == 'x'"), "does not go with"),
        (
            DROPS,
            "takes an argument `amout`; did you mean `amount`?",
        ),
        (FACT, "has no `amuont`"),
    ],
)  # fmt: skip
def test_a_name_that_the_tool_does_not_take_is_an_error_at_its_place(text: str, said: str) -> None:
    """So is an operation that does not go with its type; without the tool nobody can tell."""
    policy = parse(text)

    check_signatures(policy, {})
    with pytest.raises(PolicyError) as refused:
        check_signatures(policy, {"pay": PAY})
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        (rule("args.amount > 5 && args.to == 'x'"), PAY),
        (rule("args.amont > 5", "{args: {amont: number}}"), PAY),
        (rule("args.amont > 5"), {**PAY, "additionalProperties": True}),
        (rule("args.amont > 5"), {"type": "object"}),
        ("rules: [{match: {when: 'args.amont > 5'}, decision: deny}]", PAY),
    ],
)
def test_what_the_tool_may_take_is_none(text: str, schema: Mapping[str, Any]) -> None:
    """Types that the file declares itself are taken at its word."""
    policy = parse(text)
    before = policy.digest

    check_signatures(policy, {"pay": schema})
    assert policy.digest == before
