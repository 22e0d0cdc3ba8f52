"""Estimate: the interval is exact, holds the share, and shrinks with the number of cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.intervals import share


@given(of=st.integers(1, 300), data=st.data())
def test_it_holds_its_share(of: int, data: st.DataObject) -> None:
    """The share lies within its interval, and that within 0..1."""
    found = share(data.draw(st.integers(0, of)), of)

    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_rule_of_three() -> None:
    """Nothing in n cases leaves about 3.7/n open. Source: exact, 1 - 0.025 ** (1 / n)."""
    assert share(0, 100).high == pytest.approx(1 - 0.025**0.01)
    assert share(100, 100).low == pytest.approx(0.025**0.01)


def test_of_no_cases_nothing_is_known() -> None:
    """Without cases every share is possible."""
    assert share(0, 0)[2:] == (0.0, 1.0)


@pytest.mark.parametrize(("count", "of"), [(2, 1), (-1, 3)])
def test_what_is_no_part_is_refused(count: int, of: int) -> None:
    """A count is between 0 and the number of cases."""
    with pytest.raises(ValueError, match="no part"):
        share(count, of)
