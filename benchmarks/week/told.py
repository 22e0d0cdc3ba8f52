"""Tell: what weeks come to, in sentences whose figures are the weeks' own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final

from benchmarks.week.figures import Figures
from benchmarks.week.office import WAITS

MEDIAN_S: Final = WAITS["target_median_wait_sec"]
P95_S: Final = WAITS["target_p95_wait_sec"]

Weeks = Sequence[Figures]


def told(found: Mapping[str, Any]) -> Iterator[str]:
    """Say what is to be learned, a sentence or two each, of the arms that were played."""
    weeks = {arm: [*each.values()] for arm, each in found["weeks"].items()}
    yield from (against_targets(arm, each) for arm, each in weeks.items())
    if {"none", "budgets only"} <= weeks.keys():
        yield _budgets(weeks["none"], weeks["budgets only"])
    if {"all", "budgets only"} <= weeks.keys():
        yield _sharing(weeks)
    if "all" in weeks:
        yield _pauses(weeks["all"])
        yield _probes(weeks["all"])


def against_targets(arm: str, weeks: Weeks) -> str:
    """Hold an arm's waits against the targets of the week's own policy, and count who waited out.

    Waits are of the agents that do not run wild: from the request to its end, however it ended.
    """
    middle, tail = (each("others", name)(weeks) for name in ("median_s", "p95_s"))
    expired, asked = each("others", "expired")(weeks), each("others", "n")(weeks)
    return (
        f"**{arm}**: the median wait of {_minutes(middle)} is {_against(middle, MEDIAN_S)}; 95 % "
        f"wait up to {_minutes(tail)}, {_against(tail, P95_S)}; {_number(expired)} of "
        f"{_number(asked)} requests ({_rate(expired, asked):.1f} %) expired unanswered."
    )


def _budgets(none: Weeks, budgets: Weeks) -> str:
    seen = [week["flood"]["n"] - week["flood"]["cut"] for week in budgets]
    waits = [each("others_after_flood", "median_s")(arm) for arm in (none, budgets)]
    missed = [each("missing", "after_flood")(arm) for arm in (none, budgets)]
    return (
        f"Of the wild agent's requests people see {_number(seen)} with budgets. In the five hours "
        f"after the flood the others' median wait is {_minutes(waits[1])} instead of "
        f"{_minutes(waits[0])}, and a bad request of theirs would pass with {_percent(missed[1])} "
        f"instead of {_percent(missed[0])}. What is cut is not all bad: its agent does without."
    )


def _sharing(weeks: Mapping[str, Weeks]) -> str:
    names = ("all", "budgets only", "all, and who has nothing helps")
    waits = [
        f"{_minutes(each('others', 'median_s')(weeks[arm]))} with `{arm}`"
        for arm in names
        if arm in weeks
    ]
    return (
        "Who waits for one person waits longer than who waits for the first that is free: the "
        f"median is {', '.join(waits)}."
    )


def _pauses(weeks: Weeks) -> str:
    refused = [sum(one["refused_for_a_pause"] for one in _people(week)) for week in weeks]
    return f"With all controls {_number(refused)} approvals a week were put off by a pause."


def _probes(weeks: Weeks) -> str:
    minutes = [week["canaries"]["minutes"] + week["second_looks"]["minutes"] for week in weeks]
    hours = [sum(one["minutes"] for one in _people(week)) / 60 for week in weeks]
    caught = [week["canaries"]["high"] - week["canaries"]["low"] for week in weeks]
    answered = each("canaries", "answered")(weeks)
    return (
        f"Probes take {_number(minutes)} minutes of the {_number(hours)} hours that people spend "
        f"on cases. The {_number(answered)} canaries of a week leave an interval "
        f"{100 * median(caught):.0f} points wide: enough to see a collapse, too little to compare "
        "weeks."
    )


def each(*path: str) -> Any:  # noqa: ANN401 - JSON
    """Return what reads a figure of every week."""

    def read(weeks: Iterable[Figures]) -> list[Any]:
        found = [*weeks]
        for step in path:
            found = [week[step] for week in found]
        return found

    return read


def _people(week: Figures) -> list[Figures]:
    return [*week["reviewers"].values()]


def _against(seconds: Sequence[float], target_s: float) -> str:
    met = sum(one <= target_s for one in seconds)
    target = f"the target of {target_s / 60:.0f}"
    if met in (0, len(seconds)):
        return f"within {target}" if met else f"beyond {target}"
    return f"within {target} in {met} of {len(seconds)} weeks"


def _minutes(seconds: Sequence[float]) -> str:
    return f"{median(seconds) / 60:.1f} min"


def _percent(shares: Sequence[float]) -> str:
    return f"{100 * median(shares):.0f} %"


def _rate(some: Sequence[float], of: Sequence[float]) -> float:
    return 100 * median(some) / (median(of) or 1)


def _number(values: Sequence[float]) -> str:
    return f"{median(values):,.0f}"
