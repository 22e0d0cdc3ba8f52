"""Estimate: how often calls went wrong, of those that were drawn by chance and looked at.

A stratum is all calls of one chance; given how many were drawn, every set of that size was equally
likely, so its interval is exact. Calls that are drawn and not yet judged may be fine and may be
wrong: the lower end takes the former, the upper end the latter. Of fewer than thirty judged calls
nothing is said, and calls that were chosen by looking at them have no place here.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.autonomy.sampling import Draw
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

    Each stratum's ends hold with the share of the confidence that leaves 95 % for all of them
    together, so the sum covers at least that; strata of which every call is judged cost nothing.
    Source: C. E. Bonferroni (1936), over exact intervals (`intervals.finite`).
    """
    of, judged = sum(each.calls for each in parts), sum(each.judged for each in parts)
    if judged < FEWEST:
        return NotEstimable(judged, of)
    unknown = sum(each.judged < each.calls for each in parts)
    each_0_1 = 1 - (1 - CONFIDENCE) / max(1, unknown)
    ends = [each.between(each_0_1) for each in parts]
    low, high = (sum(end[side] for end in ends) / of for side in (0, 1))
    value = sum(each.total() for each in parts) / of
    return Estimate(min(max(value, low), high), low, high, judged, of)
