"""Figure: how the review desk does: waits, what is asked, who answers, what it should change."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from interlock.app.inbox import Inbox
from interlock.app.queue import ReviewerLoad, SharedQueue
from interlock.clock import stamp
from interlock.desk.measures import (
    AgentAsks,
    ProbeRow,
    ReviewerFigures,
    RouteAge,
    RuleFigures,
    TeamFigures,
    agent_asks,
    reviewer_figures,
    route_ages,
    rule_figures,
    team_figures,
)
from interlock.desk.waiting import QueueAge
from interlock.desk.warnings import DeskWarning, warned
from interlock.ledger.asked import asked
from interlock.ledger.disclosures import Disclosed, outcomes
from interlock.ledger.people import everyone
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import unacknowledged
from interlock.path.people import two_keys

DAYS: Final = 7.0
"""Over how long figures are taken, days, where nothing else is said; waits over one day."""


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Everything that `interlock desk` shows."""

    since: datetime
    """Of what was proposed, asked and answered; waits are of the last day."""
    queues: list[QueueAge]
    """By route."""
    ages: list[RouteAge]
    """By route, of what is open."""
    agents: list[AgentAsks]
    """Who asks most first."""
    rules: list[RuleFigures]
    """What asks most first."""
    reviewers: list[ReviewerFigures]
    """By name, of those who answered."""
    loads: list[ReviewerLoad]
    """By name, of those who could."""
    teams: list[TeamFigures]
    """By route, of canaries and second looks; never by person."""
    warnings: list[DeskWarning]

    def json(self) -> dict[str, Any]:
        """Return it as JSON; shares with how many of how many."""
        rows = {name: [_json(one) for one in getattr(self, name)] for name in _LISTS}
        return {"since": stamp(self.since), **rows}


_LISTS: Final = ("queues", "ages", "agents", "rules", "reviewers", "loads", "teams", "warnings")


def figures(
    inbox: Inbox, queue: SharedQueue, ledger: SqlLedger, tenant: str | None, days: float
) -> DeskFigures:
    """Return the figures of the desk over some days."""
    waits = inbox.queues(tenant)
    since = ledger.clock.now() - timedelta(days=days)
    seen = asked(ledger, since, tenant)
    agents, ages = agent_asks(seen.calls), route_ages(seen.ages)
    rules = rule_figures(seen.calls, seen.verdicts)
    reviewers = reviewer_figures(seen.answers)
    teams = team_figures(probe_rows(outcomes(ledger, tenant), since))
    with ledger.read() as db:
        both = two_keys(everyone(ledger, db))
    notices = unacknowledged(ledger, tenant)
    found = warned(agents, rules, reviewers, ages, teams, both, notices)
    return DeskFigures(since, waits, ages, agents, rules, reviewers, queue.loads(), teams, found)


def probe_rows(found: Iterable[Disclosed], since: datetime) -> Iterator[ProbeRow]:
    """Yield the probes that somebody ended since a time, also those that an outsider did."""
    for one in found:
        if one.at < since:
            continue
        first, same = one.how == "approved", one.came_to == "agreed"
        match one.came_to:
            case "caught" | "missed":
                yield ProbeRow(one.route, "canary", caught=one.came_to == "caught")
            case "agreed" | "disagreed":
                answers = (first, first if same else not first)
                yield ProbeRow(one.route, "second_look", answers=answers)
            case "uncounted":
                yield ProbeRow(one.route, "uncounted")
            case "unanswered":
                pass


def _json(one: Any) -> Any:  # noqa: ANN401 - a value of the desk
    """Write a figure as JSON, a share with its value."""
    if isinstance(one, ReviewerLoad):
        return one.json()
    if not hasattr(one, "_asdict"):
        return one
    parts = {name: _json(value) for name, value in one._asdict().items()}
    return parts | ({"value": one.value} if hasattr(one, "value") else {})


__all__ = ["DAYS", "DeskFigures"]
