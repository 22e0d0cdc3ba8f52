"""Figure: what the rows of a week come to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.week.people import ATTENTION, Attention
from benchmarks.week.rows import Asked, Given, Pair, Week
from benchmarks.week.traffic import FLOOD_AT_S, HOUR_S
from interlock.desk.agreement import kappa
from interlock.desk.waiting import quantile
from interlock.intervals import share

WINDOW_S: Final = 14400.0
"""`cooldown_window_sec` of the week's policy."""
PAUSE_S: Final = 900.0
"""`cooldown_sec` of the week's policy: a gap between approvals that is a pause."""
AFTER_FLOOD_S: Final = 5 * HOUR_S
"""How long what the flood left behind is looked at."""
CURVE: Final = (*range(5, 100, 5), 97, 99)

Figures = dict[str, Any]


def figures(
    week: Week, attention: Attention = ATTENTION, varied: Mapping[str, Attention] | None = None
) -> Figures:
    """Return all figures of one week; times in seconds, shares 0..1, None where there are none."""
    others = [one for one in week.asked if not one.ask.is_flood]
    flood = [one for one in week.asked if one.ask.is_flood]
    beside = [one for one in others if 0 <= one.ask.at - FLOOD_AT_S < AFTER_FLOOD_S]
    counted = [one for one in week.given if one.came == "counted"]
    real = [one for one in counted if one.kind == "call"]
    return {
        "others": waits(others),
        "others_after_flood": waits(beside),
        "flood": waits(flood),
        "reviewers": reviewers(week.given),
        "wasted": wasted(week.given),
        "not_theirs": sum(one.came == "not theirs" for one in week.given),
        "bad": {"others": overlooked(others), "flood": overlooked(flood)},
        "missing": _missing(real, attention),
        "missing_if": {
            name: _missing([one for one in strained(counted, other) if one.kind == "call"], other)
            for name, other in (varied or {}).items()
        },
        "longest_run": max((longest(each) for each in _by_person(counted).values()), default=0),
        "most_in_a_window": max(
            (unpaused(each) for each in _by_person(counted).values()), default=0
        ),
        "canaries": canaries(week, real, attention),
        "second_looks": second_looks(week),
        "ran": week.ran,
        "unapproved": week.unapproved,
        "probes_ran": week.probes_ran,
        "over_cap": week.over_cap,
        "backlog": [count for _, count in week.backlog],
    }


def waits(asked: Sequence[Asked]) -> Figures:
    """Return how requests ended, and how long those waited that people were asked about."""
    ends = Counter(one.end for one in asked)
    waited = sorted(one.wait_s for one in asked if one.end != "cut")
    return {
        "n": len(asked),
        **{end: ends[end] for end in ("approved", "rejected", "expired", "cut", "open")},
        "median_s": _at(waited, 0.5),
        "p95_s": _at(waited, 0.95),
        "curve_s": [_at(waited, each / 100) for each in CURVE],
    }


def overlooked(asked: Sequence[Asked]) -> Figures:
    """Return how many bad requests there were, and how many people approved."""
    bad = [one for one in asked if one.ask.bad]
    return {"n": len(bad), "approved": sum(one.end == "approved" for one in bad)}


