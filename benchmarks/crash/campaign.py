"""Kill: drive workers over an agent graph, and kill them, pause them, and step their clocks.

The parent is warm: it has loaded everything and opened nothing, so that a fork is a process that is
ready at once. It draws each child's fate from the campaign's seed.
"""

import gc
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, get_args

from benchmarks.crash.agent import LEASE_S, POLICY
from benchmarks.crash.fate import UNHARMED, Fate, drawn
from benchmarks.crash.worker import Orders, Role, forked
from interlock import Policy
from interlock.detect import ENTITIES, warm

POSTS: Final[dict[Role, int]] = {"worker": 2, "resumer": 1, "reviewer": 2, "keeper": 1}
"""How many processes there are of each kind at a time, once nobody is killed any more."""
WINDOW: Final = 20
"""Threads that are open at once; workers meet on the oldest of them."""
EXPORT_EVERY: Final = 150
"""Kills between two exports, from which it is seen that the log only grew."""
DRAIN_S: Final = 180.0

READY_S: Final = 0.2
"""How long a process takes to be ready on a machine that is not busy, seconds."""
SLOWEST: Final = 5.0
"""How much longer than drawn a process lives at most on a busy machine."""
LOST_S: Final = 30.0
"""After this time a process that is not ready yet is killed, seconds."""


