"""Measure: one suite through every door, and the figures of each."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias

from benchmarks.replay import score
from benchmarks.replay.door import BareDoor, GatedDoor
from benchmarks.replay.episode import Door, Episode, Reviewer
from benchmarks.replay.host import COUNTING, FULL, SILENT, Host
from benchmarks.replay.play import play
from benchmarks.replay.suite import Suite, Task
from interlock import Policy

ATTACKED: Final[dict[str, tuple[Reviewer, Host]]] = {
    "careful": ("careful", FULL),
    "approves everything": ("approves everything", FULL),
    "careful, no alarm": ("careful", COUNTING),
}
"""Who answers, and what the host does, when user tasks are attacked."""

Pairs: TypeAlias = list[tuple[Task, Task | None]]


def measure(suite: Suite, pack: Path, told: "Progress") -> dict[str, Any]:
    """Play a suite bare, gated, with a silent host, and attacked."""
    policy = Policy.load(pack)
    playable, without_calls = attackers(suite)
    alone: Pairs = [(user, None) for user in suite.users.values()]
    pairs: Pairs = [(user, bad) for user in suite.users.values() for bad in playable]

    bare = told.over(f"{suite.name}: no gate", _episodes(suite, BareDoor(suite), alone + pairs))
    useful, attacked = bare[: len(alone)], bare[len(alone) :]
    with _gated(suite, pack, "careful", FULL) as door:
        gated = told.over(f"{suite.name}: gated", _episodes(suite, door, alone))
    with _gated(suite, pack, "careful", SILENT) as door:
        silent = told.over(f"{suite.name}: silent host", _episodes(suite, door, alone))
    attacks: dict[str, Any] = {}
    for name, (reviewer, host) in ATTACKED.items():
        with _gated(suite, pack, reviewer, host) as door:
            episodes = told.over(f"{suite.name}: {name}", _episodes(suite, door, pairs))
        attacks[name] = score.attack(attacked, episodes, lambda tool: _reads(policy, tool))
    return {
        "policy": policy.snapshot,
        "use": score.use(useful, gated),
        "use_with_a_silent_host": score.use(useful, silent),
        "injection_tasks": len(suite.injections),
        "injection_tasks_without_calls": without_calls,
        "attack": attacks,
        "pace_ms": score.pace(gated),
    }


def attackers(suite: Suite) -> tuple[list[Task], list[str]]:
    """Part the injection tasks that ship calls from the ids of those that ship none."""
    world = suite.world(next(iter(suite.users.values())), None)
    tasks = suite.injections.values()
    playable = [task for task in tasks if task.steps(world)]
    return playable, [task.id for task in tasks if task not in playable]


class Progress:
    """Tells how far a run is: on a terminal only."""

    def __init__(self, stream: TextIO) -> None:
        """Write to `stream` if it is a terminal."""
        self._stream = stream if stream.isatty() else None

    def over(self, label: str, episodes: Iterable[Episode]) -> list[Episode]:
        """Play them all, counting."""
        done: list[Episode] = []
        for episode in episodes:
            done.append(episode)
            if self._stream:
                self._stream.write(f"\r\x1b[K{label}: {len(done)}")
                self._stream.flush()
        if self._stream:
            self._stream.write("\r\x1b[K")
        return done


@contextmanager
def _gated(suite: Suite, pack: Path, reviewer: Reviewer, host: Host) -> Iterator[GatedDoor]:
    with (
        tempfile.TemporaryDirectory(prefix="interlock-replay-") as folder,
        GatedDoor(suite, pack, Path(folder), reviewer, host) as door,
    ):
        yield door


def _episodes(suite: Suite, door: Door, tasks: Pairs) -> Iterator[Episode]:
    for user, injection in tasks:
        yield play(suite, door, user, injection)


def _reads(policy: Policy, tool: str) -> bool:
    declared = policy.compiled.tool(tool)
    return declared is not None and declared.effect == "read"
