"""Notice: that an agent errs more often than a limit, as soon as its outcomes show it.

A detector bets on error rates above the limit. After each outcome every bet q is worth

    M(q) = (M(q) + 1) * L,    L = q / r for an error and (1 - q) / (1 - r) for a success,

and the alarm is raised when the bets' mean reaches `arl`. As long as each action errs with a chance
of the limit r or less, whatever happened before, L is expected to be at most 1, and so M less the
number of actions is a supermartingale: the first alarm is to be expected after `arl` actions or
later. To forget old outcomes takes from M, so it holds of a window too.
Sources: J. Shin, A. Ramdas, A. Rinaldo, E-detectors: a nonparametric framework for sequential
change detection, New England Journal of Statistics in Data Science 2 (2024), the SR e-detector and
its mixtures; S. W. Roberts, Technometrics 8 (1966).
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from interlock.policy.operations import ErrorRateTrigger

ARL: Final = 1000.0
"""Actions until the first false alarm, on average at least, of an agent that errs at the limit.

Of 200 simulated agents that erred a fifth as often one had an alarm within 2,000 actions; those
that came to err four times as often as allowed were noticed after 26, at the median. Source:
`benchmarks/autonomy`.
"""

_BETS: Final = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""How far above the limit each bet stands, of the way from there to always."""


class DriftDetector(NamedTuple):
    """What outcomes since some moment came to."""

    limit_0_1: float
    worth: tuple[float, ...] = (0.0,) * len(_BETS)
    """Of each bet."""
    actions: int = 0
    """Outcomes that were seen."""

    def after(self, *, error: bool) -> "DriftDetector":
        """See one more outcome."""
        worth = tuple(
            min(_MOST, (had + 1) * factor)
            for had, factor in zip(self.worth, self._factors(error), strict=True)
        )
        return self._replace(worth=worth, actions=self.actions + 1)

    def _factors(self, error: bool) -> Iterable[float]:
        r = self.limit_0_1
        for far in _BETS:
            above = far * (1 - r)
            if not error or not above:  # nobody errs more often than always
                yield 1 - far
            else:
                yield 1 + above / r if r else math.inf

    @property
    def evidence(self) -> float:
        """Return the mean worth of the bets."""
        return sum(self.worth) / len(self.worth)

    def alarmed(self, arl: float = ARL) -> bool:
        """Tell whether the outcomes show more errors than the limit."""
        return self.evidence >= arl


_MOST: Final = 1e300
"""Where a bet stops growing, so that nothing becomes infinite."""


def errs_above(errors: Iterable[bool], trigger: ErrorRateTrigger, arl: float = ARL) -> bool:
    """Tell whether outcomes show more errors than the trigger allows.

    They are those of the trigger's window since the level was entered, in order, each whether the
    action was an error; an alarm on the way stands. Nothing is said of fewer than `min_actions`.
    """
    detector, alarmed = DriftDetector(trigger.error_rate_above), False
    for error in errors:
        detector = detector.after(error=error)
        alarmed = alarmed or detector.alarmed(arl)
    return alarmed and detector.actions >= trigger.min_actions
