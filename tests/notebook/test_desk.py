"""Plot: the figures of the desk, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from interlock.app.figures import DeskFigures
from interlock.app.queue import ReviewerLoad
from interlock.desk.measures import AgentAsks, Ratio, RuleFigures, TeamFigures
from interlock.desk.waiting import QueueAge
from interlock.intervals import Share
from interlock.notebook import desk


@pytest.fixture
def figures(worker: Any) -> DeskFigures:
    """The figures of a day with one wait, two people, two agents, a rule and a team."""
    found = worker.gate.figures()
    queue = QueueAge("ops", 1, 60.0, 2, 0, 120.0, 600.0, ())
    away = worker.clock.now()
    return replace(
        found,
        queues=[queue],
        loads=[
            ReviewerLoad("ana", 3, 9, 5, None, None),
            ReviewerLoad("bo", 0, 9, 5, away, None),
        ],
        agents=[AgentAsks("", "bot", Ratio(5, 10), 0), AgentAsks("acme", "bot", Ratio(1, 99), 0)],
        rules=[
            RuleFigures("big", Ratio(5, 10), Ratio(4, 5)),
            RuleFigures("new", Ratio(1, 9), Ratio(0, 0)),
        ],
        teams=[TeamFigures("", Share(9, 10, 0.555, 0.997), None, 0)],
    )


def labels(axes: Any) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]


def test_waits_by_route(figures: DeskFigures) -> None:
    """Median and 95th percentile of each, in minutes."""
    axes = desk.waits(figures)

    assert labels(axes) == ["ops"]
    assert [bar.get_width() for bars in axes.containers for bar in bars] == [2.0, 10.0]


def test_load_by_reviewer(figures: DeskFigures) -> None:
    """Who is out is marked, and the cap is a line."""
    axes = desk.load(figures)

    assert labels(axes) == ["ana", "bo (out)"]
    assert [bar.get_width() for bar in axes.containers[0]] == [3, 0]
    assert [line.get_xdata()[0] for line in axes.lines] == [5]


def test_rates_say_of_how_many(figures: DeskFigures) -> None:
    """What is over its bound has another colour; a rule that nobody answered has no bar."""
    asks, approvals = desk.ask_rates(figures), desk.approval_rates(figures)
    first, second = asks.containers[0]

    assert labels(asks) == ["bot (10)", "acme/bot (99)"]
    assert first.get_facecolor() != second.get_facecolor()
    assert labels(approvals) == ["big (5)"]
    assert [bar.get_width() for bar in approvals.containers[0]] == [0.8]


def test_detection_has_its_interval(figures: DeskFigures) -> None:
    """A team is a point in an interval, and no person."""
    axes = desk.detection(figures)

    assert labels(axes) == ["anyone (10)"]
    assert list(axes.lines[0].get_xdata()) == [0.555, 0.997]
    assert list(axes.lines[1].get_xdata()) == [0.9]


def test_an_empty_ledger_has_empty_plots(worker: Any) -> None:
    """Nothing happened, and that is what is drawn."""
    empty = worker.gate.figures()
    plots = (desk.waits, desk.ask_rates, desk.approval_rates, desk.load, desk.detection)

    assert [[*plot(empty).patches] for plot in plots] == [[]] * 5
    assert all(plot(empty).get_title() for plot in plots)
