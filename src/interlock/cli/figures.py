"""Tabulate: the figures of the review desk, a section for each question that they answer."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from rich.text import Text

from interlock.app.figures import DeskFigures
from interlock.app.queue import ReviewerLoad
from interlock.cli.screen import Columns, amount, local, print_listing, print_table, say, span
from interlock.desk.agreement import FEWEST
from interlock.desk.display import visible
from interlock.desk.measures import AgentAsks, Ratio, ReviewerFigures, RuleFigures, TeamFigures
from interlock.desk.waiting import QueueAge
from interlock.desk.warnings import DeskWarning

T = TypeVar("T")

LINES: Final = 15
"""Agents and rules that are shown, those that ask most; `--json` has all."""


class _Person(NamedTuple):
    """What is known of one reviewer; either may be missing."""

    name: str
    load: ReviewerLoad | None
    answered: ReviewerFigures | None


def print_figures(found: DeskFigures) -> None:
    """Print every section that has something to say; the waits in any case."""
    print_listing(found.queues, _WAITS, "nothing waits, and nothing was asked within a day")
    since = f"since {local(found.since)}"
    asking = [one for one in found.agents if one.asks.hits]
    _section(f"calls that ask, by agent, {since}", asking, _AGENTS)
    _section(f"by rule, {since}", found.rules, _RULES)
    _section(f"people, {since}", [*_people(found)], _PEOPLE)
    _section(f"canaries and second looks, by team, {since}", found.teams, _TEAMS)
    if found.warnings:
        say("")
        say(Text("warnings", style="bold"))
        print_table(("about", "what", "what helps"), map(_warning, found.warnings))


def _section(title: str, rows: Sequence[T], columns: Columns[T]) -> None:
    if rows:
        say("")
        say(Text(title, style="bold"))
        print_listing(rows[:LINES], columns, "")
    if len(rows) > LINES:
        say(f"{amount(len(rows) - LINES, 'more line')}; `--json` has them")


def _people(found: DeskFigures) -> Iterable[_Person]:
    loads = {one.name: one for one in found.loads}
    answered = {one.name: one for one in found.reviewers}
    for name in sorted({*loads, *answered}):
        yield _Person(name, loads.get(name), answered.get(name))


def _warning(one: DeskWarning) -> tuple[str, str, str]:
    about = visible(one.about) + (f" of tenant {visible(one.tenant)}" if one.tenant else "")
    return about, one.says, one.remedy


def _share(ratio: Ratio) -> str:
    return f"{ratio.value:.1%} of {ratio.of}" if ratio.of else ""


def _here(person: _Person) -> str:
    """Say who is not asked now, and until when."""
    load = person.load
    if load is None:
        return ""
    if load.away_until is not None:
        return f"away until {local(load.away_until)}"
    return f"rests until {local(load.rests_until)}" if load.rests_until else ""


def _assigned(person: _Person) -> str:
    load = person.load
    if load is None:
        return ""
    return str(load.assigned) if load.cap is None else f"{load.assigned} of {load.cap}"


def _quick(person: _Person) -> str:
    """Say how long approvals at high risk took."""
    one = person.answered
    if one is None or one.approve_s is None:
        return ""
    return f"{one.approve_s:.1f} s of {one.grave}" if one.approve_s < 60 else span(one.approve_s)


def _screen(person: _Person) -> str:
    one = person.answered
    if one is None or one.on_screen_p50_s is None or one.on_screen_p95_s is None:
        return ""
    return f"{one.on_screen_p50_s:.1f} / {one.on_screen_p95_s:.1f} s"


def _caught(team: TeamFigures) -> str:
    found = team.caught
    if not found.of:
        return ""
    return f"{found.value:.0%} of {found.of} ({found.low:.0%} to {found.high:.0%})"


def _agreement(team: TeamFigures) -> str:
    found = team.agreement
    if found is None:
        return f"not estimable ({team.pairs} of {FEWEST} pairs)" if team.pairs else ""
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}) of {found.of}"


_WAITS: Columns[QueueAge] = {
    "asked": lambda queue: visible(queue.route) or "anyone",
    "open": lambda queue: str(queue.open),
    "oldest": lambda queue: span(queue.oldest_s) if queue.open else "",
    "answered": lambda queue: str(queue.answered),
    "by nobody": lambda queue: str(queue.unanswered),
    "median": lambda queue: span(queue.median_s),
    "95 %": lambda queue: span(queue.p95_s),
    "misses": lambda queue: ", ".join(queue.missed),
}
_AGENTS: Columns[AgentAsks] = {
    "agent": lambda one: visible(one.agent),
    "tenant": lambda one: visible(one.tenant),
    "asks": lambda one: _share(one.asks),
    "cut": lambda one: str(one.cut or ""),
}
_RULES: Columns[RuleFigures] = {
    "rule": lambda one: visible(one.rule),
    "asks about": lambda one: _share(one.asks),
    "approved": lambda one: _share(one.approved),
}
_PEOPLE: Columns[_Person] = {
    "who": lambda one: visible(one.name),
    "asked to look at": _assigned,
    "could answer": lambda one: str(one.load.open) if one.load else "",
    "approved": lambda one: _share(one.answered.approved) if one.answered else "",
    "high risk": _quick,
    "on screen 50 / 95 %": _screen,
    "here": _here,
}
_TEAMS: Columns[TeamFigures] = {
    "asked": lambda one: visible(one.route) or "anyone",
    "caught": _caught,
    "agreement (kappa)": _agreement,
    "not counted": lambda one: str(one.uncounted or ""),
}
