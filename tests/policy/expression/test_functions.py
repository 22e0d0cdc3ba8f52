"""Functions in the place of CEL's own."""

import pytest

from interlock.policy.expression.expressions import compile_expression
from interlock.policy.file.source import Mark, Node
from interlock.policy.variables import Variables


def truth(text: str, **args: object) -> bool | None:
    return compile_expression(Node(text, Mark("f", 1, 1))).truth(Variables({"args": args}))


@pytest.mark.parametrize(
    "text",
    [
        "args.n == 5", "5 == args.n", "args.n != 5", "!(args.n == 5)", "args.n in [5, 6]",
        "[args.n] == [5]", "args.o.deep.n == 5", "5 in args.l", "args.l[0] == 5",
        "args.l.exists(x, x == 5)", "args.l.all(x, x != 5)", "args.l.exists_one(x, x == 5)",
        "args.l.filter(x, x == 5).size() > 0", "args.l.map(x, x == 5).size() > 0",
        "args.l == [5]", "args.o == {'deep': {'n': 5}}", "{'deep': {'n': 5}} == args.o",
        "(args.n == 5 ? 1 : 2) == 1", "args.l in [[5]]", "args.n == 5.0", "args.flag == false",
        "args.flag != true", "args.flag in [false]", "args.n == dyn(5)",
    ],
)  # fmt: skip
def test_text_is_neither_the_number_nor_another(text: str) -> None:
    """Under every operator and at any depth; a boolean likewise."""
    exact = {"n": 5, "l": [5], "o": {"deep": {"n": 5}}, "flag": False}
    lax = {"n": "5", "l": ["5"], "o": {"deep": {"n": "5"}}, "flag": "off"}

    assert truth(text, **exact) is not None
    assert truth(text, **lax) is None


def test_what_may_be_compared_still_is() -> None:
    """Null, integers beside floats, keys of mappings; and a sure answer beside a doubt."""
    assert truth("args.n == null", n=None) is True
    assert truth("args.n != null", n="5") is True
    assert truth("args.n == 5", n=5.0) is True
    assert truth("args.n in [1.5, 2]", n=2) is True
    assert truth("'a' in args.o", o={"a": 1}) is True
    assert truth("args.l.exists(x, x == 5)", l=["5", 5]) is True
    assert truth("args.s.matches('^a') && args.s != 'ab'", s="ac") is True
