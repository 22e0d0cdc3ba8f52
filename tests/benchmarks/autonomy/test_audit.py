"""The drawn periods: they are drawn as the audit draws, and what covers is counted."""

import pytest
from benchmarks.autonomy.audit import PERIODS, Calls, covered, drawn, normal, wilson

from interlock.autonomy.estimation import Stratum


def test_what_is_certain_is_all_drawn() -> None:
    """A mandatory stratum is known, others are drawn as often as their chance says."""
    for parts in drawn((Calls("all", 1.0, 50, 5), Calls("some", 0.2, 1000, 100)), 20, 3):
        assert parts[0] == Stratum("all", 1.0, 50, 50, 50, 5)
        assert 130 < parts[1].drawn < 270
        assert parts[1].wrong <= 100


def test_spreadsheets_are_done_right() -> None:
    """The rivals are the textbook intervals. Source: E. B. Wilson, JASA 22 (1927)."""
    half = [Stratum("all", 0.5, 200, 100, 100, 10)]

    assert wilson(half) == pytest.approx((0.0552, 0.1744), abs=1e-4)
    assert normal(half) == pytest.approx((0.1 - 0.0438, 0.1 + 0.0438), abs=1e-4)


def test_coverage_is_of_the_truth() -> None:
    """Each period's truth is its wrong calls over all, and the estimates lie around it."""
    name, period = next(iter(PERIODS.items()))
    found = covered(period, 60, 1)

    assert found["truth"] == 0.05, name
    assert 0.04 < found["mean_estimate"] < 0.06
    assert found["intervals"]["ours"]["coverage"] >= 0.95
