"""Ring: continue a thread that waits for a human, from any process.

A resume says only that somebody answered; the node reads the ledger and asks again when there is
no verdict. So ringing twice, late or for nothing does no harm.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal, NamedTuple, Protocol, TypeAlias, cast

from langchain_core.runnables import RunnableConfig
from langgraph import errors
from langgraph.types import Command

from interlock.conduct.values import Call
from interlock.errors import UnknownId
from interlock.graph.moves import GraphCall, GraphScript, LedgerCall, afollow, follow
from interlock.graph.task import STRICT_RESUME

_REFUSED: Final = cast(
    "type[BaseException]", getattr(errors, "UnknownInterruptError", errors.EmptyInputError)
)
"""What strict resume raises when another process was faster; versions without it never do."""

Rung: TypeAlias = Literal["finished", "waits", "idle", "unknown"]
"""How a thread stands after it was rung: at its end, with questions open, as before since nothing
that it waits for was decided, or not in its application's saver."""


class Paused(NamedTuple):
    """One question that a thread waits with."""

    interrupt_id: str
    payload: Mapping[str, Any]

    @property
    def requests(self) -> tuple[str, ...]:
        """Ids of the requests whose verdict it waits for."""
        ours = self.payload["interlock"]
        return (ours.get("request_id", ""), *ours.get("held_behind", ()))


class Books(Protocol):
    """What the ledger says of one thread."""

    def decided(self, names: Sequence[str]) -> set[str]:
        """Return those of some requests, or calls with a veto window, that ended."""
        ...

    def unknown(self, names: Sequence[str]) -> set[str]:
        """Return those of some requests and calls that this ledger never had."""
        ...

    def calls(self, call_ids: Sequence[str]) -> Sequence[Call]:
        """Return those of some calls that are the thread's own, as they stand now."""
        ...

    def newest(self) -> Call | None:
        """Return the thread's newest call; None where this ledger has none of it."""
        ...

    def begin(self) -> None:
        """Say that a run begins. Raises `StaleTransition` where somebody else has the thread."""
        ...


def paused(graph: Any, config: RunnableConfig) -> list[Paused]:  # noqa: ANN401 - any compiled graph
    """Return the gate's questions that a thread waits with, in subgraphs too."""
    return follow(graph, _looked(config))


async def apaused(graph: Any, config: RunnableConfig) -> list[Paused]:  # noqa: ANN401 - as above
    """Do as `paused`, awaiting."""
    return await afollow(graph, _looked(config))


def resume(graph: Any, config: RunnableConfig, request_id: str) -> Any:  # noqa: ANN401 - as above
    """Ring for one request and return what the graph's `invoke` returns.

    Other questions that the thread waits with stay open. A thread whose last run was broken off
    goes on where it stands. Raises `UnknownId` when the thread has nothing left to do.
    """
    return follow(graph, _looked_and_rung(config, request_id))


async def aresume(graph: Any, config: RunnableConfig, request_id: str) -> Any:  # noqa: ANN401
    """Do as `resume`, awaiting."""
    return await afollow(graph, _looked_and_rung(config, request_id))


def go_on(
    graph: Any,  # noqa: ANN401 - as above
    config: RunnableConfig,
    books: Books,
    *,
    begun: bool = False,
) -> GraphScript[tuple[Rung, tuple[str, ...]]]:
    """Ring for whatever a thread waits for that is decided, each once; say how it stands then.

    A request that this ledger never had was asked for in another one: the thread is rung for it
    too, so that it asks again where its call is known.
    With `begun`, a run of it was begun and lost: it goes on where it stands, unless it stands
    there by its application's own will. Returns with the requests that it waits for.
    """
    snapshot = yield _look(config)
    if snapshot.created_at is None:
        return "unknown", ()
    went = False
    if begun and _is_broken_off(graph, snapshot):
        yield LedgerCall(books.begin)
        yield GraphCall("invoke", (None, config), {"durability": "sync"})
        snapshot, went = (yield _look(config)), True
    rung: set[str] = set()
    while name := (yield from _next(snapshot, books, rung)):
        asker = yield from _asker(snapshot, books)
        yield LedgerCall(books.begin)
        yield from _rung(_named(config, asker), name, snapshot)
        snapshot, went = (yield _look(config)), True
        rung.add(name)
    left = _paused(snapshot)
    open_now = tuple(dict.fromkeys(next(filter(None, one.requests), "") for one in left))
    if not went:
        return "idle", open_now
    return ("waits" if snapshot.next else "finished"), open_now


def next_input(snapshot: Any, request_id: str) -> Command[Any] | None:  # noqa: ANN401 - as above
    """Make the input that brings a thread on: a doorbell, or None where it only has to go on.

    Raises `UnknownId`.
    """
    waiting = _paused(snapshot)
    return None if snapshot.next and not waiting else doorbell(waiting, request_id)


