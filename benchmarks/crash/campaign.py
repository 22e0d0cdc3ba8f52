"""Kill: drive workers over an agent graph, and kill them, pause them, and step their clocks.

The parent is warm: it has loaded everything and opened nothing, so that a fork is a process that is
ready at once. It draws each child's fate from the campaign's seed.
"""

import gc
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from benchmarks.crash.agent import LEASE_S, POLICY
from benchmarks.crash.worker import Orders, Role, forked
from interlock import Policy
from interlock.conduct.faults import CrashPoint, OtherPoint
from interlock.detect import ENTITIES, warm

Fate = Literal["kill", "point", "pause", "step", "none"]

WORKERS: Final = 3
REVIEWERS: Final = 2
WINDOW: Final = 20
"""Threads that are open at once; workers meet on the oldest of them."""
DRAIN_S: Final = 180.0

_THEIRS: Final[dict[Role, tuple[str, ...]]] = {
    "reviewer": ("voted", "voted", "doubt_settled", "sealing"),
    "keeper": ("timer_taken", "timer_fired", "sealing"),
}
_WORKERS: Final = sorted(
    {*get_args(CrashPoint), *get_args(OtherPoint)}
    - {one for own in _THEIRS.values() for one in own}
    | {"sealing"}
)
_BETWEEN: Final = ("claimed", "effect_done", "inspected")
"""Points between a claim and its result, where what may not run twice ends in doubt."""


@dataclass
class Child:
    """One forked process, and what is to become of it."""

    pid: int
    role: Role
    fate: Fate
    point: str
    due: float
    """When it is killed or paused, by the driver's clock."""
    ahead_s: float
    until: float = 0.0
    """When a paused one goes on."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One process that died of SIGKILL."""

    pid: int
    at: float
    """When it was noticed, Unix time."""
    role: Role
    how: str


