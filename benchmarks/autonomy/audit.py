"""Audit: how often the 95 % interval of a sampled audit holds the truth, and how wide it is.

Periods of calls of which it is known how many are wrong are drawn again and again. Beside the
library stand what a spreadsheet would do: the normal interval around Horvitz and Thompson's
estimate, and Wilson's interval of the sample as if all had been drawn alike.
"""

import math
from statistics import fmean
from typing import Any, Final, NamedTuple, TypeAlias

from scipy.stats import binom

from interlock.autonomy.estimation import Estimate, Stratum, estimated
from interlock.intervals import share

Z: Final = 1.959963984540054
"""Two-sided 95 % of the normal distribution."""


class Calls(NamedTuple):
    """A stratum as it is in truth."""

    name: str
    inclusion_0_1: float
    calls: int
    wrong: int


Period: TypeAlias = tuple[Calls, ...]

PERIODS: Final[dict[str, Period]] = {
    "uniform, 10 % of 2,000 calls": (Calls("all", 0.1, 2000, 100),),
    "uniform, 10 % of 2,000 calls, errors rare": (Calls("all", 0.1, 2000, 20),),
    "uniform, 10 % of 500 calls": (Calls("all", 0.1, 500, 10),),
    "stratified by tags, 2,000 calls": (
        Calls("read", 0.05, 1200, 12),
        Calls("write", 0.2, 600, 30),
        Calls("prod", 0.3, 150, 15),
        Calls("mandatory", 1.0, 50, 5),
    ),
    "stratified, errors where few are drawn": (
        Calls("read", 0.05, 1500, 60),
        Calls("prod", 0.5, 300, 3),
    ),
    "five small strata of 40 calls": tuple(
        Calls(name, 0.3, 40, wrong) for name, wrong in zip("abcde", (0, 1, 2, 4, 8), strict=True)
    ),
}
METHODS: Final = ("ours", "normal", "Wilson")


def drawn(period: Period, runs: int, seed: int) -> list[list[Stratum]]:
    """Draw a period so many times, each call with its own chance, and judge all that is drawn."""
    columns: list[list[Stratum]] = []
    for at, (name, chance, calls, wrong) in enumerate(period):
        found = binom.rvs(wrong, chance, size=runs, random_state=seed + 2 * at)
        fine = binom.rvs(calls - wrong, chance, size=runs, random_state=seed + 2 * at + 1)
        both = [(int(a), int(a + b)) for a, b in zip(found, fine, strict=True)]
        columns.append([Stratum(name, chance, calls, of, of, count) for count, of in both])
    return [list(parts) for parts in zip(*columns, strict=True)]


def normal(parts: list[Stratum]) -> tuple[float, float]:
    """Return Horvitz and Thompson's estimate more or less 1.96 of its estimated errors."""
    of = sum(each.calls for each in parts)
    value = sum(each.total() for each in parts) / of
    variance = sum(each.wrong * (1 - each.inclusion_0_1) / each.inclusion_0_1**2 for each in parts)
    return value - Z * math.sqrt(variance) / of, value + Z * math.sqrt(variance) / of


def wilson(parts: list[Stratum]) -> tuple[float, float]:
    """Return Wilson's interval of the sample, whatever each call's chance was."""
    judged = sum(each.judged for each in parts)
    rate, z2 = sum(each.wrong for each in parts) / judged, Z * Z
    middle = (rate + z2 / (2 * judged)) / (1 + z2 / judged)
    half = Z * math.sqrt(rate * (1 - rate) / judged + z2 / (4 * judged**2)) / (1 + z2 / judged)
    return middle - half, middle + half


def covered(period: Period, runs: int, seed: int) -> dict[str, Any]:
    """Count how often each interval holds the truth."""
    truth = sum(each.wrong for each in period) / sum(each.calls for each in period)
    ends: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    estimates: list[float] = []
    for parts in drawn(period, runs, seed):
        found = estimated(parts)
        if isinstance(found, Estimate):
            estimates.append(found.value)
            ends["ours"].append((found.low, found.high))
            ends["normal"].append(normal(parts))
            ends["Wilson"].append(wilson(parts))
    return {
        "truth": round(truth, 5),
        "mean_estimate": round(fmean(estimates), 5),
        "not_estimable": runs - len(estimates),
        "intervals": {name: _coverage(each, truth) for name, each in ends.items()},
    }


def _coverage(ends: list[tuple[float, float]], truth: float) -> dict[str, Any]:
    near = 1e-12
    held = share(sum(low - near <= truth <= high + near for low, high in ends), len(ends))
    return {
        "coverage": round(held.value, 4),
        "coverage_95": [round(held.low, 4), round(held.high, 4)],
        "mean_width": round(fmean(high - low for low, high in ends), 4),
    }


def measured(runs: int) -> dict[str, Any]:
    """Measure every period."""
    return {
        "runs": runs,
        "periods": {name: covered(period, runs, 21) for name, period in PERIODS.items()},
    }


def bars(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold the figures against what is stated."""
    least = min(each["intervals"]["ours"]["coverage"] for each in figures["periods"].values())
    return [{"law": "95 % intervals that hold the truth: at least 95 %", "figure": least}]


def kept(figures: dict[str, Any]) -> bool:
    """Tell whether all of it holds."""
    return all(bar["figure"] >= 0.95 for bar in bars(figures))


_ABOUT: Final = (
    "How often the 95 % interval holds the truth, and in brackets its mean width in points of a "
    "hundred."
)


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as a table."""
    lines = [
        "# Audit\n",
        f"Each period was drawn {figures['runs']:,} times. {_ABOUT}\n",
        "| period | wrong | mean estimate | not estimable | ours | normal | Wilson |",
        "|---" * 7 + "|",
    ]
    for name, found in figures["periods"].items():
        cells = [
            f"{100 * found['truth']:.2f} %",
            f"{100 * found['mean_estimate']:.2f} %",
            str(found["not_estimable"]),
            *(
                f"{100 * each['coverage']:.1f} % ({100 * each['mean_width']:.1f})"
                for each in found["intervals"].values()
            ),
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
