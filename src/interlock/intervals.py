"""Estimate: a share of cases, with the interval that its number of cases leaves open."""

from functools import lru_cache
from typing import Final, NamedTuple

CONFIDENCE: Final = 0.95
"""How often such an interval holds the true share, at least."""


class Share(NamedTuple):
    """How many of some cases, and between which shares the truth may lie."""

    hits: int
    of: int
    low: float
    """Lower end of the exact 95 % interval, 0..1."""
    high: float
    """Upper end, 0..1."""

    @property
    def value(self) -> float:
        """The share itself, 0..1; 0 of no cases."""
        return self.hits / self.of if self.of else 0.0


@lru_cache(maxsize=1024)
def share(count: int, of: int) -> Share:
    """Return a share with its exact binomial interval; of no cases nothing is known.

    Raises `ValueError` for a count that is no part of `of`.
    Source: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934).
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} is no part of {of} cases")
    if not of:
        return Share(0, 0, 0.0, 1.0)
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(CONFIDENCE, "exact")
    return Share(count, of, float(interval.low), float(interval.high))
