"""Note: what a week came to, row by row; figures are made of nothing else."""

from typing import Literal, NamedTuple, TypeAlias

from benchmarks.week.traffic import Ask

End: TypeAlias = Literal["approved", "rejected", "expired", "cut", "open"]
Kind: TypeAlias = Literal["call", "canary", "second look"]
Came: TypeAlias = Literal["counted", "too late", "resting", "not theirs"]


class Asked(NamedTuple):
    """One request and how it ended; times in seconds from Monday's midnight."""

    ask: Ask
    ended_at: float
    end: End

    @property
    def wait_s(self) -> float:
        """Return how long it waited for its end."""
        return self.ended_at - self.ask.at


class Given(NamedTuple):
    """One answer of one person."""

    by: str
    call: str
    began_at: float
    at: float
    kind: Kind
    bad: bool
    """Whether what they looked at should not be approved."""
    approves: bool
    strain: float
    """The person's, when they took the case up."""
    came: Came
    flood: bool
    route: str


class Pair(NamedTuple):
    """Two people's answers on one case, the second blind to the first: approvals are True."""

    first: bool
    second: bool


class Week(NamedTuple):
    """All rows of one week."""

    asked: tuple[Asked, ...]
    given: tuple[Given, ...]
    looks: tuple[Pair, ...]
    """Second looks as they were disclosed."""
    every: tuple[Pair, ...]
    """What second looks at all of the requests would have said: the simulator's truth."""
    ran: int
    """Tools that ran."""
    unapproved: int
    """Those of them that no person had approved."""
    probes_ran: int
    """Those that ran a probe."""
    posed: dict[str, int]
    """Probes by kind."""
    backlog: tuple[tuple[float, int], ...]
    """Open requests by the hour."""
    over_cap: int | None
    """How many more than their cap somebody was asked to look at; None without a cap."""
