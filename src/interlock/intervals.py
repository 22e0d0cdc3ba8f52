"""Estimate: a share of cases, with the interval that its number of cases leaves open.

Beside it stand the distributions that other estimates are made of.
"""

import math
from collections.abc import Callable
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
def share(count: int, of: int, confidence_0_1: float = CONFIDENCE) -> Share:
    """Return a share with its exact binomial interval; of no cases nothing is known.

    Raises `ValueError` for a count that is no part of `of`.
    Source: C. J. Clopper, E. S. Pearson, Biometrika 26 (1934).
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} is no part of {of} cases")
    if not of:
        return Share(0, 0, 0.0, 1.0)
    from scipy.stats import binomtest

    interval = binomtest(count, of).proportion_ci(confidence_0_1, "exact")
    return Share(count, of, float(interval.low), float(interval.high))


@lru_cache(maxsize=4096)
def finite(count: int, drawn: int, of: int, confidence_0_1: float = CONFIDENCE) -> tuple[int, int]:
    """Return between how many of `of` cases are hits when `count` of `drawn` ones are.

    Both ends are exact: outside them what was seen has at most half of what the confidence leaves.
    Raises `ValueError` where one number is no part of the next.
    Source: H. S. Konijn, Statistical Theory of Sample Survey Design (1973): the hypergeometric
    tails, turned round as Clopper and Pearson did the binomial ones.
    """
    if not 0 <= count <= drawn <= of:
        raise ValueError(f"{count} is no part of {drawn} drawn of {of}")
    from scipy.stats import hypergeom

    tail = (1 - confidence_0_1) / 2
    fewest, most = count, of - (drawn - count)
    low = _first(fewest, most, lambda hits: bool(hypergeom.sf(count - 1, of, hits, drawn) > tail))
    high = _first(
        fewest, most, lambda hits: bool(hypergeom.cdf(count, of, hits + 1, drawn) <= tail)
    )
    return low, high


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Return the first number from which on something holds; `high` where nothing before does."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def at_most(count: int, of: int, share_0_1: float) -> float:
    """Return how probable at most `count` hits of `of` are at a share: binomial, 0..1."""
    from scipy.special import bdtr

    return float(bdtr(count, of, share_0_1)) if count < of else 1.0


def log_beta_below(x_0_1: float, a: float, b: float) -> float:
    """Return the logarithm of the integral of `t**(a-1) * (1-t)**(b-1)` from 0 to `x_0_1`.

    Where the share of the whole is too small for a double, the series is summed in logarithms.
    Source: NIST Digital Library of Mathematical Functions, 8.17.2, 8.17.8.
    """
    from scipy.special import betainc, betaln

    below = float(betainc(a, b, x_0_1))
    if below > _SMALL:
        return math.log(below) + float(betaln(a, b))
    total = term = 1.0
    number = 0
    while term > total * _DOUBLE:
        term *= x_0_1 * (a + b + number) / (a + 1 + number)
        total += term
        number += 1
    return a * math.log(x_0_1) + b * math.log1p(-x_0_1) - math.log(a) + math.log(total)


_SMALL: Final = 1e-200
_DOUBLE: Final = 1e-17
"""Less of a sum is lost in a double."""
