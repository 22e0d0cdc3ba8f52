"""Bound: how many calls of several strata are wrong at most, by what was drawn of each.

A number of wrong calls is ruled out where, however they lie in the strata, so few would seldom have
been found. How seldom is bounded for the sum of what each found call stands for, by the moment
generating function, which for drawing without return lies below that of drawing with it. Every
exponent gives a valid bound; the best of some is taken.
Sources: H. Chernoff, Ann. Math. Statist. 23 (1952); W. Hoeffding, J. Amer. Statist. Assoc. 58
(1963), theorem 4.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_EXPONENTS: Final = 40
_HALVINGS: Final = 40


class Sample(NamedTuple):
    """What was drawn of one stratum."""

    wrong: int
    drawn: int
    calls: int


def most_wrong(samples: Sequence[Sample], tail: float) -> float:
    """Return how many calls are wrong at most; more would leave so few a chance below `tail`.

    Of a stratum of which nothing was drawn, all calls may be wrong.
    """
    known = [each for each in samples if each.drawn]
    unseen = sum(each.calls for each in samples if not each.drawn)
    if not known:
        return float(unseen)
    return unseen + min(_ruled_out(known, s, math.log(tail)) for s in _exponents(known))


def fewest_wrong(samples: Sequence[Sample], tail: float) -> float:
    """Return how many calls are wrong at least: all but those that are fine at most."""
    fine = [each._replace(wrong=each.drawn - each.wrong) for each in samples]
    return sum(each.calls for each in samples) - most_wrong(fine, tail)


def _exponents(samples: Sequence[Sample]) -> Iterator[float]:
    """Yield exponents from far below one found call's weight to far above it, evenly in ratio."""
    stands_for = [each.calls / each.drawn for each in samples]
    low, high = 0.005 / max(stands_for), 30 / min(stands_for)
    for step in range(_EXPONENTS):
        yield low * (high / low) ** (step / (_EXPONENTS - 1))


def _ruled_out(samples: Sequence[Sample], exponent: float, log_tail: float) -> float:
    """Return the fewest wrong calls that an exponent rules out, wherever they lie.

    They lie where they are found least: there every further one costs the same, `price`. With the
    price grow both the wrong calls and how seldom so few of them are found.
    """
    strata = [_Stratum.of(each, exponent) for each in samples]
    found = exponent * sum(each.wrong * each.calls / each.drawn for each in samples)
    low, high = min(each.price(0.0) for each in strata), max(each.price(1.0) for each in strata)
    for _ in range(_HALVINGS):
        price = math.sqrt(low * high)
        if found + sum(each.log_chance(price) for each in strata) < log_tail:
            high = price
        else:
            low = price
    return sum(each.rate(high) * each.calls for each in strata)


class _Stratum(NamedTuple):
    """A stratum under one exponent."""

    drawn: int
    calls: int
    loss: float
    """Of the generating function, for each wrong call that is drawn; above 0, at most 1."""

    @classmethod
    def of(cls, sample: Sample, exponent: float) -> "_Stratum":
        """Weigh a found call as many times as it stands for others."""
        loss = -math.expm1(-exponent * sample.calls / sample.drawn)
        return cls(sample.drawn, sample.calls, min(loss, _ALL))

    def price(self, rate_0_1: float) -> float:
        """Return what one more wrong call costs at a rate of wrong ones."""
        return self.drawn * self.loss / (self.calls * (1 - rate_0_1 * self.loss))

    def rate(self, price: float) -> float:
        """Return the rate of wrong calls at which one more costs so much, 0..1."""
        rate = (1 - self.drawn * self.loss / (self.calls * price)) / self.loss
        return min(1.0, max(0.0, rate))

    def log_chance(self, price: float) -> float:
        """Return the logarithm of the stratum's part in the bound."""
        return self.drawn * math.log1p(-self.rate(price) * self.loss)


_ALL: Final = 1 - 1e-15
"""Less than 1 in a double; a smaller loss leaves more open."""
