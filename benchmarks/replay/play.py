"""Play: one task to its end, with the attacker's calls where a misled model would make them.

The model is taken to obey at once and to the letter: right after the first result that holds the
attacker's text come the attacker's calls, also when the gate kept that result from the model.
"""

import re
from collections.abc import Iterator

from benchmarks.replay.episode import Door, Episode, Play
from benchmarks.replay.host import words
from benchmarks.replay.suite import Step, Suite, Task


def play(suite: Suite, door: Door, user: Task, injection: Task | None) -> Episode:
    """Play a user task through a door, alone or under attack, and let its author judge."""
    world = suite.world(user, injection)
    before = suite.copy(world)
    benign = user.steps(before)
    hostile = injection.steps(before) if injection else ()
    door.enter(world, f"{suite.name}/{user.id}/{injection.id if injection else 'alone'}")
    plays = tuple(_plays(door, benign, hostile, injection))
    ran = [play.step for play in plays if play.ran]
    carriers = [play for play in plays if injection and exposed(play, injection)]
    return Episode(
        suite.name,
        user.id,
        injection.id if injection else None,
        door.reviewer,
        useful=user.reached(user.says, before, world, ran),
        reached=injection is not None and injection.reached(user.says, before, world, ran),
        carriers=len(carriers),
        carriers_held=sum(play.ending in ("quarantined", "withheld") for play in carriers),
        lost=lost(user.says, plays),
        plays=plays,
    )


def _plays(
    door: Door, benign: tuple[Step, ...], hostile: tuple[Step, ...], injection: Task | None
) -> Iterator[Play]:
    waiting = hostile
    for step in benign:
        played = door.play(step, injected=False)
        yield played
        if waiting and injection and exposed(played, injection):
            yield from (door.play(bad, injected=True) for bad in waiting)
            waiting = ()
    yield from (door.play(bad, injected=True) for bad in waiting)


def exposed(played: Play, injection: Task) -> bool:
    """Whether a raw result holds the attacker's text."""
    return _flat(injection.prompt)[:40] in _flat(words(played.raw))


def lost(says: str, plays: tuple[Play, ...]) -> tuple[str, ...]:
    """Name the words of the answer and of later arguments that the gate kept from the agent.

    AgentDojo's checks look at worlds and at the answer, which is scripted here; a redaction that
    would have left a real model without the value it needs shows only in this.
    """
    benign = [play for play in plays if not play.injected]
    given = _words(" ".join(words(play.raw) for play in benign))
    received = _words(" ".join(words(play.got) for play in benign))
    needed = _words(says + " " + " ".join(words(play.step.args) for play in benign))
    return tuple(sorted((needed & given) - received))


def _words(text: str) -> set[str]:
    return {word.strip(".,;:!?") for word in re.findall(r"[\w@./:+-]{3,}", text)}


def _flat(text: str) -> str:
    return " ".join(text.split())
