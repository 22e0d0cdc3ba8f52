"""The confidence benchmark: which calls are judged, by what, and never by their own task."""

from typing import Any

import pytest
from benchmarks.signals.confidence import Write, judged_by_agreement, judged_by_record, writes

from benchmarks.signals import confidence

TOOLS = [
    {"domain": "airline", "tool": "book", "type": "WRITE"},
    {"domain": "airline", "tool": "look", "type": "READ"},
]


def run(task: int, trial: int = 0, **more: Any) -> dict[str, Any]:
    """Make a run of one look and one booking."""
    call = {"args": {"n": task}, "in_ground_truth": False, "error": False}
    calls = [{"tool": tool, **call} for tool in ("look", "book")]
    base = {"source": "tau", "model": "m", "domain": "airline", "task_id": str(task)}
    return base | {"trace_id": f"{task}/{trial}", "reward": 0.0, "calls": calls} | more


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({}, False),
        ({"reward": 1.0}, True),
        ({"db_match": True}, True),
        ({"db_match": False}, False),
    ],
)
def test_a_write_is_right_when_its_run_ended_well(more: dict[str, Any], *, right: bool) -> None:
    """Reads are not judged; a write is right by the state or the reward its run ended with."""
    found = writes([run(1, **more)], TOOLS)

    assert [(write.call[0], write.right) for write in found] == [("book", right)]


@pytest.mark.parametrize(
    "more", [{"domain": "banking"}, {"source": "adaptive_agent"}, {"calls": [
        {"tool": "book", "args": {}, "in_ground_truth": True, "error": True}]}]
)  # fmt: skip
def test_what_is_no_executed_write_is_left_out(more: dict[str, Any]) -> None:
    """Other domains, the implausible submission and calls that failed are not judged."""
    assert writes([run(1, **more)], TOOLS) == []


def test_no_write_is_judged_by_its_own_task() -> None:
    """An agent of which only one task is known has no record for it."""
    lone = [Write("airline", "m", "airline 1", "r", ("book", {}), right=True)] * 5
    two = [*lone, Write("airline", "m", "airline 2", "r", ("book", {}), right=False)]

    assert judged_by_record(lone, None) == []
    assert [each.said_0_1 < 0.5 for each in judged_by_record(two, None)] == [True] * 5 + [False]
    assert len(judged_by_record(lone, None, unseen=0.5)) == 5


def test_agreement_asks_the_other_trials() -> None:
    """A trial never agrees with itself."""
    runs = [run(1, trial) for trial in range(3)] + [run(2)]
    judged = judged_by_agreement(runs, writes(runs, TOOLS))

    assert [each.said_0_1 for each in judged.values()] == [1.0, 1.0, 1.0]


def test_figures_are_those_of_the_lists() -> None:
    """A perfect order has an area of 1 and its surer half is right."""
    judged = [confidence.Judged(0.9, right=True), confidence.Judged(0.1, right=False)]

    assert confidence.figures_of(judged) == {
        "calls": 2,
        "auroc": 1.0,
        "ece": 0.1,
        "brier": 0.01,
        "top_half_right": 1.0,
    }
