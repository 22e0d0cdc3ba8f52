"""Episode: one task played once, and what came of each call."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from benchmarks.replay.suite import Step, World

Reviewer = Literal["careful", "approves everything"]


@dataclass(frozen=True, slots=True)
class Play:
    """One call, played."""

    step: Step
    injected: bool
    asked: bool
    """Whether a human was asked."""
    ran: bool
    """Whether the tool was entered, as the tool itself saw it."""
    ending: str
    """How the gate answered: `released`, `redacted`, `quarantined`, `denied`, `rejected`, …"""
    raw: Any
    """What the tool returned; None when it did not run."""
    got: Any
    """What the agent got."""
    findings: tuple[str, ...] = ()
    """`path kind action` of each finding in the result."""
    gate_ms: float = 0.0
    """Wall time of the call without the tool and without the human."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One user task, alone or under attack, played to its end."""

    suite: str
    user: str
    injection: str | None
    reviewer: Reviewer | None
    """None: without a gate."""
    useful: bool
    """The author's check of the user's task."""
    reached: bool
    """The author's check of the attacker's goal."""
    carriers: int
    """Results of tools in which the attacker's text stood."""
    carriers_held: int
    """Those of them that the agent did not get."""
    lost: tuple[str, ...]
    """Words that the task needs, that the tools returned and that the agent did not get."""
    plays: tuple[Play, ...]


class Door(Protocol):
    """A way to the tools: bare, or through the gate."""

    reviewer: Reviewer | None

    def enter(self, world: World, thread: str) -> None:
        """Start an episode in a fresh world."""
        ...

    def play(self, step: Step, injected: bool) -> Play:
        """Make one call and see it through, human included."""
        ...