@dataclass
class Child:
    """One forked process, and what is to become of it."""

    pid: int
    role: Role
    fate: Fate
    begun: float
    """When it was forked, by the driver's clock."""
    ready: int
    """Where it says that it is ready; closed, -1."""
    due: float
    """When its time has come."""
    until: float = 0.0
    """When a paused one goes on."""
    stopped: float = 0.0
    """When it was paused, Unix time."""
    spared: bool = False
    """Whether its point was not reached in time, and it was killed as it stood."""


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
    workers: int = 3
    """Workers at a time."""
    outage: Callable[[], None] | None = None
    """Kills the database and starts it again."""
    kills: list[Kill] = field(default_factory=list[Kill])
    steps: list[int] = field(default_factory=list[int])
    """Processes whose clock was off."""
    paused: list[int] = field(default_factory=list[int])
    outages: int = 0
    hindered: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """From when to when nobody could recover: a paused process that may hold SQLite's one lock, a
    database that was down, no keeper at work. Unix time. On PostgreSQL nobody waits for a paused
    process."""
    unkept: float = field(default_factory=time.time)
    """Since when there is no keeper; 0 while there is one."""
    children: dict[int, Child] = field(default_factory=dict[int, Child])
    ends: list[int] = field(default_factory=list[int])
    first: int = 0
    """The first thread that has not ended."""
    last: int | None = None
    """The last thread that was begun, once no more are."""
    pace: float = 1.0
    """How many times slower than alone processes are here."""
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
        self._fork("registrar", gently=True)
        while self._of("registrar"):
            self._reap()
            time.sleep(0.01)
        try:
            self._storm()
            self._drain()
        finally:
            for role in get_args(Role):
                self._stop(role)

    def _storm(self) -> None:
        begun = time.monotonic()
        next_outage = time.monotonic() + 10
        seen = 0
        signal.signal(signal.SIGTERM, self._enough)
        while len(self.kills) < self.kills_wanted:
            self._fill({**POSTS, "worker": self.workers}, gently=False)
            self._strike()
            self._reap()
            if self.outage and time.monotonic() > next_outage:
                self._strike_database()
                next_outage = time.monotonic() + self.draw.uniform(10, 20)
            if len(self.kills) // EXPORT_EVERY > seen:
                seen = len(self.kills) // EXPORT_EVERY
                self._fork("exporter")
            self._say()
            time.sleep(0.01)
        self.took_s = time.monotonic() - begun

    def _fork(self, role: Role, *, gently: bool = False) -> None:
        fate = UNHARMED if gently else drawn(role, self.draw)
        orders = Orders(
            role=role,
            ledger=self.ledger,
            folder=self.folder,
            seed=self.seed,
            draw=self.draw.getrandbits(48),
            threads=self._open() if role == "worker" else (),
            ahead_s=fate.ahead_s,
            into=f"earlier-{len(self.kills)}",
            crash_at=fate.point or None,
            crash_after=fate.after,
        )
        pid, ready = forked(orders, self.policy)
        if fate.ahead_s:
            self.steps.append(pid)
        now = time.monotonic()
        due = now + fate.delay_s if fate.at_once else float("inf")
        self.children[pid] = Child(pid, role, fate, now, ready, due)

    def _hear(self, child: Child) -> None:
        """Notice that a process is ready; from then on its time runs, by the machine's pace."""
        if child.ready < 0 or not select.select([child.ready], [], [], 0)[0]:
            return
        os.close(child.ready)
        child.ready, now = -1, time.monotonic()
        if child.role == "keeper":
            self.hindered.append((self.unkept, time.time()))
            self.unkept = 0.0
        slowed = (now - child.begun) / READY_S
        self.pace += 0.1 * (min(max(1.0, slowed), SLOWEST) - self.pace)
        if child.fate is not UNHARMED and not child.fate.at_once:
            child.due = now + child.fate.delay_s * self.pace

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
        for child in self.children.values():
            self._hear(child)
            now = time.monotonic()
            if child.until and now >= child.until:
                os.kill(child.pid, signal.SIGCONT)
                if self.ledger.startswith("sqlite"):
                    self.hindered.append((child.stopped, time.time()))
                child.until, child.fate = 0.0, replace(child.fate, kind="kill")
                child.due = now + self.draw.uniform(0.5, 1.5) * self.pace
            elif child.until or now < min(child.due, child.begun + LOST_S):
                continue
            elif child.fate.kind == "pause" and child.ready < 0:
                os.kill(child.pid, signal.SIGSTOP)
                self.paused.append(child.pid)
                child.stopped = time.time()
                child.until = now + LEASE_S + self.draw.uniform(0.5, 1.5)
            elif child.fate is not UNHARMED:
                child.spared = True
                os.kill(child.pid, signal.SIGKILL)

    def _strike_database(self) -> None:
        begun = time.time()
        if self.outage:
            self.outage()
        self.outages += 1
        self.hindered.append((begun, time.time()))

    def _reap(self) -> None:
        """Count the dead."""
        for pid in [*self.children]:
            gone, status = os.waitpid(pid, os.WNOHANG)
            if not gone:
                continue
            child = self.children.pop(pid)
            self._gone(child)
            if child.ready >= 0:
                os.close(child.ready)
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                how = "any moment" if child.spared else child.fate.point
                self.kills.append(Kill(pid, time.time(), child.role, how))
            else:
                self.ends.append(os.waitstatus_to_exitcode(status))

    def _drain(self) -> None:
        """Kill no more, and let every thread that was begun come to its end.

        Once all have, people rest, and what they ordered to be repeated is delivered again.
        """
        for role in get_args(Role):
            self._stop(role)
        self.last = max(self._open())
        deadline = time.monotonic() + DRAIN_S
        ended = False
        while time.monotonic() < deadline and not self.drained:
            self._reap()
            if self._open() and not ended:
                self._fill(POSTS)
            elif not ended:
                ended = True
                for role in ("reviewer", "resumer", "worker"):
                    self._stop(role)
                self._fork("worker", gently=True)
            self.drained = ended and not self._of("worker")
            self._say()
            time.sleep(0.05)

    def _enough(self, *_: object) -> None:
        """Be told from outside to come to an end."""
        self.kills_wanted = 0

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
            self._gone(child)
            if child.ready >= 0:
                os.close(child.ready)
            del self.children[child.pid]

    def _gone(self, child: Child) -> None:
        """Note since when nobody keeps, when the keeper is gone."""
        if child.role == "keeper" and not self.unkept:
            self.unkept = time.time()

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
        "pauses_beyond_the_lease": len(campaign.paused),
        "stepped_clocks": len(campaign.steps),
        "database_outages": campaign.outages,
        "seconds": round(campaign.took_s, 1),
        "drained": campaign.drained,
    }
