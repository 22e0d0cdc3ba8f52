"""Resume: threads that were woken, each by one process at a time, as a `Gate` offers it.

What a thread waits for is asked of the ledger; its graph is its application's. A resume that fails
is tried again with growing pauses; one whose process is lost is taken over when its lease lapses.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from interlock.conduct.retrying import retried
from interlock.conduct.values import Call
from interlock.errors import InterlockError, StaleTransition
from interlock.ledger import resumptions
from interlock.ledger.resumptions import Resumption
from interlock.ledger.store import SqlLedger

if TYPE_CHECKING:
    from interlock.graph.moves import GraphScript

PAUSES_S: Final = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""How long after a resume that failed the next one is tried, seconds; the last one again and again.
"""

LOOKED_FOR: Final = 10
"""How often a thread is looked for that its application's saver does not have."""

_log = logging.getLogger("interlock.threads")

_watched: "list[list[Threads]]" = []
"""Who wants to know of gates that this process opens."""


class Went(NamedTuple):
    """How one thread went on."""

    host: str
    thread: str
    outcome: str
    """`finished`, `waits` for another answer, `delivered` what became of calls that it was told to
    be open, `idle` when it waited for nothing, `later` when it is in the middle of something,
    `astray` where it waits for a request that this ledger never had,
    `undelivered` where a call is to be repeated that only its host can deliver, `failed`, `unknown`
    to its application's saver, `lost` to somebody else."""
    about: str
    """The requests that it waits for, the results that it got, what its application raised, or the
    calls that only its host can deliver."""


class Application(NamedTuple):
    """An application whose threads can be resumed here."""

    graph: Any
    """A compiled graph, or one with its methods."""
    loop: asyncio.AbstractEventLoop | None = None
    """Where its awaited methods are to be used, running in a thread; None: use the others."""


class Threads:
    """Threads that somebody's answer lets go on, and the right to resume them."""

    def __init__(self, ledger: SqlLedger, lease_s: float) -> None:
        """Look into `ledger`; a thread is taken for `lease_s`, renewed at a third of it."""
        self._ledger = ledger
        self._lease_s = lease_s
        for opened in _watched:
            opened.append(self)

    def are_of_one_ledger(self, others: "Threads") -> bool:
        """Whether another gate has the same ledger, however its URL is written."""
        return resumptions.are_one(self._ledger, others._ledger)  # noqa: SLF001 - of its own kind

    @property
    def place(self) -> str:
        """Where the ledger lies, for people: a file's whole path, or a server's URL."""
        return resumptions.place(self._ledger)

    def due(self, hosts: Collection[str], limit: int = 1) -> list[tuple[str, str]]:
        """Return host and thread of what may be resumed now, the longest due first."""
        return resumptions.due(self._ledger, hosts, limit)

    def woken(self) -> list[tuple[str, str]]:
        """Return host and thread of all that may be resumed now, the longest due first."""
        return resumptions.due(self._ledger, None)

    def waiting(self, *, apart_from: Collection[str]) -> dict[str, int]:
        """Return how many threads of each other host may be resumed now."""
        return resumptions.waiting(self._ledger, apart_from=apart_from)

    def take(self, host: str, thread: str) -> Resumption | None:
        """Take a thread that is due; None where somebody else was faster."""
        take = partial(resumptions.take, self._ledger, host, thread, self._lease_s)
        return retried(self._ledger.clock, take)

    def call_up(self, host: str, thread: str) -> Resumption | None:
        """Take a thread, woken or not; None where somebody else resumes it."""
        take = partial(resumptions.call_up, self._ledger, host, thread, self._lease_s)
        return retried(self._ledger.clock, take)

    def resume(self, held: Resumption, host: Application) -> Went:
        """Resume a thread that was taken, and let it go; whatever its application raises is told.

        Raises `LedgerError` where the ledger is away; the thread is then taken over by its lease.
        """
        books = _Books(self._ledger, held, self._lease_s)
        with self._kept(held):
            went = _went(host, books)
        retried(self._ledger.clock, partial(self._let_go, held, went))
        return went

    def give_back(self, held: Resumption) -> None:
        """Let a thread go that was not resumed to an end; it is due at once."""
        resumptions.put_off(self._ledger, held, 0)

    def pause_s(self, held: Resumption, went: Went) -> float | None:
        """Return after how many seconds a thread that went so is tried again; None: never."""
        again = went.outcome in ("failed", "later", "astray")
        if again or (went.outcome == "unknown" and held.tries < LOOKED_FOR):
            return PAUSES_S[min(held.tries, len(PAUSES_S) - 1)]
        return None

    def _let_go(self, held: Resumption, went: Went) -> None:
        if (pause_s := self.pause_s(held, went)) is not None:
            resumptions.put_off(self._ledger, held, pause_s)
        elif went.outcome != "lost":
            resumptions.end(self._ledger, held)

    @contextmanager
    def _kept(self, held: Resumption) -> Generator[None]:
        """Renew a lease while the block runs."""
        ended = threading.Event()
        keeper = threading.Thread(
            target=self._keep, args=(held, ended), name="interlock-resumption", daemon=True
        )
        keeper.start()
        try:
            yield
        finally:
            ended.set()
            keeper.join()

    def _keep(self, held: Resumption, ended: threading.Event) -> None:
        while not ended.wait(self._lease_s / 3):
            try:
                if not resumptions.renew(self._ledger, held, self._lease_s):
                    _log.warning("thread %s of %s was taken over", held.thread_id, held.host)
                    return
            except InterlockError as error:
                _log.warning("the lease of thread %s is not renewed: %s", held.thread_id, error)


