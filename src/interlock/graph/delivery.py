"""Deliver: one task's calls to their answers, pausing the graph where a human is asked.

Written once, as a script of steps, and driven by a synchronous and an asynchronous edge. A task is
run again from its top after each answer; the ledger says how far each call is, and which request
each of the task's questions was about. An answer counts only for the request that was shown with
the question it answers, and only in the run that brings it.
"""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from langgraph.types import interrupt

from interlock.conduct import Answered, Conductor, Held, Ready, Waiting
from interlock.conduct.conductor import Settled
from interlock.desk.answers import Doorbell, read_answer
from interlock.desk.payload import asked_again
from interlock.graph.task import Task, answer_is_fresh, is_resumed, reviewer_of
from interlock.settings import HELD_GRACE_S, POLL_S

NOT_COUNTED: Final = (
    "the last answer belongs to an earlier question and was not counted for this call"
)
_GRACE_POLLS: Final = math.ceil(HELD_GRACE_S / POLL_S)


@dataclass(frozen=True, slots=True)
class Perform:
    """Take these calls as far as they go, side by side; yields what each came to."""

    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Consult:
    """Ask the ledger; yields what it says."""

    question: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Nap:
    """Let some seconds pass."""

    seconds: float


Move: TypeAlias = Perform | Consult | Nap
EndT = TypeVar("EndT")
Script: TypeAlias = Generator[Move, Any, EndT]
"""Steps for an edge to follow; `EndT` is what they come to."""


def deliver(conductor: Conductor, task: Task, call_ids: Sequence[str]) -> Script[list[Answered]]:
    """Bring calls to their answers, in order.

    Raises `GraphInterrupt` where a human is asked; the task is then run again from its top.
    """
    came_to: list[Settled] = yield Perform(tuple(call_ids))
    asked, trouble, has_paused = 0, "", False
    while any(not isinstance(one, Answered) for one in came_to):
        waiting = [one for one in came_to if isinstance(one, Waiting)]
        if waiting:
            trouble = yield from _ask(conductor, task, asked, waiting, trouble)
            asked += 1
        elif has_paused or not (yield from _freed(conductor, task, call_ids, came_to)):
            yield from _hold(conductor, task, asked, came_to)
            asked, has_paused = asked + 1, True
        came_to = yield from _again(call_ids, came_to)
    return [one for one in came_to if isinstance(one, Answered)]


def review_once(conductor: Conductor, task: Task, call_id: str, trouble: str) -> Script[str]:
    """Ask the one question of a task whose node does nothing else.

    Returns why the answer did nothing, if it did nothing. Raises `GraphInterrupt`.
    """
    polls = yield from _grace(conductor, task)
    while isinstance(stands := (yield Consult(lambda: standing(conductor, call_id))), Held):
        if not polls:
            yield from _hold(conductor, task, 0, [stands])
            return ""
        polls -= 1
        yield Nap(POLL_S)
    if not isinstance(stands, Waiting):
        return ""
    return (yield from _ask(conductor, task, 0, [stands], trouble))


def standing(conductor: Conductor, call_id: str) -> Waiting | Held | None:
    """Say what stands in a call's way, without taking the right to run it."""
    if not is_paused(conductor, call_id):
        return None
    progress = conductor.look(call_id)
    if isinstance(progress, Ready):
        conductor.give_back(progress.warrant, "it is run in another step")
    return progress if isinstance(progress, Waiting | Held) else None


def is_paused(conductor: Conductor, call_id: str) -> bool:
    """Whether a call waits for a human, or for a sibling that does."""
    with conductor.ports.ledger.begin() as tx:
        call = tx.call(call_id)
        return (tx.latest(call.key) or call).state in ("pending", "held")


def _ask(
    conductor: Conductor, task: Task, index: int, waiting: list[Waiting], trouble: str
) -> Script[str]:
    """Ask one question; return why its answer did nothing, if it did nothing.

    The index-th question of a task is about one request for ever. When that one is decided by now,
    the question that is shown in its place only rings the bell.
    """
    first = waiting[0]
    bound, was_asked = yield Consult(partial(_bind, conductor, task, index, first.request.id))
    meant = next((one for one in waiting if one.request.id == bound), None)
    shown = (meant or first).payload
    counts = was_asked and answer_is_fresh(index)
    answer = interrupt(asked_again(shown, trouble) if trouble else shown)
    if not counts:
        return ""
    if meant is None:
        return "" if isinstance(read_answer(answer), Doorbell) else NOT_COUNTED
    who = reviewer_of(task.config)
    return (yield Consult(lambda: conductor.hear(bound, answer, who))) or ""


def _bind(conductor: Conductor, task: Task, index: int, request_id: str) -> tuple[str, bool]:
    """Return which request a question of a task is about, and whether an earlier run asked it.

    What comes as the answer to a question that nobody was asked is the answer to another one.
    """
    return conductor.bind_ask(task.key, index, request_id), _was_asked(conductor, task, index)


def _was_asked(conductor: Conductor, task: Task, index: int) -> bool:
    return conductor.bind_ask(f"{task.key}|run", index, task.run) != task.run


def _grace(conductor: Conductor, task: Task) -> Script[int]:
    """Return how often a held call looks for its siblings' verdicts before it pauses.

    Only a task that paused before and is run again has reason to expect one.
    """
    if not is_resumed(task.config):
        return 0
    was_asked = yield Consult(partial(_was_asked, conductor, task, 0))
    return _GRACE_POLLS if was_asked else 0


def _freed(
    conductor: Conductor, task: Task, call_ids: Sequence[str], came_to: list[Settled]
) -> Script[bool]:
    """Wait a little for the siblings' verdicts; return whether they came."""
    polls = yield from _grace(conductor, task)
    for _ in range(polls):
        yield Nap(POLL_S)
        again = yield from _again(call_ids, came_to)
        if any(not isinstance(one, Held) for one in again if one not in came_to):
            return True
    return False


def _hold(conductor: Conductor, task: Task, index: int, came_to: list[Settled]) -> Script[None]:
    """Pause behind siblings that other tasks wait for; the answer is only a doorbell."""
    held = next(one for one in came_to if isinstance(one, Held))
    yield Consult(partial(_bind, conductor, task, index, f"held:{held.call_id}"))
    interrupt(held.payload)


def _again(call_ids: Sequence[str], came_to: list[Settled]) -> Script[list[Settled]]:
    """Look again at the calls that have no answer yet."""
    both = list(zip(call_ids, came_to, strict=True))
    left = tuple(call_id for call_id, one in both if not isinstance(one, Answered))
    again = iter((yield Perform(left)))
    return [one if isinstance(one, Answered) else next(again) for one in came_to]
