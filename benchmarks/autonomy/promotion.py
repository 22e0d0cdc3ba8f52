"""Promote: how often agents that are too bad rise, and how soon good ones do, by each criterion.

A criterion is a boundary: by errors, the number of actions from which on it is met. `counts` and
`e_process` are found by asking the library, the other two by formula.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median
from typing import Any, Final, Literal, TypeAlias

from benchmarks.spread import rank
from interlock.autonomy.evidence import Evidence, Exposure
from interlock.autonomy.promotion import weighed
from interlock.intervals import at_most, share
from interlock.policy.operations import PromotionCriteria

LIMITS: Final = (0.02, 0.05)
"""Error rates: the reference policy's, and one that needs fewer actions."""
LOOKS: Final = (100, 200, 500, 1000, 2000, 5000, 10_000)
"""Horizons: actions after each of which somebody looked."""
ALPHA: Final = 0.05
Z: Final = 1.6448536269514722
"""One-sided 95 % of the normal distribution."""
SEEN: Final = 0.10
"""Share of actions that an audit looks at, where nobody else does."""
HIDDEN: Final = (0.02, 0.05, 0.10)
"""True error rates of agents whose errors only the audit sees, at a limit of 2 %."""

Kind: TypeAlias = Literal["counts", "e_process"]
Suffices: TypeAlias = Callable[[int, int], bool]
"""Whether so many errors in so many actions suffice."""


def asked(kind: Kind, limit: float) -> Suffices:
    """Return the library's answer, of actions that were all judged and a review period over."""
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    criteria = PromotionCriteria(50, limit, 7.0, evidence=kind)

    def suffices(errors: int, actions: int) -> bool:
        now = Exposure(right=actions - errors, rejected=errors)
        return weighed(Evidence(since=begun, now=now), criteria, begun + timedelta(7), 3).met

    return suffices


def wilson(limit: float) -> Suffices:
    """Return whether the upper end of Wilson's one-sided 95 % interval is within the limit."""

    def suffices(errors: int, actions: int) -> bool:
        rate, z2 = errors / actions, Z * Z
        middle = rate + z2 / (2 * actions)
        half = Z * math.sqrt(rate * (1 - rate) / actions + z2 / (4 * actions**2))
        return (middle + half) / (1 + z2 / actions) <= limit

    return suffices


def clopper_pearson(limit: float) -> Suffices:
    """Return whether the exact one-sided 95 % interval lies within the limit."""
    return lambda errors, actions: at_most(errors, actions, limit) <= ALPHA


def criteria(limit: float) -> dict[str, Suffices]:
    """Return every criterion at a limit."""
    return {
        "counts": asked("counts", limit),
        "e_process": asked("e_process", limit),
        "Wilson": wilson(limit),
        "Clopper-Pearson": clopper_pearson(limit),
    }


class Boundary:
    """By errors, the fewest actions that suffice; each criterion asks for more as errors rise."""

    def __init__(self, suffices: Suffices) -> None:
        """Compute what is asked for, once."""
        self.suffices = suffices
        self.at = cache(self._at)

    def _at(self, errors: int) -> int:
        low = high = max(1, errors)
        while not self.suffices(errors, high):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            if self.suffices(errors, middle):
                high = middle
            else:
                low = middle + 1
        return low

    def reached(self, errors_at: Sequence[int], horizon: int) -> int | None:
        """Return the action after which a look finds that it suffices; None within the horizon.

        `errors_at` are the numbers of the actions that erred, in order.
        """
        for errors, end in enumerate([*errors_at, horizon + 1]):
            first = max(self.at(errors), errors_at[errors - 1] if errors else 1)
            if first < end:
                return first
            if self.at(errors) > horizon:
                return None
        return None


def hits(dice: random.Random, rate: float, horizon: int) -> Iterator[int]:
    """Yield the numbers of actions that hit, each with the same chance below 1."""
    at = 0
    while rate:
        at += 1 + int(math.log(1 - dice.random()) / math.log1p(-rate))
        if at > horizon:
            return
        yield at


@cache
def boundaries(limit: float) -> dict[str, Boundary]:
    """Return every criterion's boundary."""
    return {name: Boundary(each) for name, each in criteria(limit).items()}


def bad(limit: float, runs: int, seed: int) -> dict[str, Any]:
    """Let agents that err exactly at the limit act; all criteria look at the same agents."""
    ends = boundaries(limit)
    risen: dict[str, list[int]] = {name: [] for name in ends}
    dice = random.Random(seed)
    for _ in range(runs):
        errors_at = list(hits(dice, limit, LOOKS[-1]))
        for name, boundary in ends.items():
            risen[name].append(boundary.reached(errors_at, LOOKS[-1]) or LOOKS[-1] + 1)
    return {name: [_share(when, look) for look in LOOKS] for name, when in risen.items()}


def _share(when: Sequence[int], look: int) -> dict[str, Any]:
    found = share(sum(at <= look for at in when), len(when))
    ends = [round(found.low, 4), round(found.high, 4)]
    return {"looks": look, "risen": round(found.value, 4), "risen_95": ends}


