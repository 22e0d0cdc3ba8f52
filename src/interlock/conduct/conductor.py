"""Conduct: take one call through the steps, whatever the host.

Every method is safe to call again: the ledger says how far a call is. Hosts use the two edges
below; neither re-implements a step.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from contextvars import copy_context
from functools import partial
from typing import Any, TypeAlias, TypeVar

from interlock.conduct.awaiting import Unsealed, seal_now
from interlock.conduct.faults import crash_point
from interlock.conduct.measuring import Measurer
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.retrying import retried
from interlock.conduct.running import Busy, Unfinished, give_back, next_progress, note_late, ready
from interlock.conduct.sampling import take_sampled
from interlock.conduct.settling import finish, settle
from interlock.conduct.values import Answered, Call, Held, Progress, Ready, Turn, Waiting
from interlock.conduct.voting import inline_vote, vote, withdraw
from interlock.desk.payload import Doorbell, InlineAnswer, Malformed, read_answer
from interlock.errors import CanonError, DeskError, InterlockError
from interlock.path.execution import InDoubt, Outcome
from interlock.path.proposal import CallKey
from interlock.path.release import Answer as CallAnswer
from interlock.path.review import ReviewRequest, Vote
from interlock.path.warrant import Warrant
from interlock.policy.constraints import PLAIN_RUN, RunTerms
from interlock.settings import POLL_S

T = TypeVar("T")

Run: TypeAlias = Callable[[Ready], Outcome]
"""Runs a claimed call's tool and says how it ended."""
RunAsync: TypeAlias = Callable[[Ready], Awaitable[Outcome]]
Settled: TypeAlias = Answered | Waiting | Held


