"""Write: the figures of the weeks as tables, and the laws they are held to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any, Final

from benchmarks import machine
from benchmarks.desk import kept
from benchmarks.ledger.figures import Bar, at_most
from benchmarks.week import people, traffic
from benchmarks.week.figures import Figures
from benchmarks.week.told import MEDIAN_S, P95_S, told

RUN: Final = 80
"""`cooldown_after_approvals` of the week's policy."""

_WHAT: Final = (
    "{asks:,} requests of twelve agents and {flood:,} of one that runs wild for ten minutes on "
    "Tuesday at half past ten; six reviewers in shifts, one of whom does not come all week and is "
    "declared away on Wednesday at seven. Requests, votes, timers, escalation and every control "
    "are the program's own, over a SQLite file; people and agents are simulated. {each}\n"
)
_SEVERAL: Final = (
    "Each figure is the median of the weeks of {seeds} seeds, with the least and the most; without "
    "these it is of the first seed alone."
)
_ONE: Final = "Each figure is of the one week of one seed: read small differences as chance."
_MODEL: Final = (
    "People take log-normal times (median {low:g}, {medium:g}, {high:g} and {critical:g} s from "
    "low to critical, {repeated:g} s for what they answered before; sigma {sigma:g}), and look "
    "again after {elsewhere:g} s of other work on average where nothing waits: assumptions. They "
    "approve {rested:.0f} % of bad requests when rested, and up to {tired:.0f} % after a long run "
    "of approvals (half of the way after {half:.0f}); {rest:.0f} minutes without a case give back "
    "63 %. {papers}. That attention falls with the run of approvals, and how fast, is an "
    "assumption, varied below. {bad:.0f} % of requests are bad.\n"
)


def bars(found: Mapping[str, Any]) -> list[Bar]:
    """Hold the weeks to the laws that stand whatever people do."""
    weeks = [(arm, one) for arm, each in found["weeks"].items() for one in each.values()]
    unapproved = sum(one["unapproved"] for _, one in weeks)
    found_bars = [at_most("weeks: tools that ran without a person's approval", unapproved, 0)]
    probes = sum(one["probes_ran"] for _, one in weeks)
    found_bars.append(at_most("weeks: canaries and second looks that reached a tool", probes, 0))
    runs = [one["most_in_a_window"] for arm, one in weeks if _pauses(arm)]
    if runs:
        law = "weeks: approvals of one person in four hours without a pause"
        found_bars.append(at_most(law, max(runs), RUN))
    over = [one["over_cap"] for _, one in weeks if one["over_cap"] is not None]
    if over:
        law = "weeks: requests that somebody was asked to look at beyond their cap"
        found_bars.append(at_most(law, max(over), 0))
    return found_bars


def _pauses(arm: str) -> bool:
    return arm.startswith(("all", "pauses"))


def markdown(found: Mapping[str, Any]) -> str:
    """Write everything as one page."""
    weeks: dict[str, dict[str, Figures]] = found["weeks"]
    seeds = max(map(len, weeks.values()))
    conditions = found["conditions"]
    lines = ["# A week at the review desk\n", machine.markdown(conditions).rstrip() + "  "]
    lines.append(
        f"load {conditions['load_before']:g} before it began; took {conditions['took_s']:,} s.\n"
    )
    each = _SEVERAL.format(seeds=seeds) if seeds > 1 else _ONE
    lines += [_WHAT.format(asks=found["asks"], flood=found["flood"], each=each), _model()]
    lines += ["## What it comes to\n", _TARGETS, *[f"- {one}" for one in told(found)], ""]
    for title, columns in TABLES.items():
        lines += [f"## {title}\n", *_table(weeks, columns), ""]
    probed = {arm: each for arm, each in weeks.items() if _posed(each.values())}
    lines += ["## What probes tell\n", _TOLD, *_table(probed, PROBES), ""]
    lines += ["## If attention were another\n", _SENSITIVE, *_varied(weeks), ""]
    return "\n".join(lines)


def pictures(found: Mapping[str, Any]) -> dict[str, str]:
    """Draw the waits of the week, and how likely a bad request would have passed."""
    weeks: dict[str, list[Figures]] = {
        arm: [*each.values()] for arm, each in found["weeks"].items()
    }
    waits = {
        arm: {
            "median": median(week["others"]["median_s"] for week in each) / 60,
            "95 %": median(week["others"]["p95_s"] for week in each) / 60,
        }
        for arm, each in weeks.items()
    }
    missing = {
        arm: {
            label: 100 * median(week["missing"][when] for week in each)
            for when, label in (("all", "in the week"), ("after_flood", "5 h after the flood"))
        }
        for arm, each in weeks.items()
    }
    return {
        "waits": kept.bars("How long other agents' requests wait", waits, "min"),
        "overlooked": kept.bars("A bad request would be approved", missing, "%"),
    }


def _model() -> str:
    one = people.Attention()
    return _MODEL.format(
        **people.MEDIAN_S, repeated=people.REPEATED_S, sigma=people.SPREAD,
        elsewhere=people.ELSEWHERE_S, rested=100 * one.rested, tired=100 * one.tired,
        half=one.run * 0.693, rest=one.rest_s / 60, papers=people.PAPERS, bad=100 * traffic.BAD,
    )  # fmt: skip


Read = Callable[[Figures], float | None]