@contextmanager
def gates_opened() -> Generator[list[Threads]]:
    """Collect the threads of the gates that this process opens while the block runs."""
    found: list[Threads] = []
    _watched.append(found)
    try:
        yield found
    finally:
        _watched.remove(found)


@dataclass(frozen=True, slots=True)
class _Books:
    """What the ledger says of the thread that is held."""

    ledger: SqlLedger
    held: Resumption
    lease_s: float

    def decided(self, names: Sequence[str]) -> set[str]:
        return resumptions.decided(self.ledger, names)

    def unknown(self, names: Sequence[str]) -> set[str]:
        return resumptions.unknown(self.ledger, names)

    def newest(self) -> Call | None:
        return resumptions.newest(self.ledger, self.held.host, self.held.thread_id)

    def calls(self, call_ids: Sequence[str]) -> Sequence[Call]:
        return resumptions.answers(self.ledger, self.held.host, self.held.thread_id, call_ids)

    def begin(self) -> None:
        self._still(resumptions.begin)

    def keep(self) -> None:
        """Say that something of the run is about to be written. Raises as `begin`."""
        self._still(resumptions.keep)

    def _still(self, ask: Callable[[SqlLedger, Resumption, float], bool]) -> None:
        if not retried(self.ledger.clock, partial(ask, self.ledger, self.held, self.lease_s)):
            raise _Lost(f"thread `{self.held.thread_id}` was taken over by somebody else")


class _Lost(StaleTransition):
    """Somebody else has the thread by now."""


def _went(host: Application, books: _Books) -> Went:
    from interlock.graph.moves import afollow, follow

    name, thread = books.held.host, books.held.thread_id
    script = _script(host.graph, books)
    try:
        if host.loop is None:
            return follow(host.graph, script)
        return asyncio.run_coroutine_threadsafe(afollow(host.graph, script), host.loop).result()
    except _Lost as error:
        return Went(name, thread, "lost", str(error))
    except Exception as error:  # noqa: BLE001 - whatever the application raises ends its thread only
        return Went(name, thread, "failed", f"{type(error).__name__}: {error}")


def _script(graph: Any, books: _Books) -> "GraphScript[Went]":  # noqa: ANN401 - a compiled graph
    from interlock.graph.fence import fenced
    from interlock.graph.moves import LedgerCall
    from interlock.graph.redelivery import tell
    from interlock.graph.resume import go_on

    name, thread = books.held.host, books.held.thread_id
    config = fenced(graph, {"configurable": {"thread_id": thread}}, books.keep)
    outcome, waits = yield from go_on(graph, config, books, begun=books.held.begun)
    if outcome == "unknown":
        return Went(name, thread, outcome, "not in the application's saver")
    told = yield from tell(graph, config, books)
    undelivered = "; ".join(
        f"{call.id} is to be repeated: deliver call {call.key.tool_call_id} of turn "
        f"{call.key.turn_id} again"
        for call in told.undelivered
    )
    if told.calls:
        about = f"the result of {', '.join(told.calls)}"
        return Went(name, thread, "delivered", "; ".join(filter(None, (about, undelivered))))
    if waits and (astray := sorted((yield LedgerCall(partial(books.unknown, waits))))):
        return Went(name, thread, "astray", _elsewhere(astray, resumptions.place(books.ledger)))
    if told.is_late and not waits:
        return Went(name, thread, "later", "it is in the middle of something")
    if outcome == "idle":
        return Went(name, thread, "undelivered" if undelivered else outcome, undelivered)
    return Went(name, thread, outcome, "; ".join(filter(None, (", ".join(waits), undelivered))))


def _elsewhere(requests: Sequence[str], url: str) -> str:
    return (
        f"it waits for {', '.join(requests)}, which {url} does not have: its application opens "
        "another ledger; give both the same, and it asks again here"
    )


__all__ = ["Application", "Resumption", "Threads", "Went", "gates_opened"]
