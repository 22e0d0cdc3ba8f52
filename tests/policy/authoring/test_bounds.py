"""Bound: counting agrees with the comparison itself, and a better bound asks about a few."""

import operator
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.authoring.bounds import FEW, MANY, better, beyond, compared

HOLDS: dict[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
}
NUMBERS = st.integers(-50, 50) | st.floats(-50, 50)


@given(st.lists(NUMBERS), st.sampled_from(sorted(HOLDS)), NUMBERS)
def test_counted_as_compared(values: list[float], comparison: str, bound: float) -> None:
    """The count is of those for which the comparison holds."""
    assert beyond(sorted(values), comparison, bound) == sum(
        HOLDS[comparison](each, bound) for each in values
    )


@given(st.lists(NUMBERS, min_size=1, max_size=400), st.sampled_from(sorted(HOLDS)))
def test_a_better_bound_asks_about_a_few(values: list[float], comparison: str) -> None:
    """What is proposed asks about 5 to 10 % of the values, or nothing is."""
    values.sort()
    bound = better(values, comparison)

    assert bound is None or FEW <= beyond(values, comparison, bound) / len(values) <= MANY


@pytest.mark.parametrize("comparison", sorted(HOLDS))
def test_where_one_exists_it_is_found(comparison: str) -> None:
    """Of many different values some bound asks about a few, and it is a plain number."""
    bound = better([each * 1.0007 for each in range(1000)], comparison)

    assert bound is not None
    assert len(f"{bound:g}") <= 4


def test_keys() -> None:
    """Keys that compare numbers are read; others are none."""
    assert compared("usd_above") == ("usd", "above")
    assert compared("confidence_below") == ("confidence", "below")
    assert (compared("region_is"), compared("tools"), compared("_above")) == (None, None, None)
