"""Estimate: the interval is exact, holds the share, and shrinks with the number of cases."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from interlock.intervals import at_most, finite, log_beta_below, share


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


@given(of=st.integers(0, 60), data=st.data())
def test_of_few_cases_the_ends_are_those_of_counting(of: int, data: st.DataObject) -> None:
    """Each end is the last number of hits under which what was seen is not too rare."""
    drawn = data.draw(st.integers(0, of))
    count = data.draw(st.integers(0, drawn))

    def ways(hits: int, seen: int) -> float:
        return math.comb(hits, seen) * math.comb(of - hits, drawn - seen) / math.comb(of, drawn)

    possible = range(count, of - drawn + count + 1)
    not_more = [hits for hits in possible if sum(ways(hits, i) for i in range(count + 1)) > 0.025]
    not_less = [hits for hits in possible if sum(ways(hits, i) for i in range(count)) < 0.975]
    assert finite(count, drawn, of) == (min(not_less), max(not_more))


@pytest.mark.parametrize("numbers", [(2, 1, 3), (1, 4, 3), (-1, 1, 3)])
def test_what_is_no_part_of_few_is_refused(numbers: tuple[int, int, int]) -> None:
    """Hits are among the drawn, and those among all."""
    with pytest.raises(ValueError, match="no part"):
        finite(*numbers)


def test_a_wider_confidence_is_wider() -> None:
    """The confidence is the caller's."""
    assert share(3, 50, 0.5).high < share(3, 50).high < share(3, 50, 0.999).high


def test_at_most_counts() -> None:
    """Two coins show at most one head three times in four, and never more than two."""
    assert at_most(1, 2, 0.5) == pytest.approx(0.75)
    assert at_most(5, 2, 0.5) == 1


@pytest.mark.parametrize(("x", "a", "b"), [(0.05, 1, 40), (0.5, 2, 3), (0.02, 30, 400)])
def test_the_incomplete_beta_is_its_integral(x: float, a: float, b: float) -> None:
    """The logarithm is that of the integral."""
    whole = quad(lambda t: t ** (a - 1) * (1 - t) ** (b - 1), 0, x)[0]

    assert log_beta_below(x, a, b) == pytest.approx(math.log(whole))


def test_what_is_too_small_for_a_double_has_a_logarithm() -> None:
    """Where the share of the whole vanishes, the series goes on where the other way ends."""
    a, b, x = 600.0, 1000.0, 0.02

    def of_largest(t: float) -> float:
        return math.exp((a - 1) * math.log(t / x) + (b - 1) * math.log((1 - t) / (1 - x)))

    largest = (a - 1) * math.log(x) + (b - 1) * math.log(1 - x)
    whole = largest + math.log(quad(of_largest, x / 2, x)[0])
    assert log_beta_below(x, a, b) == pytest.approx(whole)
