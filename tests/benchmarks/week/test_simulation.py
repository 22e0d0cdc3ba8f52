"""Simulation: small weeks through the real gate, with and without the controls."""

from pathlib import Path

import pytest
from benchmarks.week.office import NONE, Controls
from benchmarks.week.rows import Week
from benchmarks.week.simulation import play
from benchmarks.week.traffic import week

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]  # hundreds of calls through a ledger


def small(folder: Path, controls: Controls, asks: int = 60, flood: int = 30) -> Week:
    """Play a small week in a folder of its own."""
    folder.mkdir()
    return play(folder, 7, week(7, asks, flood), controls)


@pytest.mark.parametrize("controls", [NONE, Controls(budgeted=True)], ids=["none", "budgets"])
def test_a_week_is_whole(tmp_path: Path, controls: Controls) -> None:
    """Every request has one end, and tools ran for those that a person approved, once each."""
    found = small(tmp_path / "a", controls)

    assert len(found.asked) == 90
    assert found.unapproved == 0
    assert found.ran == sum(one.end == "approved" for one in found.asked) > 60
    assert all(one.wait_s >= 0 for one in found.asked)


@pytest.mark.parametrize("controls", [NONE, Controls(budgeted=True)], ids=["none", "budgets"])
def test_the_same_seed_is_the_same_week(tmp_path: Path, controls: Controls) -> None:
    """What people are offered, answer and overlook is the seed's alone."""
    first, again = (small(tmp_path / name, controls, 30, 15) for name in "ab")

    assert [one[1:] for one in first.asked] == [one[1:] for one in again.asked]
    assert first.given == again.given