class Conductor:
    """Takes calls through the nine steps over its ports."""

    def __init__(
        self, ports: Ports, leases: Callable[[Warrant], AbstractContextManager[None]]
    ) -> None:
        """Work over `ports`; `leases` keeps a claim alive while its tool runs."""
        self.ports = ports
        self.leases = leases
        self._claimed: dict[str, Ready] = {}
        self.measurer = Measurer()

    def propose(self, turn: Turn, *, claim: bool = False) -> list[str]:
        """Propose and decide a turn; return its calls' ids in order.

        With `claim`, a lone call that may run is claimed in the same commit; the caller must go on
        to `advance` it at once.
        """
        crash_point("before_proposal")
        lease_s = self.ports.lease_s if claim else None
        seen = self.measurer.measure(ports := self.ports.pinned(), turn)
        calls = self._unit(partial(take_sampled, ports, turn, lease_s, seen))
        crash_point("proposed")
        self._claimed.update({call.id: ready(call) for call in calls if call.claimed_now})
        return [call.id for call in calls]

    def claimed(self, call_id: str) -> Ready | None:
        """Hand on, once, the claim that `propose` made of a call."""
        return self._claimed.pop(call_id, None)

    def advance(self, call_id: str) -> Progress:
        """Move a call as far as it goes without running its tool; waits for a run elsewhere."""
        while (progress := self.look(call_id)) is None:
            self.ports.clock.sleep(POLL_S)
        return progress

    def look(self, call_id: str) -> Progress | None:
        """Move a call as far as it goes without running its tool; None while it runs elsewhere."""
        if (ready := self.claimed(call_id)) is not None:
            return ready
        waited_s = 0.0
        while True:
            progress = self._unit(lambda tx: next_progress(tx, self.ports, tx.call(call_id)))
            if isinstance(progress, Unfinished):
                return self._retried(partial(finish, self.ports, progress.call.id))
            if isinstance(progress, Unsealed):
                waited_s = seal_now(self.ports, call_id, waited_s)
                continue
            return None if isinstance(progress, Busy) else progress

    def settle(self, warrant: Warrant, outcome: Outcome, claimed: Call | None = None) -> Answered:
        """Record, inspect and release what one run yielded.

        `claimed` is the call as `Ready` has it, which saves reading it again. When another claim
        overtook this one, its answer is returned and this result is only noted. Raises
        `InterlockError` when that one was lost too: the call may run once more.
        """
        answered = self._retried(partial(settle, self.ports, warrant, outcome, claimed))
        crash_point("settled")
        if answered is not None:
            return answered
        progress = self.advance(warrant.call_id)
        if isinstance(progress, Answered):
            return progress
        if isinstance(progress, Ready):
            self.give_back(progress.warrant, "claimed in search of its answer, not to run it")
        raise InterlockError(
            f"call `{warrant.call_id}` was overtaken while its tool ran, and has no answer yet; "
            "deliver it again"
        )

    def note_late(self, warrant: Warrant, outcome: str) -> None:
        """Record that a run ended which was given up, and how; its result is nobody's."""
        self._unit(lambda tx: note_late(tx, warrant, outcome))

    def run_terms(self, tool: str) -> RunTerms:
        """Return how the policy of now runs a tool."""
        known = self.ports.policy().tool(tool)
        return known.run if known is not None else PLAIN_RUN

    def give_back(self, warrant: Warrant, why: str) -> None:
        """Return a claim whose tool paused itself and will be run again by its host."""
        self._unit(lambda tx: give_back(tx, warrant, why))

    def bind_ask(self, task: str, index: int, request_id: str) -> str:
        """Return which request the index-th interrupt of a graph task asks."""
        return self._unit(lambda tx: tx.bind_ask(task, index, request_id))

    def request(self, request_id: str) -> ReviewRequest:
        """Return a request. Raises `UnknownId`."""
        return self._unit(lambda tx: tx.request(request_id))

    def vote(self, given: Vote, shown: Shown | None = None, *, unknown_tool: bool = False) -> Call:
        """Count a person's answer; an edit may name a tool that nobody knows when told so.

        `shown` is what they show of themselves. Raises `DeskError` and its kinds.
        """
        return self._retried(partial(vote, self.ports, given, shown, unknown_tool=unknown_tool))

    def withdraw(self, key: CallKey, why: str) -> CallAnswer:
        """End a call that nobody waits for any more, and return its answer."""
        return self._retried(partial(withdraw, self.ports, key, why))

    def hear(self, request_id: str, payload: Any, by: str) -> str | None:  # noqa: ANN401 - whatever a client sent
        """Take a resume payload for the request it was asked for; return words when it did nothing.

        Never raises on what a human sent. By default a payload only rings the bell; with
        `review.inline` it is a vote, never for high and critical risk.
        """
        try:
            return self._hear(request_id, read_answer(payload), by)
        except (DeskError, CanonError) as error:
            return str(error)

    def _hear(
        self, request_id: str, said: Doorbell | InlineAnswer | Malformed, by: str
    ) -> str | None:
        if isinstance(said, Doorbell):
            return None
        if isinstance(said, Malformed):
            return said.why
        request = self.request(request_id)
        if request.state != "open":
            return None
        if not request.terms.inline or request.risk in ("high", "critical"):
            return (
                f"an answer here only rings the bell; decide with `interlock approve {request_id}`"
            )
        proposed = self._unit(lambda tx: tx.call(request.call_id)).proposal.args
        self.vote(inline_vote(request, said, by, proposed))
        return None

    def _unit(self, work: Callable[[Transaction], T]) -> T:
        """Do what commits whole or not at all; again, when its transaction was lost."""

        def once() -> T:
            with self.ports.ledger.begin() as tx:
                return work(tx)

        return self._retried(once)

    def _retried(self, work: Callable[[], T]) -> T:
        return retried(self.ports.clock, work)


def perform(conductor: Conductor, call_id: str, run: Run) -> Settled:
    """Take a call to its answer or its question: the synchronous edge."""
    progress = conductor.advance(call_id)
    if not isinstance(progress, Ready):
        return progress
    crash_point("claimed")
    with conductor.leases(progress.warrant):
        outcome = _guarded(conductor, progress, run)
    return conductor.settle(progress.warrant, outcome, progress.call)


