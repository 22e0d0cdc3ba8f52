"""CEL as policies have it: numbers mix, `matches` is ours, and errors are in words."""

import pytest

from interlock.policy.expression.dialect import (
    BadExpression,
    Values,
    evaluated,
    parse,
    truth_of,
    type_of,
)
from interlock.policy.expression.scope import Scope

SCOPE = Scope(args={"n": "number", "i": "integer", "s": "string"})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("args_n > 3", "boolean"),
        ("args_n * 2", "number"),
        ("args_i * 2", "integer"),
        ("args_i * 0.5", "number"),
        ("args_s + 'x'", "string"),
        ("[args_n]", "array"),
        ("{'a': args_n}", "object"),
        ("args.other", "any"),
        ("timestamp(args_s)", "TIMESTAMP"),
        ("timestamp(args_s) - timestamp(args_s) < duration('1h')", "boolean"),
        ("timestamp(args_s) + duration('1h') > timestamp(args_s)", "boolean"),
        ("args_n == 3 && args_i == 3.0 && args_n in [1, 2.5]", "boolean"),
        ("args_s in {'a': 1} || null == args.other", "boolean"),
    ],
)
def test_types_come_out(text: str, kind: str) -> None:
    """Declared types are carried through functions and operators."""
    assert type_of(text, SCOPE) == kind


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("args_n > 'x'", "`>` does not go with (number, string)", 7),
        ("1 ==\n\n  nope", "unknown function or name `nope`", 8),
        ("tool ==", "not valid CEL: mismatched input '<eof>'", 7),
        ("'é' == args_n", "`==` does not go with (string, number)", 4),
    ],
)
def test_errors_have_a_place(text: str, words: str, offset: int) -> None:
    """What is wrong is told at its character of the text."""
    with pytest.raises(BadExpression) as bad:
        type_of(text, SCOPE)

    assert (str(bad.value), bad.value.offset) == (words, offset)


def test_a_lone_surrogate_is_no_expression() -> None:
    """A text that cannot be encoded is refused as any other bad one."""
    with pytest.raises(BadExpression):
        parse("'\ud800' == tool")


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("args.n + 1 == 2.5", ("", True)),
        ("args.n", ("", 1.5)),
        ("args.gone", ("`gone` is missing", None)),
        ("tool", ("`tool` is missing", None)),
        ("args.n * 'x'", ("`*` does not go with (number, string)", None)),
        ("args.i / 0.0 > 1.0", None),
        ("args.l.all(x, args.l.all(y, x == y))", ("it loops too often", None)),
    ],
)
def test_what_evaluating_comes_to(text: str, outcome: tuple[str, object] | None) -> None:
    """A value, or a problem in words; never an exception."""
    values = Values({"args": {"n": 1.5, "i": 1, "l": [1] * 6_000}})
    said, value = evaluated(parse(text), values)

    assert (said, value) == outcome if outcome else said
    assert truth_of(parse(text), values) is (value if isinstance(value, bool) else None)
