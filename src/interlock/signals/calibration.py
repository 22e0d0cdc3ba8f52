"""Calibrate: what a confidence has been worth, learned from calls that were decided.

A table maps what a source says to how often such calls were right: isotonic, because more
confidence never means less, and with a prior, because few cases prove little. A table carries its
version and what it was learned from; a threshold for a wanted error rate comes with its interval.
Source: pool-adjacent-violators, M. Ayer et al., Ann. Math. Statist. 26 (1955); use for
probabilities, B. Zadrozny, C. Elkan, KDD 2002.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from interlock.errors import LedgerTooNew
from interlock.intervals import Share, share

VERSION: Final = 1
"""Of the written form; a table of another version is learned anew."""

PRIOR: Final = 2.0
"""Cases that the overall share of right calls weighs as, in each block of cases."""


class Judged(NamedTuple):
    """One decided call: what a source said of it, and whether it was right."""

    said_0_1: float
    right: bool


class Bin(NamedTuple):
    """Calls of like confidence: what was said on average, and how many were right."""

    said_0_1: float
    right: Share


class CalibrationTable(NamedTuple):
    """What a confidence is worth: (what is said, how often right), both rising."""

    steps: tuple[tuple[float, float], ...]
    cases: int
    """How many decided calls it was learned from."""
    model: str = ""
    """Which model's calls they were; another model starts anew."""

    def worth(self, said_0_1: float) -> float:
        """Return how often calls of such a confidence were right, straight between the steps."""
        at = bisect_right(self.steps, said_0_1, key=lambda step: step[0])
        if at == 0 or at == len(self.steps):
            return self.steps[max(0, at - 1)][1]
        (low, from_), (high, to) = self.steps[at - 1], self.steps[at]
        return from_ + (to - from_) * (said_0_1 - low) / (high - low)

    def to_json(self) -> dict[str, Any]:
        """Write everything as JSON."""
        steps = [list(step) for step in self.steps]
        return {"v": VERSION, "steps": steps, "cases": self.cases, "model": self.model}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote. Raises `LedgerTooNew` for another version's."""
        if written.get("v") != VERSION:
            raise LedgerTooNew(f"table of version {written.get('v')}; this one reads {VERSION}")
        steps = tuple((float(said), float(worth)) for said, worth in written["steps"])
        return cls(steps, written["cases"], written["model"])


class Threshold(NamedTuple):
    """A confidence from which few enough calls were wrong."""

    said_0_1: float
    wrong: Share
    """Wrong calls among those at or above it, with the interval."""
    asked: Share
    """Calls below it, which people would be asked about."""


def calibrated(
    judged: Sequence[Judged], model: str = "", prior: float = PRIOR
) -> CalibrationTable | None:
    """Learn a table; None of nothing. `prior` is how many cases the overall share weighs as."""
    if not judged:
        return None
    overall = sum(each.right for each in judged) / len(judged)
    steps: dict[float, float] = {}
    for low, high, right, cases in _pooled(judged):
        steps[low] = steps[high] = (right + prior * overall) / (cases + prior)
    return CalibrationTable(_rising(steps), len(judged), model)


_Block = tuple[float, float, int, int]
"""Lowest and highest of what was said, how many were right, of how many."""


def _pooled(judged: Sequence[Judged]) -> list[_Block]:
    """Pool neighbours until the share of right calls rises."""
    blocks: list[_Block] = []
    for block in _grouped(judged):
        blocks.append(block)
        while len(blocks) > 1 and _falls(blocks[-2], blocks[-1]):
            (low, _, right_0, cases_0), (_, high, right_1, cases_1) = blocks[-2:]
            blocks[-2:] = [(low, high, right_0 + right_1, cases_0 + cases_1)]
    return blocks


def _grouped(judged: Sequence[Judged]) -> list[_Block]:
    groups: dict[float, tuple[int, int]] = {}
    for said, right in judged:
        before, cases = groups.get(said, (0, 0))
        groups[said] = (before + right, cases + 1)
    return [(said, said, right, cases) for said, (right, cases) in sorted(groups.items())]


def _falls(low: _Block, high: _Block) -> bool:
    return low[2] * high[3] >= high[2] * low[3]


def _rising(steps: Mapping[float, float]) -> tuple[tuple[float, float], ...]:
    """Keep the order that the prior may have turned: a small block is drawn more than a large."""
    out, most = list[tuple[float, float]](), 0.0
    for said, worth in steps.items():
        most = max(most, worth)
        out.append((said, most))
    return tuple(out)


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[Bin]:
    """Sort calls into equally wide bins of confidence, empty ones left out."""
    sorted_: dict[int, list[Judged]] = {}
    for each in judged:
        sorted_.setdefault(min(int(each.said_0_1 * bins), bins - 1), []).append(each)
    return [_bin(sorted_[number]) for number in sorted(sorted_)]


def _bin(judged: Sequence[Judged]) -> Bin:
    said = sum(each.said_0_1 for each in judged) / len(judged)
    return Bin(said, share(sum(each.right for each in judged), len(judged)))


def ece(judged: Sequence[Judged], bins: int = 10) -> float:
    """Return the expected calibration error, 0..1; 0 of nothing.

    Source: M. P. Naeini et al., AAAI 2015; equally wide bins.
    """
    weighed = (
        each.right.of * abs(each.said_0_1 - each.right.value) for each in reliability(judged, bins)
    )
    return sum(weighed) / max(1, len(judged))


def brier(judged: Sequence[Judged]) -> float:
    """Return the mean squared error of what was said, 0..1; 0 of nothing.

    Source: G. W. Brier, Monthly Weather Review 78 (1950).
    """
    return sum((each.said_0_1 - each.right) ** 2 for each in judged) / max(1, len(judged))


def threshold(judged: Sequence[Judged], error_rate: float) -> Threshold | None:
    """Return the lowest threshold above which at most so many calls were wrong; None for none.

    The upper end of the exact interval counts, so that luck on few cases is not taken for skill.
    """
    found = None
    wrong = cases = 0
    for said, _, right, count in reversed(_grouped(judged)):
        cases += count
        wrong += count - right
        wrongs = share(wrong, cases)
        if wrongs.high <= error_rate:
            found = Threshold(said, wrongs, share(len(judged) - cases, len(judged)))
    return found