def reviewers(given: Iterable[Given]) -> Figures:
    """Return what each person did: answers, minutes on cases, their busiest hour, pauses."""
    found: Figures = {}
    for name, theirs in sorted(_by_person(given).items()):
        counted = [one for one in theirs if one.came == "counted"]
        hours = Counter(int(one.at // HOUR_S) for one in counted)
        found[name] = {
            "answers": len(counted),
            "minutes": round(sum(one.at - one.began_at for one in theirs) / 60, 1),
            "busiest_hour": max(hours.values(), default=0),
            "longest_run": longest(counted),
            "refused_for_a_pause": sum(one.came == "resting" for one in theirs),
        }
    return found


def wasted(given: Iterable[Given]) -> Figures:
    """Return the answers that came too late, mostly since somebody else had the same case."""
    late = [one for one in given if one.came == "too late"]
    return {"n": len(late), "minutes": round(sum(one.at - one.began_at for one in late) / 60, 1)}


def missing(given: Sequence[Given], attention: Attention) -> float | None:
    """Return how likely a bad request would have been approved by these answers, on average."""
    if not given:
        return None
    return round(sum(attention.missing(one.strain) for one in given) / len(given), 4)


def _missing(real: Sequence[Given], attention: Attention) -> Figures:
    """Return the same of all answers to other agents' requests, and of those after the flood."""
    others = [one for one in real if not one.flood]
    after = [one for one in others if 0 <= one.at - FLOOD_AT_S < AFTER_FLOOD_S]
    return {"all": missing(others, attention), "after_flood": missing(after, attention)}


def longest(given: Sequence[Given]) -> int:
    """Return the most approvals that follow each other without a gap of `PAUSE_S`."""
    return max(map(len, _runs(given)), default=0)


def unpaused(given: Sequence[Given]) -> int:
    """Return the most approvals of one person within `WINDOW_S` that no pause parts."""
    most = 0
    for times in _runs(given):
        first = 0
        for last, at in enumerate(times):
            while at - times[first] > WINDOW_S:
                first += 1
            most = max(most, last - first + 1)
    return most


def _runs(given: Sequence[Given]) -> list[list[float]]:
    times = sorted(one.at for one in given if one.approves and one.came == "counted")
    runs: list[list[float]] = []
    for at in times:
        if runs and at - runs[-1][-1] < PAUSE_S:
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def canaries(week: Week, real: Sequence[Given], attention: Attention) -> Figures:
    """Return the share of canaries that was caught, beside the share of bad requests that is."""
    answered = [one for one in week.given if one.kind == "canary" and one.came == "counted"]
    caught = share(sum(not one.approves for one in answered), len(answered))
    missed = missing(real, attention)
    truth = None if missed is None else round(1 - missed, 4)
    return {
        "posed": week.posed.get("canary", 0),
        "answered": len(answered),
        "missed": caught.of - caught.hits,
        "caught": round(caught.value, 4),
        "low": round(caught.low, 4),
        "high": round(caught.high, 4),
        "truth": truth,
        "covers": truth is not None and caught.low <= truth <= caught.high,
        "minutes": _minutes(answered),
    }


def second_looks(week: Week) -> Figures:
    """Return the agreement of second looks, beside that of all requests."""
    given = [one for one in week.given if one.kind == "second look"]
    truth, found = agreement(week.every), kappa(week.looks)
    return {
        "kappa": None if found is None else round(found.value, 4),
        "low": None if found is None else round(found.low, 4),
        "high": None if found is None else round(found.high, 4),
        "covers": None if found is None or truth is None else found.low <= truth <= found.high,
        "posed": week.posed.get("second look", 0),
        "answered": len(week.looks),
        "truth": truth,
        "minutes": _minutes(given),
    }


def agreement(pairs: Sequence[Pair]) -> float | None:
    """Return Cohen's kappa of two answers; None where nobody ever says anything else.

    Source: J. Cohen, Educational and Psychological Measurement 20 (1960). By hand, so that the
    program's own is checked by another.
    """
    if not pairs:
        return None
    cells = Counter((pair.first, pair.second) for pair in pairs)
    agreed = (cells[True, True] + cells[False, False]) / len(pairs)
    first = sum(pair.first for pair in pairs) / len(pairs)
    second = sum(pair.second for pair in pairs) / len(pairs)
    chance = first * second + (1 - first) * (1 - second)
    return None if chance == 1 else round((agreed - chance) / (1 - chance), 4)


def strained(given: Sequence[Given], attention: Attention) -> list[Given]:
    """Return the same answers with the strain that another attention had had at their times."""
    found: list[Given] = []
    for theirs in _by_person(given).values():
        strain, free_at = 0.0, 0.0
        for one in sorted(theirs, key=lambda each: each.began_at):
            strain = attention.rested_for(strain, one.began_at - free_at)
            found.append(one._replace(strain=strain))
            strain += one.approves
            free_at = one.at
    return found


def _by_person(given: Iterable[Given]) -> dict[str, list[Given]]:
    found: defaultdict[str, list[Given]] = defaultdict(list)
    for one in given:
        found[one.by].append(one)
    return dict(found)


def _minutes(given: Sequence[Given]) -> float:
    return round(sum(one.at - one.began_at for one in given) / 60, 1)


def _at(ordered: Sequence[float], share_0_1: float) -> float | None:
    return round(quantile(ordered, share_0_1), 1) if ordered else None
