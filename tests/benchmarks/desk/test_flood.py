"""Measure a flood: others beside it are held against the bar, and its share is as the law says."""

from pathlib import Path

import pytest

from benchmarks.desk import flood
from interlock.conduct.flooding import MAX_OPEN


def test_a_bar_is_missed_by_what_is_above_it() -> None:
    """Twice as long is kept; more is not."""
    found = flood.bars({"databases": {"A": {"times": 2.0}, "B": {"times": 2.01}}})

    assert [bar["met"] for bar in found] == [True, False]


@pytest.mark.slow
@pytest.mark.timeout(60)  # a turn of a thousand calls
def test_what_a_flood_comes_to(tmp_path: Path) -> None:
    """A turn of a thousand takes its agent's share, and a newcomer stands before its second."""
    with flood.opened("", str(tmp_path)) as gate:
        flood.propose(gate, "flooder", 0, flood.AT_ONCE)
        found = flood._come_to(gate)

    assert found == {
        "flood": flood.AT_ONCE,
        "cut": flood.AT_ONCE - MAX_OPEN,
        "flood_open": MAX_OPEN,
        "place": 2,
        "before_it": 1,
    }
