"""Equality of values that nobody vouches for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.expression.equality import among, equal, unequal

_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
_JSON = st.recursive(
    _SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5", 5), ("false", False), (0, False), (1, True), (1.0, True), ("", 0), ([1], "1"),
        ([], {}), ([1, "2"], [1, 2]), ({"a": "1"}, {"a": 1}), ([{"a": ["1"]}], [{"a": [1]}]),
        ({1: 2}, {"1": 2}), (b"x", "x"),
    ],
)  # fmt: skip
def test_values_of_different_types_cannot_be_compared(one: Any, other: Any) -> None:
    """At any depth, and neither way round."""
    for compared in (equal, unequal):
        for pair in ((one, other), (other, one)):
            with pytest.raises(ValueError, match="of different types"):
                compared(*pair)


@pytest.mark.parametrize(
    ("one", "other", "truth"),
    [
        (5, 5.0, True), (5, 5.5, False), ("a", "a", True), (None, None, True), (None, "x", False),
        (False, None, False), ([1, None], [1, 2], False), ([1], [1, "2"], False),
        (["1", 3], [1, 4], False), ({"a": "1", "b": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"b": "1"}, False), ({}, {"b": "1"}, False), (b"x", bytearray(b"x"), True),
    ],
)  # fmt: skip
def test_what_is_known_is_said(one: Any, other: Any, truth: bool) -> None:
    """Numbers are numbers, null is like nothing else, one known difference settles it."""
    assert equal(one, other) is equal(other, one) is truth
    assert unequal(one, other) is (not truth)


def test_a_list_or_mapping_holds_what_is_surely_equal() -> None:
    """An item that cannot be compared leaves open whether it is there, unless another is."""
    assert among(5, ["5", 5])
    assert not among(5, [4, None])
    assert not among(5, [])
    assert among("a", {"a": 1})
    assert not among("b", {"a": 1})
    for item, items in ((5, ["5"]), ("5", [5]), (True, [1]), (5, {"5": 1}), ([5], [["5"]])):
        with pytest.raises(ValueError, match="of different types"):
            among(item, items)


@given(_JSON, _JSON)
def test_it_is_pythons_own_where_it_answers(one: Any, other: Any) -> None:
    """An answer is never another than that of two values of one type."""
    try:
        found = equal(one, other)
    except ValueError:
        return
    assert found == (one == other)
