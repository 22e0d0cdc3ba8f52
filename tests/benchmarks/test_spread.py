"""Spread: three numbers by hand."""

from benchmarks.spread import spread


def test_spread_takes_the_nearest_rank() -> None:
    """Of 1..100 the median is 50 and the 95th percentile 95; of nothing there is none."""
    assert spread([float(n) for n in range(1, 101)]) == {"n": 100, "median": 50, "p95": 95}
    assert spread([]) == {"n": 0, "median": None, "p95": None}


def test_one_value_is_its_own_spread() -> None:
    """A single timing is median and 95th percentile at once."""
    assert spread([7.0]) == {"n": 1, "median": 7.0, "p95": 7.0}
