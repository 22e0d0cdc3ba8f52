"""Figure: rates and percentiles of crews that take turns, and the bars they are held to."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, Protocol, TypedDict

from benchmarks.pace.rounds import rotated
from benchmarks.spread import rank


class Taking(Protocol):
    """What can be told to take calls for some seconds."""

    def take(self, seconds: float) -> dict[str, Any]:
        """Return calls a second, and each call's milliseconds."""
        ...


class Bar(TypedDict):
    """One bar and whether it is met."""

    law: str
    figure: float
    met: bool


def at_most(what: str, figure: float, wanted: float) -> Bar:
    """Hold a figure to an upper bar."""
    return {"law": f"{what}: at most {wanted:g}", "figure": figure, "met": figure <= wanted}


def at_least(what: str, figure: float, wanted: float) -> Bar:
    """Hold a figure to a lower bar."""
    return {"law": f"{what}: at least {wanted:g}", "figure": figure, "met": figure >= wanted}


def in_turns(
    ready: Mapping[str, Taking], rounds: int, seconds: float, against: str
) -> dict[str, dict[str, Any]]:
    """Let crews take calls one after the other, another one first each round.

    `share` is the median of a crew's rate over that of `against`, round by round.
    """
    rates: dict[str, list[float]] = {kind: [] for kind in ready}
    ms: dict[str, list[float]] = {kind: [] for kind in ready}
    for at in range(rounds):
        for kind in rotated(list(ready), at):
            took = ready[kind].take(seconds)
            rates[kind].append(took["calls_s"])
            ms[kind] += took["ms"]
    return {
        kind: {
            "calls_s": round(median(rates[kind]), 1),
            **percentiles(ms[kind]),
            "share": share(rates[kind], rates[against]),
            "n": len(ms[kind]),
        }
        for kind in ready
    }


def percentiles(ms: Sequence[float]) -> dict[str, float]:
    """Return the 50th, 95th and 99th percentile in milliseconds."""
    ordered = sorted(ms)
    return {f"p{percent}_ms": round(rank(ordered, percent), 2) for percent in (50, 95, 99)}


def share(mine: Sequence[float], others: Sequence[float]) -> float:
    """Return the median of one crew's rate over another's, round by round."""
    return round(median(one / other for one, other in zip(mine, others, strict=True)), 3)


def table(head: str, found: Mapping[str, dict[str, Any]], share_of: str) -> str:
    """Write rates and percentiles of some crews."""
    lines = [
        f"| {head} | a second | p50 ms | p95 ms | p99 ms | {share_of} | n |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {kind} | {one['calls_s']:,g} | {one['p50_ms']} | {one['p95_ms']} | {one['p99_ms']} "
        f"| {one['share']:g} | {one['n']} |"
        for kind, one in found.items()
    ]
    return "\n".join(lines) + "\n"
