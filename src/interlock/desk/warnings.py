"""Warn: what the figures of the desk say that somebody should do, in plain words."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.desk.measures import (
    AgentAsks,
    Overdue,
    ReviewerFigures,
    RouteAge,
    RuleFigures,
    TeamFigures,
)

ASKED_AT_MOST: Final = 0.10
"""Share of calls from which people are asked too much: they stop looking."""
FEWEST_CALLS: Final = 50
"""Calls below which an ask rate says nothing."""
APPROVED_AT_MOST: Final = 0.95
"""Share of approvals from which a question may be needless, or nobody reads it."""
FEWEST_ANSWERS: Final = 200
"""Answers below which a share of approvals says nothing."""
LEAST_S: Final = 3.0
"""Median seconds for an approval at high risk below which nobody can have read it."""
FEWEST_TIMES: Final = 10
"""Such approvals below which their times say nothing."""
USED_AT_MOST: Final = 0.5
"""Share of its time that 19 of 20 open questions of a route may have used up."""
CAUGHT_AT_LEAST: Final = 0.9
"""Upper end of the interval of what a team catches of canaries below which it is warned."""
FEWEST_CANARIES: Final = 10
"""Answered canaries below which a team's share says nothing."""

UNCOUNTED_AT_MOST: Final = 0.1
"""Share of a team's probes that others may end before nothing is known of the team."""
FEWEST_UNCOUNTED: Final = 3
"""Probes so ended below which it may be chance."""

WarningKind: TypeAlias = Literal[
    "asks_much", "rule_asks_much", "always_approved", "hasty", "old_queue", "cut", "inattentive",
    "uncounted", "two_keys", "unheard",
]  # fmt: skip


class DeskWarning(NamedTuple):
    """Something that somebody should look at, and what helps."""

    kind: WarningKind
    about: str
    """The agent, rule, person or route."""
    says: str
    remedy: str
    tenant: str = ""
    """Whose agent it is about; empty where the tenant has no name, or several are counted."""


_SUGGEST: Final = "see what `interlock policy suggest` proposes"


def warned(
    agents: Iterable[AgentAsks],
    rules: Iterable[RuleFigures],
    reviewers: Iterable[ReviewerFigures],
    ages: Iterable[RouteAge],
    teams: Iterable[TeamFigures] = (),
    two_keys: Iterable[str] = (),
    notices: Iterable[Overdue] = (),
) -> list[DeskWarning]:
    """Return what the figures say that somebody should do; `two_keys` who holds two roles apart."""
    people = (_of_reviewers(reviewers), _of_ages(ages), _of_teams(teams), _of_keys(two_keys))
    found = (_of_agents(agents), _of_notices(notices), _of_rules(rules), *people)
    return [warning for each in found for warning in each]


def _of_agents(agents: Iterable[AgentAsks]) -> Iterator[DeskWarning]:
    for one in agents:
        if one.asks.of >= FEWEST_CALLS and one.asks.value > ASKED_AT_MOST:
            says = f"people are to be asked about {_of(one.asks)} of its calls"
            yield DeskWarning("asks_much", one.agent, says, _SUGGEST, one.tenant)
        if one.cut:
            says = f"nobody was asked about {one.cut} of its calls: it asked too much"
            remedy = "see what it tries: `interlock audit log --agent` names its calls"
            yield DeskWarning("cut", one.agent, says, remedy, one.tenant)


def _of_notices(notices: Iterable[Overdue]) -> Iterator[DeskWarning]:
    for one in notices:
        says = f"nobody acknowledged {one.calls} of its calls in time, as policy wants"
        remedy = "see which: `interlock oversight`; then `interlock ack ID`"
        yield DeskWarning("unheard", one.agent, says, remedy, one.tenant)


def _of_rules(rules: Iterable[RuleFigures]) -> Iterator[DeskWarning]:
    for one in rules:
        if one.asks.of >= FEWEST_CALLS and one.asks.value > ASKED_AT_MOST:
            says = f"it asks about {_of(one.asks)} of all calls"
            yield DeskWarning("rule_asks_much", one.rule, says, _SUGGEST)
        if one.approved.of >= FEWEST_ANSWERS and one.approved.value > APPROVED_AT_MOST:
            says = f"people approved {_of(one.approved)} of its questions: it may be too broad"
            yield DeskWarning("always_approved", one.rule, says, _SUGGEST)


def _of_reviewers(reviewers: Iterable[ReviewerFigures]) -> Iterator[DeskWarning]:
    for one in reviewers:
        if one.approve_s is not None and one.grave >= FEWEST_TIMES and one.approve_s < LEAST_S:
            says = (
                f"half of {one.grave} approvals at high risk took less than {one.approve_s:.1f} s"
            )
            remedy = "ask for a reason or a signature there, let them rest, or ask less"
            yield DeskWarning("hasty", one.name, says, remedy)


def _of_ages(ages: Iterable[RouteAge]) -> Iterator[DeskWarning]:
    for one in ages:
        if one.p95_used > USED_AT_MOST:
            says = f"its oldest open questions have used up {one.p95_used:.0%} of their time"
            remedy = "more people in the group, an `escalation`, or fewer questions"
            yield DeskWarning("old_queue", one.route or "anyone", says, remedy)


def _of_teams(teams: Iterable[TeamFigures]) -> Iterator[DeskWarning]:
    for one in teams:
        if one.caught.of >= FEWEST_CANARIES and one.caught.high < CAUGHT_AT_LEAST:
            says = f"its people caught {_of((one.caught.hits, one.caught.of))} of the canaries"
            remedy = "ask them less, let them rest, or ask others; relax no rule on their word"
            yield DeskWarning("inattentive", one.route or "anyone", says, remedy)
        ended = one.caught.of + one.pairs + one.uncounted
        if one.uncounted >= FEWEST_UNCOUNTED and one.uncounted / ended > UNCOUNTED_AT_MOST:
            says = (
                f"{_of((one.uncounted, ended))} of its canaries and second looks were ended "
                "by answers that do not count, as of who may not approve there"
            )
            remedy = "see whose: `interlock audit log --decision disclosed`"
            yield DeskWarning("uncounted", one.route or "anyone", says, remedy)


def _of_keys(two_keys: Iterable[str]) -> Iterator[DeskWarning]:
    for name in sorted(two_keys):
        says = "has the roles `registrar` and `break-glass`: says who answers, and may act alone"
        remedy = "take one of them: `interlock reviewer revoke NAME --role break-glass`"
        yield DeskWarning("two_keys", name, says, remedy)


def _of(ratio: tuple[int, int]) -> str:
    hits, of = ratio
    return f"{hits / of:.1%} ({hits} of {of})"
