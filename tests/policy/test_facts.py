"""Compute: member paths and sizes."""

from typing import Any

import pytest

from interlock.policy.facts import MISSING, parse_fact, parse_path
from interlock.policy.variables import Variables


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("args.a", 1),
        ("args.b.c", "x"),
        ("size(args.list)", 3),
        (" size( args.b ) ", 1),
        ("size(args.text)", 4),
        ("agent.id", "bot"),
        ("args.none", MISSING),
        ("args.a.b", MISSING),
        ("args.list.0x", None),
        ("size(args.a)", MISSING),
        ("size(args.none)", MISSING),
        ("context.x", MISSING),
    ],
)
def test_a_path_finds_its_member(text: str, value: Any) -> None:
    """A member, its size, or `MISSING`."""
    args = {"a": 1, "b": {"c": "x"}, "list": [1, 2, 3], "text": "four", "none": None}
    path = parse_fact(text)

    if value is None:
        assert path is None
    else:
        assert path
        assert path.compute(Variables({"args": args, "agent": {"id": "bot"}})) == value


@pytest.mark.parametrize(
    "text",
    ["", "args", "args.", "args.a[0]", "args.a + 1", "tool.x", "size(size(args.a))", "args.a-b",
     "SIZE(args.a)", "size args.a"],
)  # fmt: skip
def test_anything_else_is_no_path(text: str) -> None:
    """Only member paths and sizes of them are read."""
    assert parse_fact(text) is None


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b_1.ü", ("a", "b_1", "ü")),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ("['a b']['c']", ("a b", "c")),
        ("", ()),
        ("a.", ()),
        ("1a", ()),
        ('a["b', ()),
        ("a[0]", ()),
        ("a b", ()),
    ],
)
def test_a_path_names_odd_members_in_brackets(text: str, steps: tuple[str, ...]) -> None:
    """Names stand between dots, odd ones in brackets and quotes; anything else is no path."""
    assert parse_path(text) == steps


def test_a_fact_of_an_odd_name() -> None:
    """A fact may be read under a name with dots."""
    fact = parse_fact('args["a.b"].c')

    assert fact
    assert fact.compute(Variables({"args": {"a.b": {"c": 3}}})) == 3
