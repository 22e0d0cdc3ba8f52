"""Compare: values for `==`, `!=` and `in`, where one of them is nobody's to vouch for.

CEL calls values of different types unequal. A tool may take the text "5" for the number 5, so here
that is neither equal nor unequal: it cannot be compared, at any depth. Integers and floats are
numbers alike; null may be compared with anything. A name that is known to differ settles a list or
a mapping as in logic: false and what cannot be known are false.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, Final, TypeAlias, cast

Truth: TypeAlias = bool | None
"""None: cannot be compared."""

_KINDS: Final[Mapping[type, str]] = {
    bool: "true or false",
    bytearray: "bytes",
    bytes: "bytes",
    datetime: "a time",
    dict: "a mapping",
    float: "a number",
    int: "a number",
    list: "a list",
    NoneType: "null",
    str: "text",
    timedelta: "a duration",
}

_ATOMS: Final = frozenset({bool, float, int, str})


def equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether values are equal. Raises `ValueError` for those that cannot be compared."""
    kind = cast("type[Any]", type(one))
    if kind is type(other) and kind in _ATOMS:  # most are, and loops ask often
        return bool(one == other)
    return _known(_equal(one, other), one, other)


def unequal(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether values differ. Raises `ValueError` for those that cannot be compared."""
    return not equal(one, other)


def among(item: Any, items: Sequence[Any] | Mapping[Any, Any]) -> bool:  # noqa: ANN401 - JSON
    """Say whether a list has an item, or a mapping a key.

    Raises `ValueError` where none is equal and one cannot be compared.
    """
    truths = [_equal(item, each) for each in items]
    return _known(True if True in truths else None if None in truths else False, item, items)


def _known(truth: Truth, one: object, other: object) -> bool:
    if truth is None:
        kinds = _kind(one), _kind(other)
        within = f"within {kinds[1]}" if kinds[0] == kinds[1] else f"{kinds[0]} and {kinds[1]}"
        raise ValueError(f"values of different types are compared: {within}")
    return truth


def _equal(one: Any, other: Any) -> Truth:  # noqa: ANN401 - JSON
    if one is None or other is None:
        return one is other
    if (kind := _kind(one)) != _kind(other) or not kind:
        return None
    match one:
        case list():
            return _all_of(map(_equal, one, other)) if len(one) == len(other) else False  # pyright: ignore[reportUnknownArgumentType] - JSON
        case dict():
            return _equal_mappings(one, other)  # pyright: ignore[reportUnknownArgumentType] - JSON
        case _:
            return bool(one == other)


def _equal_mappings(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> Truth:
    if len(one) != len(other):
        return False
    if {_kind(key) for key in one} != {_kind(key) for key in other}:
        return None
    if one.keys() != other.keys():
        return False
    return _all_of(_equal(value, other[key]) for key, value in one.items())


def _all_of(truths: Iterable[Truth]) -> Truth:
    """Say whether all hold; None where none fails and one is unknown."""
    every: Truth = True
    for truth in truths:
        if truth is False:
            return False
        if truth is None:
            every = None
    return every


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "")
