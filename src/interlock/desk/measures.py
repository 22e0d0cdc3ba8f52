"""Measure: how much is asked, what people say to it, and how well the desk as a whole looks.

Pure, over small rows. Shares of a few cases say little: every one goes with its number. What people
caught of what was known to be wrong is told of teams, never of one person.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from statistics import median
from typing import Literal, NamedTuple, TypeVar

from interlock.desk.agreement import Kappa, kappa
from interlock.desk.waiting import quantile
from interlock.intervals import Share, share

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Ratio(NamedTuple):
    """How many of some cases."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0..1; 0 of no cases."""
        return self.hits / self.of if self.of else 0.0


class CallRow(NamedTuple):
    """One call that policy decided."""

    tenant: str
    agent: str
    rules: tuple[str, ...] = ()
    """Those that asked; none where nobody was to be asked."""
    asks: bool = False
    """Whether policy wanted somebody asked."""
    cut: bool = False
    """Whether nobody was, as its agent had asked too much."""


class AnswerRow(NamedTuple):
    """What one person said to one question."""

    by: str
    """The human, whichever of their names they used."""
    approved: bool
    rules: tuple[str, ...]
    grave: bool
    """Whether the risk is high or critical."""
    waited_s: float
    """From the question to the answer."""
    on_screen_s: float | None = None
    """How long it was looked at, where that was measured."""


class VerdictRow(NamedTuple):
    """How one question ended that people answered."""

    rules: tuple[str, ...]
    approved: bool


class AgeRow(NamedTuple):
    """One question that is open."""

    route: str
    age_s: float
    ttl_s: float
    """How long it may be open."""


class ProbeRow(NamedTuple):
    """One answer to a question that nothing hangs on."""

    route: str
    kind: Literal["canary", "second_look", "uncounted"]
    """`uncounted`: either, ended by an answer that says nothing of the team."""
    caught: bool = False
    """Of a canary: whether it was refused, or mended."""
    answers: tuple[bool, bool] = (False, False)
    """Of a second look: whether the first and the second person would let it run."""


class AgentAsks(NamedTuple):
    """How much of what an agent proposed was to be asked."""

    tenant: str
    agent: str
    asks: Ratio
    cut: int
    """Calls that nobody was asked about, as there were too many."""


class Overdue(NamedTuple):
    """How many notices of an agent's calls somebody should have acknowledged by now."""

    tenant: str
    agent: str
    calls: int


class RuleFigures(NamedTuple):
    """How much a rule asks, and what people say to it."""

    rule: str
    asks: Ratio
    """Of all calls."""
    approved: Ratio
    """Of the questions that people answered."""


class ReviewerFigures(NamedTuple):
    """What one person answered; nothing that tells what they missed."""

    name: str
    approved: Ratio
    grave: int
    """Approvals at high and critical risk, from which `approve_s` comes."""
    approve_s: float | None
    """Median time of these: on the screen where measured, else since the question was put."""
    on_screen_p50_s: float | None
    on_screen_p95_s: float | None


class RouteAge(NamedTuple):
    """How far the open questions of a route have used up their time."""

    route: str
    open: int
    p95_used: float
    """The 95th percentile of age by time to live, 0..1 and more."""


class TeamFigures(NamedTuple):
    """How well a group looks."""

    route: str
    caught: Share
    """Canaries that were caught, with the exact 95 % interval."""
    agreement: Kappa | None
    """Of second looks with the first answers; None where it cannot be estimated."""
    pairs: int
    uncounted: int = 0
    """Probes ended by who may not approve there, or by an edit of a second look."""


def agent_asks(calls: Iterable[CallRow]) -> list[AgentAsks]:
    """Return the ask rate of each agent, the highest first."""
    by_agent = _grouped(calls, lambda row: (row.tenant, row.agent))
    found = [
        AgentAsks(*name, _ratio(rows, lambda row: row.asks), sum(row.cut for row in rows))
        for name, rows in by_agent.items()
    ]
    return sorted(found, key=lambda one: (-one.asks.value, one.tenant, one.agent))


def rule_figures(calls: Sequence[CallRow], verdicts: Iterable[VerdictRow]) -> list[RuleFigures]:
    """Return of each rule that asked, or was answered, how much; what asks most first."""
    asks = Counter(rule for row in calls if row.asks for rule in {*row.rules})
    given = defaultdict[str, list[VerdictRow]](list)
    for row in verdicts:
        for rule in {*row.rules}:
            given[rule].append(row)
    found = [
        RuleFigures(
            rule, Ratio(asks[rule], len(calls)), _ratio(given[rule], lambda row: row.approved)
        )
        for rule in {*asks, *given}
    ]
    return sorted(found, key=lambda one: (-one.asks.hits, one.rule))


def reviewer_figures(answers: Iterable[AnswerRow]) -> list[ReviewerFigures]:
    """Return what each person answered, in the order of their names."""
    by_person = _grouped(answers, lambda row: row.by)
    return [_reviewer(name, by_person[name]) for name in sorted(by_person)]


def _reviewer(name: str, rows: Sequence[AnswerRow]) -> ReviewerFigures:
    seen = sorted(row.on_screen_s for row in rows if row.on_screen_s is not None)
    grave = [
        row.waited_s if row.on_screen_s is None else row.on_screen_s
        for row in rows
        if row.approved and row.grave
    ]
    return ReviewerFigures(
        name,
        _ratio(rows, lambda row: row.approved),
        len(grave),
        median(grave) if grave else None,
        quantile(seen, 0.5) if seen else None,
        quantile(seen, 0.95) if seen else None,
    )


def route_ages(ages: Iterable[AgeRow]) -> list[RouteAge]:
    """Return how far each route's open questions have used up their time, by route."""
    by_route = _grouped(ages, lambda row: row.route)
    return [
        RouteAge(
            route,
            len(rows := by_route[route]),
            quantile(sorted(row.age_s / row.ttl_s if row.ttl_s else 1.0 for row in rows), 0.95),
        )
        for route in sorted(by_route)
    ]


def team_figures(probes: Iterable[ProbeRow]) -> list[TeamFigures]:
    """Return how well each route's people look, by route."""
    by_route = _grouped(probes, lambda row: row.route)
    return [_team(route, by_route[route]) for route in sorted(by_route)]


def _team(route: str, rows: Sequence[ProbeRow]) -> TeamFigures:
    canaries = [row for row in rows if row.kind == "canary"]
    pairs = [row.answers for row in rows if row.kind == "second_look"]
    caught = share(sum(row.caught for row in canaries), len(canaries))
    uncounted = sum(row.kind == "uncounted" for row in rows)
    return TeamFigures(route, caught, kappa(pairs), len(pairs), uncounted)


def _grouped(rows: Iterable[T], name: Callable[[T], K]) -> defaultdict[K, list[T]]:
    found = defaultdict[K, list[T]](list)
    for row in rows:
        found[name(row)].append(row)
    return found


def _ratio(rows: Sequence[T], is_hit: Callable[[T], bool]) -> Ratio:
    return Ratio(sum(map(is_hit, rows)), len(rows))
