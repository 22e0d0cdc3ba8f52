"""Warn: from which figure on, and never of too few cases."""

from typing import Any

import pytest

from interlock.desk.measures import (
    AgentAsks,
    Overdue,
    Ratio,
    ReviewerFigures,
    RouteAge,
    RuleFigures,
    TeamFigures,
)
from interlock.desk.warnings import warned
from interlock.intervals import share

NONE = Ratio(0, 0)


def kinds(*figures: Any) -> list[str]:
    """Return the kinds of warnings about some figures, whatever they are of."""
    sorts = (AgentAsks, RuleFigures, ReviewerFigures, RouteAge, TeamFigures)
    given = ([one for one in figures if isinstance(one, sort)] for sort in sorts)
    return [one.kind for one in warned(*given)]


def person(approvals: int, approve_s: float | None) -> ReviewerFigures:
    return ReviewerFigures("ana", Ratio(9, 9), approvals, approve_s, None, None)


@pytest.mark.parametrize(
    ("figure", "found"),
    [
        (AgentAsks("", "bot", Ratio(10, 100), 0), []),
        (AgentAsks("", "bot", Ratio(11, 100), 0), ["asks_much"]),
        (AgentAsks("", "bot", Ratio(49, 49), 0), []),
        (AgentAsks("", "bot", Ratio(0, 100), 1), ["cut"]),
        (RuleFigures("r", Ratio(6, 50), NONE), ["rule_asks_much"]),
        (RuleFigures("r", Ratio(5, 50), Ratio(190, 200)), []),
        (RuleFigures("r", Ratio(5, 50), Ratio(191, 200)), ["always_approved"]),
        (RuleFigures("r", Ratio(5, 50), Ratio(199, 199)), []),
        (person(10, 2.9), ["hasty"]),
        (person(10, 3.0), []),
        (person(9, 0.1), []),
        (person(0, None), []),
        (RouteAge("ops", 3, 0.5), []),
        (RouteAge("ops", 3, 0.51), ["old_queue"]),
        (TeamFigures("ops", share(0, 9), None, 0), []),
        (TeamFigures("ops", share(0, 10), None, 0), ["inattentive"]),
        (TeamFigures("ops", share(28, 32), None, 0), []),
        (TeamFigures("ops", share(0, 0), None, 0, 2), []),
        (TeamFigures("ops", share(17, 17), None, 10, 3), []),
        (TeamFigures("ops", share(17, 17), None, 9, 3), ["uncounted"]),
    ],
)
def test_each_threshold(figure: Any, found: list[str]) -> None:
    """A warning begins right behind its threshold, and with enough cases only."""
    assert kinds(figure) == found


def test_each_who_holds_two_keys_is_named() -> None:
    """Whoever says who answers and may act alone, and nobody else."""
    found = warned([], [], [], [], [], {"gil", "ana"})
    assert [(one.kind, one.about) for one in found] == [("two_keys", "ana"), ("two_keys", "gil")]


def test_a_warning_says_of_whose_agent_it_is() -> None:
    """Two tenants may have an agent of one name; of the warnings each says whose it is about."""
    asks = [AgentAsks(tenant, "bot", Ratio(99, 99), 1) for tenant in ("acme", "zeta")]
    found = warned(asks, [], [], [], notices=[Overdue("acme", "bot", 3)])

    assert [(one.kind, one.about, one.tenant) for one in found] == [
        ("asks_much", "bot", "acme"),
        ("cut", "bot", "acme"),
        ("asks_much", "bot", "zeta"),
        ("cut", "bot", "zeta"),
        ("unheard", "bot", "acme"),
    ]
    assert "nobody acknowledged 3 of its calls in time" in found[-1].says


def test_a_warning_says_what_and_what_helps() -> None:
    """In plain words, with the numbers, about whom, and the next step."""
    (one,) = warned([], [RuleFigures("big", NONE, Ratio(200, 200))], [], [])

    assert one.about == "big"
    assert "100.0% (200 of 200)" in one.says
    assert "interlock policy suggest" in one.remedy
    assert warned([], [], [], [RouteAge("", 1, 2.0)])[0].about == "anyone"
