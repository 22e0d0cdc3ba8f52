"""Check: what constraints name is what a tool takes, of the type it takes."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.load import parse

TYPED = (
    "tools: {a: {args: {n: number, i: integer, s: string, b: boolean, l: array, o: object, x: any}}"
)


def policy(constraints: str, tools: str = TYPED + "}", match: str = "tools: [a]") -> str:
    """Write one rule with constraints."""
    rule = f"{{match: {{{match}}}, decision: allow, constraints: {constraints}}}"
    return f"{tools}\nrules:\n  - {rule}\n"


@pytest.mark.parametrize(
    "constraints",
    [
        "{args: {n: 1.5, i: 3, s: t, b: true, l: [1], o: {k: 1}, x: t}}",
        "{args: {i: 3.0, n: 2}}",
        "{args: {s: null, o.deep.er: 1, x.y: 2}}",
        "{args_drop: [n, o.force, x.y]}",
    ],
)
def test_what_a_tool_takes_may_be_forced_and_dropped(constraints: str) -> None:
    """Of the type it has; null fits all, and into an object any way may lead."""
    assert parse(policy(constraints)).rules.specific


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        (
            "{args_drop: [n, oo]}",
            "no tool that this is about takes an argument `oo`; did you mean",
        ),
        ("{args_drop: [zzz]}", "no tool that this is about takes an argument `zzz`"),
        ("{args: {zzz: 1}}", "no tool that this is about takes an argument `zzz`"),
        ("{args: {n: t}}", "`t` does not fit: `n` of `a` is number"),
        ("{args: {n: true}}", "`true` does not fit: `n` of `a` is number"),
        ("{args: {i: 1.5}}", "`1.5` does not fit: `i` of `a` is integer"),
        ("{args: {s: 1}}", "`1` does not fit: `s` of `a` is string"),
        ("{args: {b: 1}}", "`1` does not fit: `b` of `a` is boolean"),
        ("{args: {l: t}}", "`t` does not fit: `l` of `a` is array"),
        ("{args: {o: 1}}", "`1` does not fit: `o` of `a` is object"),
        ("{args: {s.way: 1}}", "`s.way` leads into no object: `s` of `a` is string"),
        ("{args_drop: [l.way]}", "`l.way` leads into no object: `l` of `a` is array"),
    ],
)
def test_what_no_tool_takes_does_not_load(constraints: str, said: str) -> None:
    """It would change nothing, or make calls that never fit, and nobody would be told."""
    with pytest.raises(PolicyError) as error:
        parse(policy(constraints))

    assert said in str(error.value)


def test_a_name_of_one_tool_is_enough_and_each_type_counts() -> None:
    """As in expressions; but a value must fit every tool that takes the argument."""
    tools = "tools: {a: {args: {n: number}}, b: {args: {n: string, k: string}}}"
    assert parse(policy("{args: {k: t}}", tools, "tools: [a, b]")).rules.specific
    with pytest.raises(PolicyError, match="`1` does not fit: `n` of `b` is string"):
        parse(policy("{args: {n: 1}}", tools, "tools: [a, b]"))


def test_beside_a_tool_of_unknown_arguments_only_a_slip_is_wrong() -> None:
    """Any other name may be one of that tool's."""
    tools = "tools: {a: {args: {limit: number}}, b: {}}"
    assert parse(policy("{args: {zzz: 1}}", tools, "tools: [a, b]")).rules.specific
    with pytest.raises(PolicyError, match="`limti`; did you mean `limit`"):
        parse(policy("{args: {limti: 1}}", tools, "tools: [a, b]"))


def test_defaults_are_about_every_tool() -> None:
    """So a name must be one of any tool's."""
    assert parse(TYPED + "}\ndefault_constraints: {args_drop: [n]}\n")
    with pytest.raises(PolicyError, match="no tool that this is about"):
        parse(TYPED + "}\ndefault_constraints: {args_drop: [zzz]}\n")


@pytest.mark.parametrize(
    ("key", "args", "said"),
    [
        ("request_id", "{request_id: string}", ""),
        ("request_id", "{request_id: any}", ""),
        ("request_id", "{order_id: string}", ""),
        ("request_id", "{request_id: integer}", "`request_id` is integer, and is filled with text"),
        (
            "reqest_id",
            "{request_id: string}",
            "`a` takes no argument `reqest_id`; did you mean `request_id`?",
        ),
    ],
)
def test_the_argument_of_the_digest_takes_text(key: str, args: str, said: str) -> None:
    """It need not be listed, as no model gives it; a misspelt one is filled nowhere."""
    text = f"tools: {{a: {{args: {args}, idempotency_argument: {key}}}}}\n"
    if not said:
        assert parse(text).tool("a")
        return
    with pytest.raises(PolicyError) as error:
        parse(text)
    assert said in str(error.value)
