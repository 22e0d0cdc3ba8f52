"""List: the ways in which a week is played, to be compared."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.week.figures import Figures, figures
from benchmarks.week.office import ALL, NONE, Controls
from benchmarks.week.people import VARIED
from benchmarks.week.simulation import USUAL, Habits, play
from benchmarks.week.traffic import week


class Arm(NamedTuple):
    """One way to play a week."""

    controls: Controls
    habits: Habits = USUAL
    floods: bool = True
    seeds: int | None = None
    """In how many weeks at most; None: in all of them."""


ARMS: Final[Mapping[str, Arm]] = {
    "none": Arm(NONE),
    "all": Arm(ALL),
    "all, and who has nothing helps": Arm(ALL, Habits(helps=True)),
    "budgets only": Arm(Controls(budgeted=True)),
    "assignment only": Arm(Controls(assigned=True), seeds=1),
    "pauses only": Arm(Controls(paused=True), seeds=1),
    "probes only": Arm(Controls(sampled=True), seeds=1),
    "all, no flood": Arm(ALL, floods=False, seeds=1),
    "all, but nobody says when they go": Arm(ALL, Habits(says_off=False), seeds=1),
    "none, and nobody says what they take": Arm(NONE, Habits(calls_out=False), seeds=1),
    "none, cases take twice as long": Arm(NONE, Habits(pace=2.0), seeds=1),
    "all, cases take twice as long": Arm(ALL, Habits(pace=2.0), seeds=1),
}
"""What is compared, by name."""

USUAL_ARMS: Final = ("none", "all", "all, and who has nothing helps", "budgets only")
"""Those of the committed figures."""


def one(arm: str, seed: int, asks: int, flood: int, folder: str | None = None) -> Figures:
    """Play one week of an arm; return its figures, with those of other attention beside."""
    way = ARMS[arm]
    requests = week(seed, asks, flood if way.floods else 0)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        played = play(Path(made), seed, requests, way.controls, way.habits)
    return figures(played, way.habits.attention, VARIED)
