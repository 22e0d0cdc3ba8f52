"""Count: how often things were seen, in bounded memory, fading with time.

Whatever is asked of the counts comes back as a probability that is never zero: half an observation
is added, so that few observations cannot make anything seem impossible.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, Protocol, Self, TypeVar, cast


class _Ordered(Protocol):
    def __lt__(self, other: Any, /) -> bool: ...  # noqa: ANN401 - as the standard library says it


K = TypeVar("K", bound=_Ordered)


class Counts(Generic[K]):
    """Weights of at most `limit` things; the lightest are forgotten first.

    What was forgotten counts as seen in `total`, and as new when it comes again.
    """

    __slots__ = ("fresh", "limit", "total", "weights")

    def __init__(self, limit: int) -> None:
        """Start with nothing seen."""
        self.limit = limit
        self.weights: dict[K, float] = {}
        self.total = 0.0
        """How much was seen."""
        self.fresh = 0.0
        """How much of it was seen for the first time."""

    def add(self, thing: K) -> None:
        """See a thing once more."""
        weights = self.weights
        before = weights.get(thing)
        self.total += 1.0
        if before is None:
            self.fresh += 1.0
            weights[thing] = 1.0
            if len(weights) > self.limit:
                self._forget()
        else:
            weights[thing] = before + 1.0

    def take(self, thing: K | None, weight: float) -> None:
        """See a thing less often, by a weight; one that little is left of was never seen."""
        before = None if thing is None else self.weights.get(thing)
        if thing is None or before is None:
            return
        self.total = max(0.0, self.total - weight)
        if before - weight < _DUST:
            del self.weights[thing]
        else:
            self.weights[thing] = before - weight

    def novelty(self) -> float:
        """Return how probable it is that the next thing is a new one, in (0, 1).

        Source: the estimator of Krichevsky and Trofimov, IEEE Trans. Inf. Theory 27 (1981).
        """
        return min(1.0, (self.fresh + 0.5) / (self.total + 1.0))

    def rarity(self, thing: K) -> float:
        """Return how probable a thing is that is as rare as this one, in (0, 1]; 1 of nothing."""
        if not self.total:
            return 1.0
        weight = self.weights.get(thing)
        if weight is None:
            return self.novelty()
        rarer = sum([each for each in self.weights.values() if each <= weight])
        return min(1.0, (rarer + 0.5) / (self.total + 1.0))

    def at_least(self, thing: K) -> float:
        """Return how probable something as large as this is, in (0, 1]; 1 of nothing."""
        large = sum([weight for each, weight in self.weights.items() if not each < thing])
        return (large + 0.5) / (self.total + 0.5) if large < self.total else 1.0

    def median(self) -> K | None:
        """Return the thing in the middle by order, or None of nothing."""
        half, seen = sum(self.weights.values()) / 2, 0.0
        for thing in sorted(self.weights):
            seen += self.weights[thing]
            if seen >= half:
                return thing
        return None

    def faded(self, factor: float) -> "Counts[K]":
        """Return the counts with everything weighing less, by a factor in (0, 1]."""
        faded = Counts[K](self.limit)
        left = {thing: weight * factor for thing, weight in self.weights.items()}
        faded.weights = {thing: weight for thing, weight in left.items() if weight >= _DUST}
        faded.total, faded.fresh = self.total * factor, self.fresh * factor
        return faded

    def merged(self, other: "Counts[K]") -> "Counts[K]":
        """Return the counts of both; which is asked does not matter.

        A thing that was new to each counts twice in `fresh`, so novelty is rather over-estimated.
        """
        both = Counts[K](max(self.limit, other.limit))
        names = self.weights.keys() | other.weights.keys()
        mine, theirs = self.weights, other.weights
        both.weights = {name: mine.get(name, 0.0) + theirs.get(name, 0.0) for name in names}
        both.total, both.fresh = self.total + other.total, self.fresh + other.fresh
        if len(both.weights) > both.limit:
            both._forget()
        return both

    def to_json(self) -> dict[str, Any]:
        """Write everything as JSON."""
        pairs = [[thing, weight] for thing, weight in sorted(self.weights.items())]
        return {"limit": self.limit, "total": self.total, "fresh": self.fresh, "seen": pairs}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        counts = cls(written["limit"])
        counts.weights = dict(cast("Iterable[tuple[K, float]]", written["seen"]))
        counts.total, counts.fresh = written["total"], written["fresh"]
        return counts

    def _forget(self) -> None:
        """Keep the heaviest three quarters, so that forgetting is rare."""
        heaviest = sorted(self.weights.items(), key=lambda item: (-item[1], item[0]))
        self.weights = dict(heaviest[: max(1, self.limit * 3 // 4)])


_DUST = 0.01
"""The weight at which one observation is forgotten: after about seven half-lives."""