def good(limit: float, runs: int, seed: int) -> dict[str, Any]:
    """Let good agents act until they rise; within the longest horizon."""
    out: dict[str, Any] = {}
    for rate in (0.0, limit / 5, limit * 2 / 5):
        dice = random.Random(seed)
        acted = [list(hits(dice, rate, LOOKS[-1])) for _ in range(runs if rate else 1)]
        out[f"{rate:g}"] = {
            name: _actions([boundary.reached(each, LOOKS[-1]) for each in acted])
            for name, boundary in boundaries(limit).items()
        }
    return out


def _actions(when: Sequence[int | None]) -> dict[str, Any]:
    ordered = sorted(at or LOOKS[-1] + 1 for at in when)
    risen = sum(at is not None for at in when) / len(when)
    return {"median": median(ordered), "p95": rank(ordered, 95), "risen": round(risen, 4)}


def unseen(limit: float, rate: float, runs: int, seed: int) -> dict[str, float]:
    """Let agents act whose errors nobody sees but an audit of some actions.

    `counts`, Wilson and Clopper-Pearson take what nobody looked at for a success; `e_process`
    weighs what the audit judged.
    """
    ends = boundaries(limit)
    dice, risen = random.Random(seed), dict.fromkeys(ends, 0)
    for _ in range(runs):
        judged = list(hits(dice, SEEN, LOOKS[-1]))
        wrong = [number for number in range(1, len(judged) + 1) if dice.random() < rate]
        seen_at = [judged[number - 1] for number in wrong]
        for name, boundary in ends.items():
            if name == "e_process":
                risen[name] += boundary.reached(wrong, len(judged)) is not None
            else:
                risen[name] += boundary.reached(seen_at, LOOKS[-1]) is not None
    return {name: round(count / runs, 4) for name, count in risen.items()}


def measured(runs: int) -> dict[str, Any]:
    """Measure everything; seeds are fixed, so that the same runs come again."""
    return {
        "runs": runs,
        "bad": {f"{limit:g}": bad(limit, runs, 1) for limit in LIMITS},
        "good": {f"{limit:g}": good(limit, runs, 2) for limit in LIMITS},
        "unseen": {f"{rate:g}": unseen(LIMITS[0], rate, runs, 3) for rate in HIDDEN},
        "fewest": {
            f"{limit:g}": {
                name: [boundary.at(errors) for errors in range(6)]
                for name, boundary in boundaries(limit).items()
            }
            for limit in LIMITS
        },
    }


def bars(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold the figures against what is stated."""
    worst = max(each["risen"] for limit in figures["bad"].values() for each in limit["e_process"])
    hidden = max(each["e_process"] for each in figures["unseen"].values())
    return [
        {"law": "e_process: bad agents that rise: at most 5 %", "figure": worst},
        {"law": "e_process: whose errors only an audit sees: at most 5 %", "figure": hidden},
    ]


def kept(figures: dict[str, Any]) -> bool:
    """Tell whether all of it holds."""
    return all(bar["figure"] <= ALPHA for bar in bars(figures))


_ABOUT: Final = (
    "Days and sign-off, which all criteria ask for besides, are left out; Wilson and "
    "Clopper-Pearson are the upper end of the one-sided 95 % interval."
)


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    parts = [
        "# Promotion\n",
        f"{figures['runs']:,} agents for each row, looked at after every action. {_ABOUT}\n",
    ]
    for limit, by in figures["bad"].items():
        rows = {
            f"`{name}`": [_percent(each["risen"]) for each in cells] for name, cells in by.items()
        }
        parts.append(f"## Bad agents that rise: true error rate {_percent(limit)}, the limit\n")
        parts.append(_table(["looks", *(f"{look:,}" for look in LOOKS)], rows))
    for limit, by in figures["good"].items():
        rows = {
            _percent(rate): [_when(cell) for cell in cells.values()] for rate, cells in by.items()
        }
        parts.append(
            f"## Actions until a good agent rises, limit {_percent(limit)}: median (p95)\n"
        )
        parts.append(_table(["true error rate", *next(iter(by.values()))], rows))
    rows = {
        _percent(rate): [_percent(each) for each in cells.values()]
        for rate, cells in figures["unseen"].items()
    }
    parts += [
        "## Agents that rise within 10,000 actions, limit 2 %, errors seen only by a 10 % audit\n",
        "All but `e_process` take what nobody looked at for a success.\n",
        _table(["true error rate", *next(iter(figures["unseen"].values()))], rows),
    ]
    return "\n".join(parts)


def _table(head: Sequence[str], rows: dict[str, list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines) + "\n"


def _when(cell: dict[str, Any]) -> str:
    if cell["median"] > LOOKS[-1]:
        return f"{_percent(cell['risen'])} rise in {LOOKS[-1]:,}"
    p95 = f"{cell['p95']:,}" if cell["p95"] <= LOOKS[-1] else f"over {LOOKS[-1]:,}"
    return f"{cell['median']:,.0f} ({p95})"


def _percent(value: float | str) -> str:
    return f"{100 * float(value):.3g} %"