def _guarded(conductor: Conductor, ready: Ready, run: Run) -> Outcome:
    try:
        return run(ready)
    except InterlockError:
        raise
    except BaseException as error:
        _interrupted(conductor, ready, error)
        raise


async def apropose(conductor: Conductor, turn: Turn, *, claim: bool = False) -> list[str]:
    """Propose in a thread, as `Conductor.propose` does; a claim for nobody is given back."""

    def undo(call_ids: list[str]) -> None:
        for call_id in call_ids:
            _unclaim(conductor, conductor.claimed(call_id))

    return await _unless_left(partial(conductor.propose, turn, claim=claim), undo)


async def aperform(conductor: Conductor, call_id: str, run: RunAsync) -> Settled:
    """Take a call to its answer or its question: the asynchronous edge.

    Steps run in a thread, the tool on the event loop. A run elsewhere is waited for on the loop:
    were each deliverer to hold a thread meanwhile, none would be left to settle that run in.
    """
    progress: Progress | None = conductor.claimed(call_id)
    while progress is None:
        look = partial(conductor.look, call_id)
        progress = await _unless_left(look, partial(_unclaim, conductor))
        if progress is None:
            await asyncio.sleep(POLL_S)
    if not isinstance(progress, Ready):
        return progress
    crash_point("claimed")
    with conductor.leases(progress.warrant):
        try:
            outcome = await run(progress)
        except InterlockError:
            raise
        except GeneratorExit as error:  # its loop is gone, and nothing can be awaited any more
            _interrupted(conductor, progress, error)
            raise
        except BaseException as error:
            await _to_its_end(partial(_interrupted, conductor, progress, error))
            raise
    settling = partial(conductor.settle, progress.warrant, outcome, progress.call)
    return await asyncio.shield(_in_thread(settling))


def _in_thread(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Start work in a thread; no task, so that what cancels all tasks does not cancel it."""
    return asyncio.get_running_loop().run_in_executor(None, copy_context().run, work)


async def _to_its_end(work: Callable[[], None]) -> None:
    """Work in a thread, and let a cancellation wait for it."""
    step, cancelled = _in_thread(work), None
    while not step.done():
        try:
            await asyncio.shield(step)
        except asyncio.CancelledError as error:
            cancelled = error
    step.result()
    if cancelled is not None:
        raise cancelled


async def _unless_left(work: Callable[[], T], undo: Callable[[T], None]) -> T:
    """Work in a thread; what nobody waits for any more is undone, in a thread of its own."""
    step = _in_thread(work)
    try:
        return await asyncio.shield(step)
    except asyncio.CancelledError:
        step.add_done_callback(partial(_undone, undo))
        raise


def _undone(undo: Callable[[T], None], done: "asyncio.Future[T]") -> None:
    if not done.cancelled() and done.exception() is None:
        threading.Thread(target=undo, args=(done.result(),), name="interlock-undo").start()


def _unclaim(conductor: Conductor, progress: Progress | None) -> None:
    if isinstance(progress, Ready):
        conductor.give_back(progress.warrant, "cancelled before it ran")


def _interrupted(conductor: Conductor, ready: Ready, error: BaseException) -> None:
    """Record a run that was broken off: by the host's control flow, or by cancellation.

    INVARIANT I3: what may run twice is given back; whatever else has started is in doubt.
    """
    if ready.warrant.effect != "non_idempotent":
        conductor.give_back(ready.warrant, type(error).__name__)
        return
    why = f"it was broken off while it ran ({type(error).__name__})"
    retried(conductor.ports.clock, partial(settle, conductor.ports, ready.warrant, InDoubt(why)))


__all__ = ["Conductor", "Run", "RunAsync", "aperform", "apropose", "perform"]
