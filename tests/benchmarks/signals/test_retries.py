"""The retry benchmark: the most of each count over a run, beside how it ended."""

from typing import Any

from benchmarks.signals.retries import figures_of, played


def run(*calls: tuple[str, bool], utility: bool) -> dict[str, Any]:
    """Make a run of calls of a tool that failed or not."""
    made = [{"tool": tool, "args": {}, "error": error, "result": ""} for tool, error in calls]
    return {"suite": "shopping", "utility": utility, "calls": made}


def test_a_run_is_counted_by_its_worst_moment() -> None:
    """Three failures of one call are two repetitions and a streak of three, also at the end."""
    (found,) = played([run(("a", True), ("a", True), ("a", True), utility=False)])

    assert (found.most.same, found.most.error_streak, found.succeeded) == (2, 3, False)


def test_flagged_runs_stand_beside_the_others() -> None:
    """Each threshold parts the runs in two, with the share of each that did its task."""
    bad, good = run(("a", True), ("a", True), utility=False), run(("a", False), utility=True)
    rows = figures_of(list(played([bad, good, good])))
    streak = next(row for row in rows if (row["count"], row["at_least"]) == ("error_streak", 2))

    assert (streak["flagged"], streak["succeeded"], streak["others_succeeded"]) == (1, 0.0, 1.0)
