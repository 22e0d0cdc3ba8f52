"""Compute: member paths and sizes."""

from typing import Any

import pytest

from interlock.policy.facts import MISSING, parse_fact


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
        assert path.compute({"args": args, "agent": {"id": "bot"}}) == value


@pytest.mark.parametrize(
    "text",
    ["", "args", "args.", "args.a[0]", "args.a + 1", "tool.x", "size(size(args.a))", "args.a-b",
     "SIZE(args.a)", "size args.a"],
)  # fmt: skip
def test_anything_else_is_no_path(text: str) -> None:
    """Only member paths and sizes of them are read."""
    assert parse_fact(text) is None
