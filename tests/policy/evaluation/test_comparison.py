"""Compare: like with like, and nothing raises."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.evaluation.comparison import compare
from interlock.policy.expression.equality import Truth
from interlock.policy.facts import is_number
from interlock.policy.match import COMPARISONS, Comparison

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=1), st.integers(), max_size=1),
    st.decimals(),
    st.binary(max_size=2),
)
scalars = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=3))


@given(values, st.sampled_from(COMPARISONS), scalars)
def test_no_comparison_raises(value: Any, comparison: Comparison, wanted: Any) -> None:
    """Whatever a fact is, comparing it is true, false or not to be said."""
    operand = (wanted,) if comparison == "in" else wanted
    if comparison in ("above", "below", "at_least", "at_most") and not is_number(wanted):
        return
    assert compare(value, comparison, operand) in (True, False, None)


@pytest.mark.parametrize(
    ("value", "comparison", "wanted", "truth"),
    [
        (5, "above", 5, False),
        (5.1, "above", 5, True),
        (5, "at_least", 5, True),
        (5, "below", 5, False),
        (5, "at_most", 5.0, True),
        (Decimal("5.01"), "above", 5, True),
        (10**400, "above", 1.5, True),
        ("5", "above", 4, None),
        (True, "above", 0, None),
        (float("nan"), "below", 4, None),
        (float("inf"), "above", 4, None),
        (Decimal("NaN"), "above", 4, None),
        (None, "is", "x", None),
        ([5], "is", 5, None),
        ("x", "is", "x", True),
        ("x", "is", "y", False),
        ("1", "is", 1, None),
        (1, "is", True, None),
        (True, "is", True, True),
        (1.0, "is", 1, True),
        ("x", "in", ("x", 1), True),
        ("y", "in", ("x", "z"), False),
        ("y", "in", ("x", 1), None),
    ],
)
def test_only_like_is_compared_with_like(
    value: Any, comparison: Comparison, wanted: Any, truth: Truth
) -> None:
    """Numbers with numbers, text with text, booleans with booleans; all else cannot be said."""
    assert compare(value, comparison, wanted) is truth