@dataclass
class Campaign:
    """One run: what it is told, and what it did."""

    folder: Path
    ledger: str
    seed: int
    kills_wanted: int
    outage: Callable[[], None] | None = None
    """Kills the database and starts it again."""
    snapshot: Callable[[int], None] = lambda _: None
    """Keeps an export of the log as it is, under a number."""
    kills: list[Kill] = field(default_factory=list[Kill])
    pauses: int = 0
    steps: list[int] = field(default_factory=list[int])
    """Processes whose clock was off."""
    paused: list[int] = field(default_factory=list[int])
    outages: list[float] = field(default_factory=list[float])
    children: dict[int, Child] = field(default_factory=dict[int, Child])
    ends: list[int] = field(default_factory=list[int])
    first: int = 0
    """The first thread that has not ended."""
    last: int | None = None
    """The last thread that was begun, once no more are."""
    took_s: float = 0.0
    drained: bool = False

    def __post_init__(self) -> None:
        """Prepare the folder and draw from the seed."""
        self.draw = random.Random(self.seed)
        self.policy = Policy.parse(POLICY)
        for name in ("journals", "ended", "state"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        warm({*self.policy.compiled.output.entities} & {*ENTITIES})
        gc.collect()
        gc.freeze()

    # The loop --------------------------------------------------------------------------------

    def run(self) -> None:
        """Kill until there were kills enough; then let everything come to its end."""
        begun = time.monotonic()
        next_outage = time.monotonic() + 10
        seen = 0
        while len(self.kills) < self.kills_wanted:
            self._fill({"worker": WORKERS, "reviewer": REVIEWERS, "keeper": 1}, gently=False)
            self._strike()
            self._reap()
            if self.outage and time.monotonic() > next_outage:
                self.outages.append(time.time())
                self.outage()
                next_outage = time.monotonic() + self.draw.uniform(10, 20)
            if len(self.kills) // 250 > seen:
                seen = len(self.kills) // 250
                self.snapshot(seen)
            self._say()
            time.sleep(0.01)
        self.took_s = time.monotonic() - begun
        self._drain()

    def _fork(self, role: Role, *, gently: bool = False) -> None:
        fate, point, after, delay, ahead = ("none", "", 1, 1e9, 0.0) if gently else self._fate(role)
        orders = Orders(
            role=role,
            ledger=self.ledger,
            folder=self.folder,
            seed=self.seed,
            draw=self.draw.getrandbits(48),
            threads=self._open() if role == "worker" else (),
            ahead_s=ahead,
            crash_at=point or None,
            crash_after=after,
        )
        pid = forked(orders, self.policy)
        if ahead:
            self.steps.append(pid)
        self.children[pid] = Child(pid, role, fate, point, time.monotonic() + delay, ahead)

    def _fate(self, role: Role) -> tuple[Fate, str, int, float, float]:
        """Draw what becomes of a process: fate, crash point, its n-th pass, when, clock's error."""
        draw = self.draw
        if role != "worker":
            if draw.random() < 0.5:
                return (
                    "point",
                    draw.choice(_THEIRS[role]),
                    draw.randint(1, 4),
                    draw.uniform(2, 5),
                    0.0,
                )
            return "kill", "", 1, draw.uniform(1, 5), 0.0
        drawn = draw.random()
        if drawn < 0.5:
            point = draw.choice(_BETWEEN if draw.random() < 0.7 else _WORKERS)
            return "point", point, draw.choice((1, 1, 2, 3)), draw.uniform(2, 3), 0.0
        if drawn < 0.9:
            return "kill", "", 1, draw.uniform(0.1, 1.5), 0.0
        if drawn < 0.98:
            return "pause", "", 1, draw.uniform(0.15, 0.8), 0.0
        return "step", "", 1, draw.uniform(0.3, 1.5), draw.choice((-3600.0, 3600.0))

    def _open(self) -> list[int]:
        """Return the threads that are to be brought on now."""
        ended = {int(path.name) for path in (self.folder / "ended").iterdir()}
        while self.first in ended:
            self.first += 1
        threads: list[int] = []
        at = self.first
        while len(threads) < WINDOW and (self.last is None or at <= self.last):
            if at not in ended:
                threads.append(at)
            at += 1
        return threads

    def _strike(self) -> None:
        """Kill, pause and wake whoever is due."""
        now = time.monotonic()
        for child in self.children.values():
            if child.until and now >= child.until:
                os.kill(child.pid, signal.SIGCONT)
                child.until, child.fate, child.due = 0.0, "kill", now + self.draw.uniform(0.5, 1.5)
            elif now >= child.due and not child.until:
                if child.fate == "pause":
                    os.kill(child.pid, signal.SIGSTOP)
                    self.pauses += 1
                    self.paused.append(child.pid)
                    child.until = now + LEASE_S + self.draw.uniform(0.5, 1.5)
                else:
                    child.point = ""  # its point was not reached in time
                    os.kill(child.pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Count the dead."""
        for pid in [*self.children]:
            gone, status = os.waitpid(pid, os.WNOHANG)
            if not gone:
                continue
            child = self.children.pop(pid)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                how = child.point or ("stepped" if child.ahead_s else "any moment")
                self.kills.append(Kill(pid, time.time(), child.role, how))
            else:
                self.ends.append(os.waitstatus_to_exitcode(status))

    def _drain(self) -> None:
        """Kill no more, and let every thread that was begun come to its end.

        Once all have, people rest, and what they ordered to be repeated is delivered again.
        """
        for child in self.children.values():
            child.fate, child.due = "none", 1e18
            os.kill(child.pid, signal.SIGKILL)
        self.last = max(self._open())
        deadline = time.monotonic() + DRAIN_S
        ended = False
        while time.monotonic() < deadline and not self.drained:
            self._reap()
            if self._open() and not ended:
                self._fill({"worker": 2, "reviewer": 2, "keeper": 1})
            elif not ended:
                ended = True
                self._stop("reviewer")
                self._stop("worker")
                self._fork("worker", gently=True)
            self.drained = ended and not self._of("worker")
            self._say()
            time.sleep(0.05)
        for role in get_args(Role):
            self._stop(role)

    def _of(self, role: Role) -> list[Child]:
        return [child for child in self.children.values() if child.role == role]

    def _fill(self, wanted: dict[Role, int], *, gently: bool = True) -> None:
        """Fork until every post is filled."""
        for role, posts in wanted.items():
            for _ in range(posts - len(self._of(role))):
                self._fork(role, gently=gently)

    def _stop(self, role: Role) -> None:
        for child in self._of(role):
            os.kill(child.pid, signal.SIGKILL)
            os.waitpid(child.pid, 0)
            del self.children[child.pid]

    def _say(self) -> None:
        if sys.stderr.isatty():
            print(f"\r{len(self.kills)} of {self.kills_wanted} kills", end="", file=sys.stderr)


def describe(campaign: Campaign) -> dict[str, Any]:
    """Say what was done to the processes."""
    hows = [kill.how for kill in campaign.kills]
    return {
        "kills": len(hows),
        "kills_by_moment": {how: hows.count(how) for how in sorted(set(hows))},
        "kills_per_s": round(len(hows) / max(campaign.took_s, 1e-9), 2),
        "pauses_beyond_the_lease": campaign.pauses,
        "stepped_clocks": len(campaign.steps),
        "database_outages": len(campaign.outages),
        "seconds": round(campaign.took_s, 1),
        "drained": campaign.drained,
    }
