"""Notice: how soon an agent that becomes worse is noticed, and how often one that does not is.

All contenders look after every action, from the twentieth on, at an agent that acts twenty times a
day: the plain error rate of seven days against the limit, the exact interval of those days against
it, and the library's detector with three promises.
"""

import random
from collections import deque
from collections.abc import Callable
from statistics import fmean, median
from typing import Any, Final, Protocol

from benchmarks.spread import rank
from interlock.autonomy.drift import ARL, DriftDetector
from interlock.intervals import at_most, share

LIMIT: Final = 0.05
LEAST: Final = 20
WINDOW: Final = 140
"""Actions of seven days."""
GOOD: Final = 0.01
STEADY: Final = (0.01, 0.02, 0.05)
WORSE: Final = (0.10, 0.20, 0.50)
LONGEST: Final = 20_000
"""Actions after which a run ends without an alarm."""
WITHIN: Final = 2000
"""Actions within which alarms are counted."""
BEFORE: Final = 300
"""Good actions before an agent becomes worse."""


class Watch(Protocol):
    """What looks at outcomes."""

    def alarmed(self, *, error: bool) -> bool:
        """See one more outcome, and tell whether it is too much."""
        ...


class Window:
    """Errors among the last actions, held against the limit by a test."""

    def __init__(self, above: Callable[[int, int], bool]) -> None:
        """Start with no action; `above` tells of errors and actions whether they are too many."""
        self.last: deque[bool] = deque(maxlen=WINDOW)
        self.errors = 0
        self.above = above

    def alarmed(self, *, error: bool) -> bool:
        """See one more outcome."""
        if len(self.last) == WINDOW:
            self.errors -= self.last[0]
        self.last.append(error)
        self.errors += error
        return len(self.last) >= LEAST and self.above(self.errors, len(self.last))


class Sequential:
    """The library's detector."""

    def __init__(self, arl: float) -> None:
        """Start with no action and a promise."""
        self.detector, self.arl = DriftDetector(LIMIT), arl

    def alarmed(self, *, error: bool) -> bool:
        """See one more outcome."""
        self.detector = self.detector.after(error=error)
        return self.detector.actions >= LEAST and self.detector.alarmed(self.arl)


def _too_many(errors: int, actions: int) -> bool:
    return errors / actions > LIMIT


def _surely(errors: int, actions: int) -> bool:
    """Tell whether the exact one-sided 95 % interval lies above the limit."""
    return errors > 0 and 1 - at_most(errors - 1, actions, LIMIT) <= 0.05


PROMISES: Final = {f"detector, {arl:,.0f}": arl for arl in (500.0, ARL, 5000.0)}
CONTENDERS: Final[dict[str, Callable[[], Watch]]] = {
    "rate of 7 days": lambda: Window(_too_many),
    "exact interval of 7 days": lambda: Window(_surely),
    **{name: lambda arl=arl: Sequential(arl) for name, arl in PROMISES.items()},
}


def run_length(watch: Watch, dice: random.Random, rate: float, most: int) -> int:
    """Return how many actions it takes to an alarm; one more than the most without any."""
    for action in range(1, most + 1):
        if watch.alarmed(error=dice.random() < rate):
            return action
    return most + 1


def steady(name: str, rate: float, runs: int) -> dict[str, Any]:
    """Watch agents that stay as they are."""
    dice = random.Random(11)
    found = [run_length(CONTENDERS[name](), dice, rate, LONGEST) for _ in range(runs)]
    false = share(sum(length <= WITHIN for length in found), runs)
    return {
        "false_alarms": round(false.value, 4),
        "false_alarms_95": [round(false.low, 4), round(false.high, 4)],
        "mean_actions": round(fmean(min(length, LONGEST) for length in found)),
        "runs": runs,
    }


def worse(name: str, rate: float, runs: int) -> dict[str, Any]:
    """Watch agents that were good and become bad; those with an alarm before are left out."""
    dice, delays = random.Random(12), list[int]()
    for _ in range(runs):
        watch = CONTENDERS[name]()
        if run_length(watch, dice, GOOD, BEFORE) > BEFORE:
            delays.append(run_length(watch, dice, rate, WITHIN))
    delays.sort()
    noticed = sum(delay <= WITHIN for delay in delays) / len(delays)
    return {
        "median": median(delays),
        "p95": rank(delays, 95),
        "noticed": round(noticed, 4),
        "runs": len(delays),
    }


def measured(runs: int) -> dict[str, Any]:
    """Measure everything; a tenth and a quarter of the runs, which are long."""
    few, some = max(20, runs // 10), max(20, runs // 4)
    return {
        "steady": {
            name: {f"{rate:g}": steady(name, rate, few) for rate in STEADY} for name in CONTENDERS
        },
        "worse": {
            name: {f"{rate:g}": worse(name, rate, some) for rate in WORSE} for name in CONTENDERS
        },
    }


def bars(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Hold the figures against what is stated."""
    return [
        {
            "law": f"{name}: mean actions until a false alarm at the limit: at least {arl:,.0f}",
            "figure": figures["steady"][name][f"{LIMIT:g}"]["mean_actions"],
            "least": arl,
        }
        for name, arl in PROMISES.items()
    ]


def kept(figures: dict[str, Any]) -> bool:
    """Tell whether all of it holds."""
    return all(bar["figure"] >= bar["least"] for bar in bars(figures))


_ABOUT: Final = (
    "An agent acts twenty times a day and is looked at after every action. The number beside the "
    "detector is its promise: actions until a false alarm of an agent at the limit, on average at "
    "least. Who had an alarm before becoming worse is left out."
)


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    still = [
        f"| {name} | "
        + " | ".join(f"{_percent(e['false_alarms'])} ({e['mean_actions']:,})" for e in by.values())
        + " |"
        for name, by in figures["steady"].items()
    ]
    changed = [
        f"| {name} | "
        + " | ".join(
            f"{e['median']:,.0f} ({e['p95']:,}), {_percent(e['noticed'])}" for e in by.values()
        )
        + " |"
        for name, by in figures["worse"].items()
    ]
    return "\n".join(
        [
            "# Drift\n",
            f"At most {_percent(LIMIT)} errors allowed. {_ABOUT}\n",
            f"## Agents that stay as they are ({_runs(figures['steady'])} runs)\n",
            f"Alarms within {WITHIN:,} actions; mean actions until one, at most {LONGEST:,}.\n",
            _head([f"true rate {_percent(rate)}" for rate in STEADY]),
            *still,
            "",
            f"## Agents that become worse than {_percent(GOOD)} ({_runs(figures['worse'])} runs)\n",
            f"Actions until the alarm: median (p95), and how many are noticed within {WITHIN:,}.\n",
            _head([f"to {_percent(rate)}" for rate in WORSE]),
            *changed,
            "",
        ]
    )


def _runs(figures: dict[str, Any]) -> str:
    runs = [each["runs"] for by in figures.values() for each in by.values()]
    return f"{min(runs)} to {max(runs)}" if min(runs) < max(runs) else f"{runs[0]}"


def _head(names: list[str]) -> str:
    return f"| | {' | '.join(names)} |\n" + "|---" * (len(names) + 1) + "|"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"
