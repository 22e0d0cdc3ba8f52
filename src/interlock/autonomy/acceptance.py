"""Accept: a plan by which a batch of calls passes or not, after a few of them were looked at.

A plan is made from the two risks it is to keep, not copied from a table: its operating
characteristic is how likely a batch passes, by its true share of wrong calls.
Sources: H. F. Dodge, H. G. Romig, Bell System Technical Journal 8 (1929); ISO 2859-1, whose plans
have the same characteristic at the same numbers.
"""

import math
from typing import Final, NamedTuple

from interlock.intervals import at_most

LARGEST: Final = 10_000
"""Calls that no plan asks to look at more than."""


class SamplingPlan(NamedTuple):
    """How many calls to look at, and with how many wrong ones the batch still passes."""

    look_at: int
    accept_at_most: int

    def passes(self, rate_0_1: float) -> float:
        """Return how likely a batch with such a share of wrong calls passes, 0..1.

        Binomial: for a batch much larger than the sample; in a small one bad batches pass less.
        """
        return at_most(self.accept_at_most, self.look_at, rate_0_1)

    def accepts(self, wrong: int) -> bool:
        """Tell whether a batch passes in whose sample so many calls were wrong."""
        return wrong <= self.accept_at_most


class Risks(NamedTuple):
    """What a plan is to keep."""

    good_0_1: float
    """Share of wrong calls that is good enough (AQL)."""
    bad_0_1: float
    """Share that must not pass (LTPD)."""
    good_refused_0_1: float = 0.05
    """How often a good batch may be refused: the producer's risk."""
    bad_passed_0_1: float = 0.10
    """How often a bad batch may pass: the consumer's risk."""


def plan(risks: Risks) -> SamplingPlan:
    """Return the smallest plan that keeps both risks.

    Raises `ValueError` where good is not below bad, a risk is none of 0..1, or the two are so near
    each other that `LARGEST` calls do not tell them apart.
    """
    if not 0 <= risks.good_0_1 < risks.bad_0_1 < 1:
        raise ValueError(f"good ({risks.good_0_1}) must lie below bad ({risks.bad_0_1})")
    if not (0 < risks.good_refused_0_1 < 1 and 0 < risks.bad_passed_0_1 < 1):
        raise ValueError("a risk lies between 0 and 1")
    accept = 0
    while (look_at := _fewest(accept, risks)) <= LARGEST:
        found = SamplingPlan(look_at, accept)
        if found.passes(risks.good_0_1) >= 1 - risks.good_refused_0_1:
            return found
        accept += 1
    raise ValueError(f"{LARGEST} calls do not tell {risks.good_0_1} from {risks.bad_0_1}")


def _fewest(accept: int, risks: Risks) -> int:
    """Return how many calls keep a bad batch from passing with so many wrong ones."""
    low = accept + 1
    high = max(low, math.ceil(2 * (accept + 1 - math.log(risks.bad_passed_0_1)) / risks.bad_0_1))
    while SamplingPlan(high, accept).passes(risks.bad_0_1) > risks.bad_passed_0_1:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        if SamplingPlan(middle, accept).passes(risks.bad_0_1) <= risks.bad_passed_0_1:
            high = middle
        else:
            low = middle + 1
    return low
