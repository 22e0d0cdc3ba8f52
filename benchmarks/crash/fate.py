"""Draw: what becomes of a process, from the campaign's seed."""

import random
from dataclasses import dataclass
from typing import Final, Literal, get_args

from benchmarks.crash.worker import Role
from interlock.conduct.faults import CrashPoint, OtherPoint


@dataclass(frozen=True, slots=True)
class Fate:
    """What is to become of one process."""

    kind: Literal["kill", "point", "pause", "step", "none"]
    """`step` is a kill of a process whose clock is off."""
    delay_s: float = 0.0
    """How long it works before: killed or paused then, if no point killed it."""
    point: str = ""
    after: int = 1
    """At which pass of its point it dies."""
    ahead_s: float = 0.0
    """How far its clock is off."""
    at_once: bool = False
    """Whether its time runs from its start; else from when it is ready to work."""


UNHARMED: Final = Fate("none")

_BETWEEN: Final = ("claimed", "effect_done", "inspected")
"""Points between a claim and its result, where what may not run twice ends in doubt."""

_THEIRS: Final[dict[Role, tuple[str, ...]]] = {
    "reviewer": ("voted", "voted", "doubt_settled", "sealing"),
    "keeper": ("timer_taken", "timer_fired", "sealing", "learned"),
    "resumer": (*_BETWEEN, "settled", "sealing"),
}
_WORKERS: Final = (
    "before_proposal", "proposed", *_BETWEEN, "result_sealed", "settled", "sealing",
)  # fmt: skip


def drawn(role: Role, draw: random.Random) -> Fate:
    """Draw the fate of a new process."""
    if role in ("registrar", "exporter"):
        return UNHARMED
    if role != "worker":
        delay_s = draw.uniform(3, 10)
        if draw.random() < 0.5:
            return Fate("point", delay_s, draw.choice(_THEIRS[role]), draw.randint(1, 4))
        return Fate("kill", delay_s)
    kind = draw.random()
    if kind < 0.65:
        point = draw.choice(_BETWEEN if draw.random() < 0.8 else _WORKERS)
        return Fate("point", draw.uniform(4, 6), point, draw.choice((1, 1, 1, 2, 3)))
    if kind < 0.7:
        return Fate("kill", draw.uniform(0.0, 0.3), at_once=True)
    if kind < 0.9:
        return Fate("kill", draw.uniform(0.0, 1.2))
    if kind < 0.98:
        return Fate("pause", draw.uniform(0.0, 0.6))
    return Fate("step", draw.uniform(0.2, 1.2), ahead_s=draw.choice((-3600.0, 3600.0)))


def known_points() -> frozenset[str]:
    """Return every point at which somebody may die."""
    return frozenset(_WORKERS).union(*_THEIRS.values())


POINTS: Final = frozenset((*get_args(CrashPoint), *get_args(OtherPoint)))
"""The points that the program has; a test holds that the campaign knows them all."""
