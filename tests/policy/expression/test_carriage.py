"""What is carried arrives exactly; what is not is lost, never left out."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from interlock.policy.document import ArgumentType
from interlock.policy.expression.carriage import MAX_DEPTH, MAX_VALUES, Lost, Read, carry


def carried(value: Any, kind: ArgumentType = "any", root: str = "args") -> Any:
    return carry({root: {"x": value, "other": object()}}, [Read(root, "x", kind)]).roots[root]["x"]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3),
        (-(2**63), -(2**63)),
        (1.5, 1.5),
        ("é", "é"),
        (None, None),
        (True, True),
        ((1, 2), [1, 2]),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        (Decimal("1.5"), 1.5),
        (b"ab", b"ab"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    ],
)
def test_what_arrives(value: object, expected: object) -> None:
    """JSON values arrive as they are; dates as their ISO texts."""
    result = carried(value)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        float("nan"),
        float("inf"),
        Decimal("0.1"),
        Decimal("sNaN"),
        "\ud800",
        {1: 2},
        {"\ud800": 1},
        object(),
        {1, 2},
        nested(MAX_DEPTH + 1),
        [0] * (MAX_VALUES + 1),
        [[0] * 100] * 200,
        "x" * (64 * MAX_VALUES + 64),
    ],
)
def test_what_is_lost(value: object) -> None:
    """What CEL would round, refuse or crash on is not carried."""
    with pytest.raises(Lost, match="args"):
        carried(value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "a", 1),
        ("number", 1.5, "1.5"),
        ("number", 2, True),
        ("integer", 2.0, 2.5),
        ("integer", 2, "2"),
        ("boolean", True, 1),
        ("array", (1,), {"a": 1}),
        ("object", {"a": 1}, [1]),
        ("string", "a", None),
    ],
)
def test_a_declared_type_is_kept(kind: ArgumentType, good: object, bad: object) -> None:
    """A value of another type than the declared one is no value of that argument."""
    carried(good, kind)
    with pytest.raises(Lost):
        carried(bad, kind)


@pytest.mark.parametrize("confidence", [95, -0.1, "high", True])
def test_signals_outside_their_range_are_lost(confidence: object) -> None:
    """A confidence of 95 is not a high one."""
    signals: Mapping[str, Any] = {"signals": {"confidence": confidence}}
    for read in (Read("signals", "confidence", "number"), Read("signals")):
        if confidence is True and not read.member:
            continue
        with pytest.raises(Lost):
            carry(signals, [read])


def test_none_is_null_in_arguments_only() -> None:
    """An agent without an owner has none; an argument may be null."""
    roots = {"agent": {"id": "a", "owner": None}, "args": {"note": None}}
    taken = carry(roots, [Read("agent", "owner"), Read("agent"), Read("args", "note")]).roots

    assert taken == {"agent": {"id": "a"}, "args": {"note": None}}


def test_a_whole_variable_is_carried_whole_or_lost() -> None:
    """Reading all arguments needs all of them."""
    with pytest.raises(Lost, match="args"):
        carry({"args": {"a": 1, "b": object()}}, [Read("args")])


def test_sizes_are_told() -> None:
    """The longest list and the longest text are known to whoever estimates the work."""
    taken = carry(
        {"args": {"a": [[1] * 20], "t": "x" * 300}}, [Read("args", "a"), Read("args", "t")]
    )

    assert taken.size[:2] == (20, 300)
