"""Control: hold one run to its time, its hosts and its process.

What a run broke ends it, whatever the tool makes of it: a tool that swallows an error still
failed. A thread cannot be killed; one that overran is given up, its result is never delivered,
and it does not keep the process from ending.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from typing import Any, Final, Literal, TypeAlias

from interlock.errors import CanonError, InterlockError
from interlock.path.execution import Breach, Failed, InDoubt, Outcome
from interlock.path.warrant import Warrant
from interlock.settings import CANCEL_GRACE_S
from interlock.tools.isolation import SPARES, Job, Worker, WorkerStopped, place_of
from interlock.tools.network import Guard, guarded

RunEnd: TypeAlias = Literal["done", "failed", "in_doubt"]
"""How a run ended that was given up; `in_doubt` when it was cancelled."""

Late: TypeAlias = Callable[[RunEnd], None]
"""Told when a run that was given up ends after all, and how."""


class OutcomeKnown(Exception):
    """Ends the way of a call through its host; the outcome is known already."""


class Control:
    """What holds one run."""

    def __init__(self, warrant: Warrant, late: Late) -> None:
        """Hold the run that a warrant opens."""
        self._warrant = warrant
        self._limits = warrant.constraints
        self._late = late
        self._ended: Failed | InDoubt | None = None
        self._worker: Worker | None = None
        hosts = warrant.constraints.network_allowlist
        self._guard = None if hosts is None else Guard(hosts)

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return how the run ended: by what it broke, else by what it came to."""
        if self._ended is None and self._guard is not None and self._guard.refused:
            self._reached(self._guard.refused)
        return self._ended or outcome

    def close(self) -> None:
        """End a worker that still runs; nobody waits for it."""
        if (worker := self._worker) is not None:
            worker.kill()

    def call(self, run: Callable[[], Any], function: object, args: dict[str, Any]) -> Any:  # noqa: ANN401 - the tool's result
        """Run a tool, blocking. Raises `OutcomeKnown`, and what the tool raises."""
        if self._warrant.terms.isolation == "subprocess":
            return self._in_worker(function, args)
        self._require_guard()
        if self._limits.max_runtime_sec is None:
            with self._guarding():
                return run()
        ended = _started(lambda: self._guarded(run))
        if wait([ended], self._limits.max_runtime_sec).not_done:
            ended.add_done_callback(self._told)
            raise self._overrun("was given up")
        return ended.result()

    async def acall(
        self, run: Callable[[], Awaitable[Any]], function: object, args: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - the tool's result
        """Run a tool, awaiting. Raises as `call` does."""
        if self._warrant.terms.isolation == "subprocess":
            return await asyncio.wrap_future(_started(lambda: self._in_worker(function, args)))
        self._require_guard()
        if self._limits.max_runtime_sec is None:
            return await self._aguarded(run)
        task = asyncio.ensure_future(self._aguarded(run))
        try:
            await asyncio.wait({task}, timeout=self._limits.max_runtime_sec)
            if not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=CANCEL_GRACE_S)
                task.add_done_callback(_seen if task.done() else self._told)
                raise self._overrun("was cancelled")
            return task.result()
        finally:
            task.cancel()

    def _guarded(self, run: Callable[[], Any]) -> Any:  # noqa: ANN401 - as above
        with self._guarding():
            return run()

    async def _aguarded(self, run: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - as above
        with self._guarding():
            return await run()

    @contextmanager
    def _guarding(self) -> Generator[None]:
        if self._guard is None:
            yield
        else:
            with guarded(self._guard):
                yield

    def _require_guard(self) -> None:
        """Run nothing in this process whose connections only a worker could hold."""
        if self._guard is not None and self._limits.enforcement == "strict":
            raise self._end(
                Failed(
                    "It did not run: `network_allowlist` needs `isolation: subprocess`, or "
                    "`enforcement: best_effort`, in the policy."
                )
            )

    def _in_worker(self, function: object, args: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        try:
            job = Job.of(place_of(function), self._limits.network_allowlist)
            self._worker = worker = SPARES.take(job)
        except (InterlockError, OSError) as error:
            raise self._end(Failed(f"It did not run in a worker process: {error}.")) from None
        try:
            SPARES.refill(job)
            given = {**args, "key": self._warrant.digest}
            reply = worker.exchange(given, self._limits.max_runtime_sec)
        except CanonError as error:
            raise self._end(Failed(f"It did not run in a worker process: {error}.")) from None
        except WorkerStopped as stopped:
            raise self._stopped(stopped) from None
        finally:
            worker.end()
            self._worker = None
        if refused := list(map(str, reply["refused"])):
            raise self._reached(refused)
        if "raised" in reply:
            raise self._end(Failed(str(reply["raised"])))
        return reply.get("returned")

    def _stopped(self, stopped: WorkerStopped) -> OutcomeKnown:
        if not stopped.ran:
            return self._end(Failed(f"It did not run: its worker process ended ({stopped})."))
        if stopped.late:
            return self._overrun("was killed")
        return self._unfinished(f"its worker process ended while it ran ({stopped})")

    def _overrun(self, what: str) -> OutcomeKnown:
        limit = self._limits.max_runtime_sec
        why = f"it ran longer than {limit:g} s, which policy allows, and {what}"
        return self._unfinished(why, "max_runtime_sec")

    def _reached(self, refused: list[str]) -> OutcomeKnown:
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(refused))
        why = f"The tool reached for {names}, which policy does not allow it to."
        return self._end(Failed(why, "network_allowlist"))

    def _unfinished(self, why: str, breach: Breach | None = None) -> OutcomeKnown:
        # INVARIANT I3: what may have had its effect is in doubt, unless a second one does no harm.
        if self._warrant.effect == "non_idempotent":
            return self._end(InDoubt(why, breach))
        return self._end(Failed(f"The tool did not end: {why}.", breach))

    def _end(self, ended: Failed | InDoubt) -> OutcomeKnown:
        self._ended = ended
        return OutcomeKnown()

    def _told(self, ended: "Future[Any] | asyncio.Future[Any]") -> None:
        how = "in_doubt" if ended.cancelled() else "failed" if ended.exception() else "done"
        with suppress(Exception):  # the process may be ending
            self._late(how)


CURRENT: Final[ContextVar[Control | None]] = ContextVar("interlock_control", default=None)
"""What holds the run that is going on here."""


def call(run: Callable[[], Any], function: object, args: dict[str, Any]) -> Any:  # noqa: ANN401 - the tool's result
    """Run a tool as the control of here wants it; `args` are `args` and `kwargs` of `function`."""
    control = CURRENT.get()
    return run() if control is None else control.call(run, function, args)


async def acall(run: Callable[[], Awaitable[Any]], function: object, args: dict[str, Any]) -> Any:  # noqa: ANN401 - the tool's result
    """Do as `call`, awaiting the tool."""
    control = CURRENT.get()
    return await run() if control is None else await control.acall(run, function, args)


def _started(run: Callable[[], Any]) -> "Future[Any]":
    """Run in a thread that does not keep the process from ending."""
    future: Future[Any] = Future()
    future.set_running_or_notify_cancel()

    def work() -> None:
        try:
            future.set_result(run())
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            future.set_exception(error)

    threading.Thread(target=copy_context().run, args=(work,), daemon=True).start()
    return future


def _seen(ended: Any) -> None:  # noqa: ANN401 - a future or a task
    """Look at how it ended, so that nothing says that nobody did."""
    if not ended.cancelled():
        ended.exception()
