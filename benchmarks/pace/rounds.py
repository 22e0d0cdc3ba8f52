"""Round: contenders timed in turns, so that a slow minute of the machine hits all alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

Contender: TypeAlias = Callable[[int], object]
"""Does its work once; gets the number of the round, to do it on fresh input."""


def timed(contenders: Mapping[str, Contender], rounds: int, warm_up: int) -> dict[str, list[float]]:
    """Run each contender once a round and return milliseconds by name.

    Each round starts with another contender; the first `warm_up` rounds do not count.
    """
    spent: dict[str, list[float]] = {name: [] for name in contenders}
    for at in range(warm_up + rounds):
        for name in rotated(list(contenders), at):
            began = time.perf_counter()
            contenders[name](at)
            elapsed = (time.perf_counter() - began) * 1000
            if at >= warm_up:
                spent[name].append(elapsed)
    return spent


def rotated(names: Sequence[str], by: int) -> list[str]:
    """Return the names starting at another one each round."""
    start = by % len(names)
    return [*names[start:], *names[:start]]


def over(first: Sequence[float], second: Sequence[float]) -> list[float]:
    """Subtract round by round: what `first` took more than `second` in the same round."""
    return [a - b for a, b in zip(first, second, strict=True)]
