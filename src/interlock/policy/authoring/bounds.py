"""Bound: how many values a comparison holds for, and which bound would hold for a few of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from interlock.policy.match import COMPARISONS

FEW, MANY, MIDDLE = 0.05, 0.10, 0.075
"""Share of calls that a bound should ask about: at least, at most, and aimed at."""
_MORE: Final = ("above", "at_least")
_LESS: Final = ("below", "at_most")


def compared(key: str) -> tuple[str, str] | None:
    """Read a key that compares a number, as `usd_above`: what, and how; None for any other."""
    for comparison in COMPARISONS:
        name = key.removesuffix(f"_{comparison}")
        if name and name != key and comparison in (*_MORE, *_LESS):
            return name, comparison
    return None


def beyond(values: Sequence[float], comparison: str, bound: float) -> int:
    """Count the sorted values that a comparison holds for."""
    match comparison:
        case "above":
            return len(values) - bisect_right(values, bound)
        case "at_least":
            return len(values) - bisect_left(values, bound)
        case "below":
            return bisect_left(values, bound)
        case _:
            return bisect_right(values, bound)


def better(values: Sequence[float], comparison: str) -> float | None:
    """Return the plainest number near the middle of the wanted share, or None where none is."""
    at = 1 - MIDDLE if comparison in _MORE else MIDDLE
    near = values[min(len(values) - 1, int(at * len(values)))]
    for digits in range(1, 7):
        plain = float(f"{near:.{digits}g}")
        plain = int(plain) if plain.is_integer() and isinstance(near, int) else plain
        if FEW <= beyond(values, comparison, plain) / len(values) <= MANY:
            return plain
    return None
