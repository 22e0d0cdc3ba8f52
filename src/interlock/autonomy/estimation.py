"""Estimate: how often calls went wrong, of those that were drawn by chance and looked at.

A stratum is all calls of one chance; given how many were drawn, every set of that size was equally
likely, so its interval is exact. Calls that are drawn and not yet judged may be fine and may be
wrong: the lower end takes the former, the upper end the latter. Of fewer than thirty judged calls
nothing is said, and calls that were chosen by looking at them have no place here.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.autonomy.sampling import Draw
from interlock.autonomy.stratified import Sample, fewest_wrong, most_wrong
from interlock.intervals import CONFIDENCE, finite

FEWEST: Final = 30
"""Judged calls below which nothing is estimated."""

AuditFinding: TypeAlias = Literal["fine", "error", "harm"]
"""What an audit found."""


class Audited(NamedTuple):
    """One executed call of the period: how it was drawn, and what was found."""

    draw: Draw
    finding: AuditFinding | None = None
    """None where it was not drawn, or nobody has answered yet."""


class Stratum(NamedTuple):
    """All calls of one chance in a period."""

    name: str
    inclusion_0_1: float
    calls: int = 0
    """All of them, drawn or not."""
    drawn: int = 0
    judged: int = 0
    """Of the drawn ones."""
    wrong: int = 0
    """Of the judged ones."""

    @property
    def open(self) -> int:
        """How many were drawn and are not judged."""
        return self.drawn - self.judged

    def total(self) -> float:
        """Return how many of the calls are estimated to be wrong: each for those it stands for.

        Unbiased where nothing is open; it may be more than there are calls.
        Source: D. G. Horvitz, D. J. Thompson, J. Amer. Statist. Assoc. 47 (1952).
        """
        answered = self.judged / self.drawn if self.drawn else 0.0
        return self.wrong / (self.inclusion_0_1 * answered) if self.wrong else 0.0

    def between(self, confidence_0_1: float) -> tuple[int, int]:
        """Return between how many calls are wrong; known exactly where all are judged."""
        low = finite(self.wrong, self.drawn, self.calls, confidence_0_1)[0]
        return low, finite(self.wrong + self.open, self.drawn, self.calls, confidence_0_1)[1]


class Estimate(NamedTuple):
    """A share of wrong calls, 0..1, with its 95 % interval."""

    value: float
    """Horvitz-Thompson estimate, cut off at the interval."""
    low: float
    high: float
    judged: int
    of: int
    """Calls that it is of."""


class NotEstimable(NamedTuple):
    """Too few were judged."""

    judged: int
    of: int
    needed: int = FEWEST

    @property
    def words(self) -> str:
        """Say so."""
        return f"not estimable: {self.judged} of {self.needed} calls judged"


def strata(period: Iterable[Audited], wrong: frozenset[AuditFinding]) -> list[Stratum]:
    """Count a period's calls, drawn or not, by stratum; `wrong` are the findings that count.

    Calls of one name and several chances, as after a change of policy, are strata of their own.
    """
    counted: dict[tuple[str, float], Stratum] = {}
    for draw, finding in period:
        chance = draw.chance
        had = counted.get(chance) or Stratum(*chance)
        counted[chance] = had._replace(
            calls=had.calls + 1,
            drawn=had.drawn + draw.drawn,
            judged=had.judged + (draw.drawn and finding is not None),
            wrong=had.wrong + (draw.drawn and finding in wrong),
        )
    return [counted[chance] for chance in sorted(counted)]


def estimated(parts: Sequence[Stratum]) -> Estimate | NotEstimable:
    """Estimate the share of wrong calls over strata, one or all of a period.

    The interval of one stratum is exact; of several it holds the truth at least as often as it
    says (`stratified`). Strata of which every call is judged cost nothing.
    """
    of, judged = sum(each.calls for each in parts), sum(each.judged for each in parts)
    if judged < FEWEST:
        return NotEstimable(judged, of)
    low, high = _between(parts)
    value = sum(each.total() for each in parts) / of
    return Estimate(min(max(value, low / of), high / of), low / of, high / of, judged, of)


def _between(parts: Sequence[Stratum]) -> tuple[int, int]:
    """Return between how many calls are wrong; what was seen is certain."""
    whole = [each for each in parts if each.judged == each.calls]
    known = sum(each.wrong for each in whole)
    rest = [each for each in parts if each.judged < each.calls]
    if len(rest) <= 1:
        ends = [each.between(CONFIDENCE) for each in rest]
        return known + sum(low for low, _ in ends), known + sum(high for _, high in ends)
    tail = (1 - CONFIDENCE) / 2
    least = fewest_wrong([Sample(e.wrong, e.drawn, e.calls) for e in rest], tail)
    most = most_wrong([Sample(e.wrong + e.open, e.drawn, e.calls) for e in rest], tail)
    seen = sum(each.wrong for each in rest)
    fine = sum(each.judged - each.wrong for each in rest)
    left = sum(each.calls for each in rest) - fine
    return (
        known + max(seen, math.ceil(least - _NEAR)),
        known + min(left, math.floor(most + _NEAR)),
    )


_NEAR: Final = 1e-6
"""Of a call: what is lost in doubles rules nothing out."""
