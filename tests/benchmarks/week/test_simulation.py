"""Simulation: two days of small weeks, through the real gate, with and without controls."""

from pathlib import Path

import pytest
from benchmarks.week.office import ALL, NONE, Controls
from benchmarks.week.rows import Week
from benchmarks.week.simulation import Habits, play
from benchmarks.week.traffic import DAY_S, week

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]  # a hundred calls through a ledger
BOTH = pytest.mark.parametrize("controls", [NONE, ALL], ids=["none", "all"])


def small(folder: Path, controls: Controls, asks: int = 80, flood: int = 40) -> Week:
    """Play two days of a small week in a folder of its own."""
    folder.mkdir()
    return play(folder, 7, week(7, asks, flood), controls, Habits(elsewhere_s=1800), days=2)


@BOTH
def test_two_days_are_whole(tmp_path: Path, controls: Controls) -> None:
    """Every request is there once, and tools ran for what a person approved, once each."""
    found = small(tmp_path / "a", controls, 50, 25)
    asked = [ask for ask in week(7, 50, 25) if ask.at < 2 * DAY_S]

    assert sorted(one.ask for one in found.asked) == sorted(asked)
    assert found.ran == sum(one.end == "approved" for one in found.asked) > 20
    assert (found.unapproved, found.probes_ran) == (0, 0)
    assert all(one.wait_s >= 0 for one in found.asked)


@BOTH
def test_the_same_seed_is_the_same(tmp_path: Path, controls: Controls) -> None:
    """What people are offered, answer and overlook is the seed's alone."""
    first, again = (small(tmp_path / name, controls, 30, 10) for name in "ab")

    assert first == again


def test_probes_are_posed_and_told_apart_only_by_the_simulator(tmp_path: Path) -> None:
    """People answer second looks like requests; what they say is what the ledger kept."""
    found = small(tmp_path / "a", ALL)
    given = [one for one in found.given if one.kind == "second look" and one.came == "counted"]

    assert len(given) == len(found.looks) > 0
    assert sum(one.approves for one in given) == sum(pair.second for pair in found.looks)
    assert found.posed["second look"] >= len(given)


def test_budgets_cut_a_flood(tmp_path: Path) -> None:
    """Of a thousand requests of one agent people see a hundred at a time; others lose none."""
    found = small(tmp_path / "a", Controls(budgeted=True), asks=10, flood=130)
    cut = [one for one in found.asked if one.end == "cut"]

    assert cut
    assert all(one.ask.is_flood for one in cut)