def _s(*path: str) -> Read:
    """Return what reads seconds, as minutes."""
    return lambda week: None if (found := _at(week, path)) is None else found / 60


def _within(target_s: float, *path: str) -> Read:
    return lambda week: (found := _at(week, path)) is not None and found <= target_s


def _n(*path: str) -> Read:
    return lambda week: _at(week, path)


def _at(week: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        week = week[step]
    return week


def _share(*path: str) -> Read:
    """Return what reads a share, as percent."""
    return lambda week: None if (found := _at(week, path)) is None else 100 * found


def _people(what: str, of: Callable[[Iterable[float]], float]) -> Read:
    return lambda week: of(one[what] for one in week["reviewers"].values())


TABLES: Final[Mapping[str, Mapping[str, Read]]] = {
    "How long requests wait, in minutes": {
        "others' median": _s("others", "median_s"),
        "others' p95": _s("others", "p95_s"),
        "median, 5 h after the flood": _s("others_after_flood", "median_s"),
        "p95, 5 h after the flood": _s("others_after_flood", "p95_s"),
        f"median within {MEDIAN_S / 60:.0f}": _within(MEDIAN_S, "others", "median_s"),
        f"p95 within {P95_S / 60:.0f}": _within(P95_S, "others", "p95_s"),
        "others expired": _n("others", "expired"),
        "flood: asked": lambda week: week["flood"]["n"] - week["flood"]["cut"],
        "flood: cut": _n("flood", "cut"),
    },
    "What it is for the people": {
        "answers, most": _people("answers", max),
        "answers, least": _people("answers", min),
        "busiest hour": _people("busiest_hour", max),
        "hours on cases": lambda week: (
            sum(one["minutes"] for one in week["reviewers"].values()) / 60
        ),
        "answers too late": _n("wasted", "n"),
        "minutes lost by it": _n("wasted", "minutes"),
        "longest run of approvals": _n("longest_run"),
        "approvals put off by a pause": _people("refused_for_a_pause", sum),
    },
    "What is overlooked": {
        "a bad one would pass, %": lambda week: 100 * week["missing"]["all"],
        "5 h after the flood, %": lambda week: 100 * week["missing"]["after_flood"],
        "others' bad ones": _n("bad", "others", "n"),
        "of them approved": _n("bad", "others", "approved"),
        "flood's bad ones": _n("bad", "flood", "n"),
        "of those approved": _n("bad", "flood", "approved"),
    },
}

PROBES: Final[Mapping[str, Read]] = {
    "canaries": _n("canaries", "answered"),
    "missed": _n("canaries", "missed"),
    "caught, %": _share("canaries", "caught"),
    "from, %": _share("canaries", "low"),
    "to, %": _share("canaries", "high"),
    "true, %": _share("canaries", "truth"),
    "held": _n("canaries", "covers"),
    "second looks": _n("second_looks", "answered"),
    "kappa": _n("second_looks", "kappa"),
    "kappa from": _n("second_looks", "low"),
    "kappa to": _n("second_looks", "high"),
    "true kappa": _n("second_looks", "truth"),
    "kappa held": _n("second_looks", "covers"),
    "minutes on both": lambda week: week["canaries"]["minutes"] + week["second_looks"]["minutes"],
    "shown to who answered first": _n("not_theirs"),
}
_TARGETS: Final = (
    f"The week's policy wants a median wait of {MEDIAN_S / 60:.0f} minutes and a 95th percentile "
    f"of {P95_S / 60:.0f} (`target_median_wait_sec`, `target_p95_wait_sec`), here of all requests "
    "but the wild agent's; what nobody answers in four hours expires, which means no. Nobody is at "
    "the desk at night, and one at weekends.\n"
)
_TOLD: Final = (
    "Estimates of the weeks that have probes, with the ends of their 95 % intervals, beside the "
    "truth, which the simulator knows: how likely these people catch a bad request, and the kappa "
    "that second looks at every request would have had. `held`: in how many weeks the interval "
    "held it. Canaries are taken to be as hard to see as what is really bad.\n"
)

_SENSITIVE: Final = (
    "How likely a bad request of another agent would have been approved in the five hours after "
    "the flood, in %, by the same answers at the same times under another model of attention.\n"
)


def _table(weeks: Mapping[str, Mapping[str, Figures]], columns: Mapping[str, Read]) -> list[str]:
    lines = [f"| controls | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for arm, each in weeks.items():
        cells = [_cell([read(week) for week in each.values()]) for read in columns.values()]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return lines


def _posed(weeks: Iterable[Figures]) -> bool:
    return any(week["canaries"]["posed"] or week["second_looks"]["posed"] for week in weeks)


def _cell(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    if all(isinstance(value, bool) for value in known):
        return f"{sum(known)} of {len(known)}"
    low, high, middle = _word(min(known)), _word(max(known)), _word(median(known))
    return middle if low == high else f"{middle} ({low}–{high})"


def _word(value: float) -> str:
    if value >= 20 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def _varied(weeks: Mapping[str, Mapping[str, Figures]]) -> list[str]:
    names = ["as above", *people.VARIED]
    lines = [f"| controls | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for arm, each in weeks.items():
        rows = [
            [week["missing"], *(week["missing_if"][name] for name in people.VARIED)]
            for week in each.values()
        ]
        cells = [
            _cell([100 * one["after_flood"] for one in column])
            for column in zip(*rows, strict=True)
        ]
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    return lines
