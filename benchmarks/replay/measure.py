"""Measure: one suite through every door, and the figures of each."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO, TypeAlias

from benchmarks.replay import score
from benchmarks.replay.door import BareDoor, GatedDoor
from benchmarks.replay.episode import Door, Episode, Reviewer
from benchmarks.replay.play import play
from benchmarks.replay.suite import Suite, Task
from interlock import Policy

REVIEWERS: Final[tuple[Reviewer, ...]] = ("careful", "approves everything")

Pairs: TypeAlias = list[tuple[Task, Task | None]]


def measure(suite: Suite, pack: Path, told: "Progress") -> dict[str, Any]:
    """Play a suite bare, gated, gated without host facts, and attacked under each reviewer."""
    policy = Policy.load(pack)
    playable, without_calls = attackers(suite)
    alone: Pairs = [(user, None) for user in suite.users.values()]
    pairs: Pairs = [(user, bad) for user in suite.users.values() for bad in playable]

    bare = told.over(f"{suite.name}: no gate", _episodes(suite, BareDoor(suite), alone + pairs))
    useful, attacked = bare[: len(alone)], bare[len(alone) :]
    with _gated(suite, pack, "careful") as door:
        gated = told.over(f"{suite.name}: gated", _episodes(suite, door, alone))
    with _gated(suite, pack, "careful", host_facts=False) as door:
        told_nothing = told.over(f"{suite.name}: no facts", _episodes(suite, door, alone))
    attacks: dict[str, Any] = {}
    for reviewer in REVIEWERS:
        with _gated(suite, pack, reviewer) as door:
            label = f"{suite.name}: attacked, reviewer {reviewer}"
            episodes = told.over(label, _episodes(suite, door, pairs))
        attacks[reviewer] = score.attack(attacked, episodes, lambda tool: _reads(policy, tool))
    return {
        "policy": policy.snapshot,
        "use": score.use(useful, gated),
        "use_without_host_facts": score.use(useful, told_nothing),
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
def _gated(
    suite: Suite, pack: Path, reviewer: Reviewer, *, host_facts: bool = True
) -> Iterator[GatedDoor]:
    with (
        tempfile.TemporaryDirectory(prefix="interlock-replay-") as folder,
        GatedDoor(suite, pack, Path(folder), reviewer, host_facts=host_facts) as door,
    ):
        yield door


def _episodes(suite: Suite, door: Door, tasks: Pairs) -> Iterator[Episode]:
    for user, injection in tasks:
        yield play(suite, door, user, injection)


def _reads(policy: Policy, tool: str) -> bool:
    declared = policy.compiled.tool(tool)
    return declared is not None and declared.effect == "read"
