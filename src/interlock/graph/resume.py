"""Ring: continue a thread that waits for a human, from any process.

A resume says only that somebody answered; the node reads the ledger and asks again when there is
no verdict. So ringing twice, late or for nothing does no harm.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from langchain_core.runnables import RunnableConfig
from langgraph import errors
from langgraph.types import Command

from interlock.errors import UnknownId
from interlock.graph.task import STRICT_RESUME

_REFUSED: Final = cast(
    "type[BaseException]", getattr(errors, "UnknownInterruptError", errors.EmptyInputError)
)
"""What strict resume raises when another process was faster; versions without it never do."""


class Paused(NamedTuple):
    """One question that a thread waits with."""

    interrupt_id: str
    payload: Mapping[str, Any]

    @property
    def requests(self) -> tuple[str, ...]:
        """Ids of the requests whose verdict it waits for."""
        ours = self.payload["interlock"]
        return (ours.get("request_id", ""), *ours.get("held_behind", ()))


def paused(graph: Any, config: RunnableConfig) -> list[Paused]:  # noqa: ANN401 - any compiled graph
    """Return the gate's questions that a thread waits with, in subgraphs too."""
    return _paused(graph.get_state(config, subgraphs=True))


async def apaused(graph: Any, config: RunnableConfig) -> list[Paused]:  # noqa: ANN401 - as above
    """Do as `paused`, awaiting."""
    return _paused(await graph.aget_state(config, subgraphs=True))


def resume(graph: Any, config: RunnableConfig, request_id: str) -> Any:  # noqa: ANN401 - as above
    """Ring for one request and return what the graph's `invoke` returns.

    Other questions that the thread waits with stay open. A thread whose last run was broken off
    goes on where it stands. Raises `UnknownId` when the thread has nothing left to do.
    """
    given = next_input(graph.get_state(config, subgraphs=True), request_id)
    try:
        return graph.invoke(given, strictly(config), durability="sync")
    except _REFUSED:
        return graph.get_state(config).values


async def aresume(graph: Any, config: RunnableConfig, request_id: str) -> Any:  # noqa: ANN401
    """Do as `resume`, awaiting."""
    given = next_input(await graph.aget_state(config, subgraphs=True), request_id)
    try:
        return await graph.ainvoke(given, strictly(config), durability="sync")
    except _REFUSED:
        return (await graph.aget_state(config)).values


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
