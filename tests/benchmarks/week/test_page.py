"""Page: laws are missed by what breaks them, and figures are medians with their spread."""

import copy
import json
from typing import Any

import pytest
from benchmarks.week.figures import figures
from benchmarks.week.people import VARIED
from benchmarks.week.rows import Asked, Given, Week
from benchmarks.week.traffic import FLOOD_AT_S, Ask

from benchmarks.week import page


def made(**changes: Any) -> dict[str, Any]:
    """Make the figures of a week of one request, answered half an hour after the flood."""
    at = FLOOD_AT_S + 1800
    ask = Ask(at - 60, "agent-01", "crm.update", {}, bad=True)
    given = Given("ana", "c", at - 20, at, "call", True, True, 0.0, "counted", False, "desk")
    rows = Week(
        asked=(Asked(ask, at, "approved"),),
        given=(given,),
        looks=(),
        every=(),
        ran=1,
        unapproved=0,
        probes_ran=0,
        posed={},
        backlog=((0.0, 0),),
        over_cap=None,
    )
    return figures(rows, varied=VARIED) | changes


def found(*weeks: dict[str, Any], arm: str = "all") -> dict[str, Any]:
    """Make a run of some weeks of one arm."""
    conditions = {
        "command": "c", "taken": "t", "machine": "m", "python": "3", "sqlite": "3",
        "packages": {}, "load_before": 0.1, "took_s": 1,
    }  # fmt: skip
    seeds = {str(at + 1): one for at, one in enumerate(weeks)}
    return {"asks": 1, "flood": 0, "weeks": {arm: seeds}, "conditions": conditions}


@pytest.mark.parametrize(
    ("changes", "law"),
    [
        ({"probes_ran": 1}, "weeks: canaries and second looks that reached a tool: at most 0"),
        ({"unapproved": 1}, "weeks: tools that ran without a person's approval: at most 0"),
        (
            {"most_in_a_window": page.RUN + 1},
            f"weeks: approvals of one person in four hours without a pause: at most {page.RUN}",
        ),
        (
            {"over_cap": 1},
            "weeks: requests that somebody was asked to look at beyond their cap: at most 0",
        ),
    ],
)
def test_a_law_is_missed_by_one_week(changes: dict[str, Any], law: str) -> None:
    """One week of many that breaks a law is enough, and the law is named."""
    good, bad = made(), made(**changes)
    missed = [bar["law"] for bar in page.bars(found(good, bad)) if not bar["met"]]

    assert missed == [law]
    assert all(bar["met"] for bar in page.bars(found(good)))


def test_runs_without_pauses_break_no_law_of_pauses() -> None:
    """Who has no pauses may approve without one; that is a figure, and no bar."""
    long = made(most_in_a_window=300)

    assert all(bar["met"] for bar in page.bars(found(long, arm="none")))


def test_a_figure_is_a_median_with_its_spread() -> None:
    """Waits of one, two and nine minutes are two, from one to nine."""
    weeks = [copy.deepcopy(made()) for _ in range(3)]
    for week, minutes in zip(weeks, (9, 1, 2), strict=True):
        week["others"]["median_s"] = 60.0 * minutes

    assert "| all | 2 (1–9) |" in page.markdown(found(*weeks))


def test_figures_are_json() -> None:
    """What is not known is none, never a number that JSON does not have."""
    assert json.loads(json.dumps(made(), allow_nan=False)) == made()
