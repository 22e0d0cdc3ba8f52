"""Weigh: how strongly outcomes speak against too high an error rate, however often one looks.

The weight is a mixture of likelihood ratios

    E(k, n) = integral of w(p) * p**k * (1 - p)**(n - k) dp / (p0**k * (1 - p0)**(n - k))

over error rates p below the limit p0, with w the density of Beta(1, 2 / p0), whose mean is about
half the limit, cut off at p0. As long as each action errs with a chance of p0 or more, whatever
happened before, E is a supermartingale that starts from 1: the chance to ever reach 1 / alpha
is at most alpha. Every error makes it smaller, every success larger: all mixed rates lie below p0.
Sources: J. Ville, Étude critique de la notion de collectif (1939); H. Robbins, Ann. Math. Statist.
41 (1970); A. Ramdas, P. Grünwald, V. Vovk, G. Shafer, Statistical Science 38 (2023).
"""

import math
from functools import lru_cache
from typing import Final

from interlock.intervals import log_beta_below

ALPHA: Final = 0.05
"""Chance that an agent which errs as often as the limit or more is ever said to err less."""

_A: Final = 1.0
"""First parameter of the mixing Beta: no error rate below the limit is ruled out beforehand."""


@lru_cache(maxsize=4096)
def log_weight(errors: int, actions: int, limit_0_1: float) -> float:
    """Return the logarithm of the weight; 0 of no action, -inf at a limit of 0, which none shows.

    Raises `ValueError` where errors are no part of actions, or the limit none of 0..1.
    """
    if not 0 <= errors <= actions:
        raise ValueError(f"{errors} errors are no part of {actions} actions")
    if not 0 <= limit_0_1 <= 1:
        raise ValueError(f"{limit_0_1} is no share of 0..1")
    if not actions:
        return 0.0
    if limit_0_1 in (0.0, 1.0):
        return math.inf if limit_0_1 and errors < actions else -math.inf
    right, b = actions - errors, 2 / limit_0_1
    likely = log_beta_below(limit_0_1, _A + errors, b + right) - log_beta_below(limit_0_1, _A, b)
    return likely - errors * math.log(limit_0_1) - right * math.log1p(-limit_0_1)


def enough(alpha: float = ALPHA) -> float:
    """Return the logarithm that the weight must reach. Source: Ville's inequality."""
    return -math.log(alpha)
