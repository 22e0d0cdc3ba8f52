"""Spread: many timings as three numbers; pure."""

from collections.abc import Sequence
from typing import Any


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return count, median and 95th percentile (nearest rank), rounded to 0.001."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0, "median": None, "p95": None}
    return {
        "n": len(ordered),
        "median": round(rank(ordered, 50), 3),
        "p95": round(rank(ordered, 95), 3),
    }


def rank(ordered: Sequence[float], percent: int) -> float:
    """Return a percentile of values in order, by nearest rank."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
