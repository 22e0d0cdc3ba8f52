"""Rank: how well a score tells one kind from another."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from interlock.intervals import Share, share


class Ranking(NamedTuple):
    """How well scores tell positives from negatives."""

    auroc: float
    recall: Share
    """Positives above the threshold that `fpr` of the negatives reach."""


def ranked(negatives: Sequence[float], positives: Sequence[float], fpr: float = 0.05) -> Ranking:
    """Return area under the curve, ties half, and the recall at a false-positive rate."""
    ordered = sorted(negatives)
    wins = sum(bisect_left(ordered, p) + bisect_right(ordered, p) for p in positives) / 2
    threshold = ordered[min(len(ordered) - 1, int(len(ordered) * (1 - fpr)))]
    found = sum(p > threshold for p in positives)
    return Ranking(wins / len(ordered) / len(positives), share(found, len(positives)))


def average(rankings: Sequence[Ranking]) -> tuple[float, float]:
    """Return mean area and mean recall."""
    count = len(rankings)
    return sum(r.auroc for r in rankings) / count, sum(r.recall.value for r in rankings) / count
