"""Model: six reviewers, when they work, what they take, and miss.

What is assumed, and what it rests on, is printed with the figures; `Attention` is varied there.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Final, NamedTuple

from benchmarks.week.traffic import DAY_S, HOUR_S

MEDIAN_S: Final = {"low": 20.0, "medium": 45.0, "high": 120.0, "critical": 240.0}
"""Median seconds that one case takes, by risk. An assumption; half and twice are played too."""

SPREAD: Final = 0.7
"""Standard deviation of the logarithm: the slowest case in twenty takes three medians."""

REPEATED_S: Final = 5.0
"""Median seconds for a case of which one has answered the same before. An assumption."""

ELSEWHERE_S: Final = 300.0
"""Mean seconds of other work before one looks again at a queue that was empty. An assumption."""

BETWEEN_S: Final = 5.0
"""Seconds from one answer to the next case."""

LUNCH_S: Final = 1800.0


class Person(NamedTuple):
    """One reviewer, and from when to when they work."""

    name: str
    groups: tuple[str, ...]
    weekdays: tuple[float, float]
    """First and last hour, UTC."""
    weekend: int | None = None
    """The day, counted from Monday as 0, on which they are on duty from 9 to 17."""
    lunch: float = 12.0
    """Hour at which half an hour's break begins."""


PEOPLE: Final = (
    Person("ana", ("desk", "finance"), (7, 15), lunch=11),
    Person("bo", ("desk", "finance"), (7, 15), weekend=6, lunch=11.5),
    Person("cy", ("desk", "finance"), (9, 17), lunch=12),
    Person("dee", ("desk", "finance"), (9, 17), lunch=12.5),
    Person("eli", ("desk",), (11, 19), lunch=14),
    Person("fay", ("desk",), (12, 20), weekend=5, lunch=15),
)
ABSENT: Final = "cy"
"""Does not come the whole week."""
DECLARED_S: Final = 2 * DAY_S + 7 * HOUR_S
"""When somebody says so at last: on Wednesday at seven. Then `reviewer away` until Monday."""


def shifts(person: Person) -> list[tuple[float, float]]:
    """Return when they work, seconds from Monday's midnight: two spans a day, around a break."""
    found: list[tuple[float, float]] = []
    for day in range(7):
        if day >= 5 and day != person.weekend:
            continue
        first, last = person.weekdays if day < 5 else (9.0, 17.0)
        begins = day * DAY_S
        found += [
            (begins + first * HOUR_S, begins + person.lunch * HOUR_S),
            (begins + person.lunch * HOUR_S + LUNCH_S, begins + last * HOUR_S),
        ]
    return found


def gaps(person: Person) -> list[tuple[float, float]]:
    """Return when they are at home, seconds from Monday's midnight; breaks are not among it."""
    ends = [0.0, *(end for _, end in shifts(person))]
    begins = [*(begin for begin, _ in shifts(person)), 7 * DAY_S]
    return [(end, begin) for end, begin in zip(ends, begins, strict=True) if begin - end > LUNCH_S]


def service_s(risk: str, dice: Random, pace: float = 1.0, *, repeated: bool = False) -> float:
    """Draw how long one case takes, seconds: log-normal."""
    median = REPEATED_S if repeated else MEDIAN_S[risk]
    return pace * median * math.exp(dice.gauss(0.0, SPREAD))


class Attention(NamedTuple):
    """What a reviewer overlooks: the more, the longer they have approved without a pause.

    With the strain `s`, a bad request is approved with the probability
    `rested + (tired - rested) * (1 - exp(-s / run))`. An approval adds 1 to `s`; time that is not
    spent on cases takes it away, by a factor of `e` in `rest_s`.
    """

    rested: float = 0.14
    """Probability to approve a bad request, 0..1, fresh from a pause. Source: `PAPERS`."""
    tired: float = 0.40
    """The same after a long run."""
    run: float = 40.0
    """Approvals in a row after which 63 % of the way is gone. An assumption."""
    rest_s: float = 900.0
    """Seconds of rest that give back 63 %. An assumption."""
    wary: float = 0.02
    """Probability to deny a good request, 0..1, always the same. An assumption."""

    def missing(self, strain: float) -> float:
        """Return the probability that a bad request is approved."""
        return self.rested + (self.tired - self.rested) * (1 - math.exp(-strain / self.run))

    def approving(self, strain: float, *, bad: bool) -> float:
        """Return the probability that a request is approved."""
        return self.missing(strain) if bad else 1 - self.wary

    def rested_for(self, strain: float, seconds: float) -> float:
        """Return what is left of a strain after some time without cases."""
        return strain * math.exp(-max(0.0, seconds) / self.rest_s)


ATTENTION: Final = Attention()
PAPERS: Final = (
    "Where targets are 1 to 2 % of what is looked at, 30 to 40 % of them are missed; obvious ones "
    "14 % instead of 2.5 % (PMC3064483, PMC3069706)"
)

VARIED: Final = {
    "nobody tires": Attention(rested=0.25, tired=0.25),
    "tired people miss 60 %": Attention(tired=0.60),
    "tired after 20 approvals": Attention(run=20.0),
    "tired after 80 approvals": Attention(run=80.0),
    "rest takes an hour": Attention(rest_s=3600.0),
}
"""Other models of attention, which the same answers are looked at with."""


@dataclass(slots=True)
class Reviewer:
    """One person at work."""

    person: Person
    strain: float = 0.0
    """Approvals without a pause, less what rest took away."""
    free_at: float = 0.0
    """When their last case ended, seconds from Monday's midnight."""
    barred: set[str] = field(default_factory=set[str])
    """Cases that they were told are not theirs to answer."""
    seen: set[str] = field(default_factory=set[str])
    """What they have answered already, so that the same again is quick."""

    def takes_up(self, at: float, attention: Attention) -> float:
        """Begin a case; return the strain that is left after the time between."""
        self.strain = attention.rested_for(self.strain, at - self.free_at)
        return self.strain

    def working(self, at: float) -> float | None:
        """Return when they may look next: now, at the next shift, or never again this week."""
        for begins, ends in shifts(self.person):
            if at < ends:
                return max(at, begins)
        return None