def doorbell(waiting: Sequence[Paused], request_id: str) -> Command[Any]:
    """Make the command that rings for a request.

    An edit leaves the thread waiting with the question about the call as it was; so when no
    question names the request, all of the gate's are rung. Raises `UnknownId`.
    """
    if not waiting:
        raise UnknownId(f"the thread waits for nothing; request `{request_id}` has no use there")
    named = [one for one in waiting if one.payload["interlock"].get("request_id") == request_id]
    bell = {"interlock": {"doorbell": request_id}}
    return Command(resume={one.interrupt_id: bell for one in named or waiting})


def strictly(config: RunnableConfig) -> RunnableConfig:
    """Have LangGraph refuse a resume that names no pending interrupt, where it can."""
    return {**config, "configurable": {**config.get("configurable", {}), STRICT_RESUME: True}}


def asker_of(call: Call) -> dict[str, Any]:
    """Return for whom a call was proposed, as a run's configuration says it.

    Whoever resumes has no context of its own, and another tenant's call would be another call.
    """
    said = call.proposal.context
    chain = [link._asdict() for link in said.chain]
    told = {"principal": said.principal, "tenant": said.tenant, "chain": chain}
    return {"agent": said.agent._asdict(), **{name: one for name, one in told.items() if one}}


def _look(config: RunnableConfig) -> GraphCall:
    return GraphCall("get_state", (config,), {"subgraphs": True})


def _looked(config: RunnableConfig) -> GraphScript[list[Paused]]:
    return _paused((yield _look(config)))


def _looked_and_rung(config: RunnableConfig, request_id: str) -> GraphScript[Any]:
    return (yield from _rung(config, request_id, (yield _look(config))))


def _rung(config: RunnableConfig, request_id: str, snapshot: Any) -> GraphScript[Any]:  # noqa: ANN401
    given = next_input(snapshot, request_id)
    try:
        return (yield GraphCall("invoke", (given, strictly(config)), {"durability": "sync"}))
    except _REFUSED:
        return (yield GraphCall("get_state", (config,))).values


def _next(snapshot: Any, books: Books, rung: set[str]) -> GraphScript[str | None]:  # noqa: ANN401
    """Return what a thread that waits is rung for next: decided, or never asked here."""
    names = [name for one in _paused(snapshot) for name in one.requests if name not in rung]
    known = [name for name in dict.fromkeys(names) if name]
    if not known:
        return None
    ended: set[str] = yield LedgerCall(partial(books.decided, known))
    if not ended and (yield LedgerCall(books.newest)):  # a thread of another ledger is not rung
        ended = yield LedgerCall(partial(books.unknown, known))
    return next((name for name in known if name in ended), None)


def _asker(snapshot: Any, books: Books) -> GraphScript[dict[str, Any]]:  # noqa: ANN401 - as above
    """Return for whom the calls were proposed that a thread waits with."""
    ids = [str(one.payload["interlock"].get("call_id", "")) for one in _paused(snapshot)]
    calls: Sequence[Call] = yield LedgerCall(partial(books.calls, ids))
    call: Call | None = calls[0] if calls else (yield LedgerCall(books.newest))
    return asker_of(call) if call else {}


def _named(config: RunnableConfig, asker: Mapping[str, Any]) -> RunnableConfig:
    if not asker.keys() & {"principal", "tenant"}:
        return config  # who proposes alone is said by the node
    return {**config, "configurable": {**config.get("configurable", {}), "interlock": dict(asker)}}


def _is_broken_off(graph: Any, snapshot: Any) -> bool:  # noqa: ANN401 - as above
    """Whether a thread stands in the middle of a run that nobody means to stop there.

    A server's threads never do: it takes up its own runs.
    """
    before = getattr(graph, "interrupt_before_nodes", "*")
    after = getattr(graph, "interrupt_after_nodes", "*")
    is_meant = before == "*" or after or not {*before}.isdisjoint(snapshot.next)
    return bool(snapshot.next) and not is_meant and not [*_interrupts(snapshot)]


def _paused(snapshot: Any) -> list[Paused]:  # noqa: ANN401 - LangGraph's `StateSnapshot`
    """Collect the gate's interrupts of a state and of the subgraphs in its tasks."""
    found = {one.id: Paused(one.id, one.value) for one in _interrupts(snapshot) if _ours(one.value)}
    return list(found.values())


def _ours(value: object) -> bool:
    return isinstance(value, Mapping) and "interlock" in cast("Mapping[str, Any]", value)


def _interrupts(snapshot: Any) -> Iterable[Any]:  # noqa: ANN401 - as above
    yield from snapshot.interrupts
    for task in snapshot.tasks:
        if hasattr(task.state, "tasks"):
            yield from _interrupts(task.state)
