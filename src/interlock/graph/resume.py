"""Ring: continue a thread that waits for a human, from any process.

A resume says only that somebody answered; the node reads the ledger and asks again when there is
no verdict. So ringing twice, late or for nothing does no harm.
"""

from collections.abc import Iterable, Mapping
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

    Other questions that the thread waits with stay open. Raises `UnknownId` when the thread waits
    for nothing of the gate's.
    """
    command = doorbell(paused(graph, config), request_id)
    try:
        return graph.invoke(command, strictly(config), durability="sync")
    except _REFUSED:
        return graph.get_state(config).values


async def aresume(graph: Any, config: RunnableConfig, request_id: str) -> Any:  # noqa: ANN401
    """Do as `resume`, awaiting."""
    command = doorbell(await apaused(graph, config), request_id)
    try:
        return await graph.ainvoke(command, strictly(config), durability="sync")
    except _REFUSED:
        return (await graph.aget_state(config)).values


def doorbell(waiting: Iterable[Paused], request_id: str) -> Command[Any]:
    """Make the command that rings for a request.

    An edit leaves the thread waiting with the question about the call as it was; so when no
    question names the request, all of the gate's are rung. Raises `UnknownId`.
    """
    every = list(waiting)
    named = [one for one in every if one.payload["interlock"].get("request_id") == request_id]
    if not every:
        raise UnknownId(f"the thread waits for nothing; request `{request_id}` has no use there")
    bell = {"interlock": {"doorbell": request_id}}
    return Command(resume={one.interrupt_id: bell for one in named or every})


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
