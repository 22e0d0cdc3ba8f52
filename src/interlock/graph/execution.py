"""Invoke: call one tool through an inner `ToolNode`, unseen, and read its result as JSON.

The inner node fills in state, store, runtime and ids, as LangGraph's users know it. It is reached
only through the runner, which redeems a warrant first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Protocol, TypeAlias, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_executor_for_config
from langgraph.errors import GraphInterrupt
from langgraph.prebuilt import ToolNode

from interlock.canon import type_name
from interlock.conduct import Conductor, Ready, aperform, perform
from interlock.graph.delivery import Consult, Nap, Perform, Script, Settled
from interlock.graph.own_result import Caller
from interlock.graph.pause import ask_or_end
from interlock.graph.results import read_result
from interlock.graph.schemas import why_invalid
from interlock.graph.silence import silenced
from interlock.graph.task import for_tool
from interlock.path.execution import Done, Outcome

EndT = TypeVar("EndT")


Passes: TypeAlias = tuple[type[BaseException], ...]
"""What is no result of a tool but its host's control flow."""
Invoke: TypeAlias = Callable[[str, dict[str, Any]], Done]
InvokeAsync: TypeAlias = Callable[[str, dict[str, Any]], Awaitable[Done]]


class Runner(Caller, Protocol):
    """The one place where tools are called: the module `interlock.tools.run`."""

    def run(
        self, ready: Ready, invoke: Invoke, passes: Passes = ..., late: Callable[[Any], None] = ...
    ) -> Outcome:
        """Redeem the warrant, then call; `late` is told of an end that nobody waited for."""
        ...

    async def arun(
        self,
        ready: Ready,
        invoke: InvokeAsync,
        passes: Passes = ...,
        late: Callable[[Any], None] = ...,
    ) -> Outcome:
        """Do so, awaiting."""
        ...


@dataclass(frozen=True, slots=True)
class Execution:
    """How the calls of one task are run."""

    conductor: Conductor
    runner: Runner
    inner: ToolNode
    state: Any
    config: RunnableConfig
    ids: dict[str, str]
    """Tool-call id by call id."""

    def drive(self, script: Script[EndT]) -> EndT:
        """Follow a script: the synchronous edge."""
        said: Any = None
        while True:
            try:
                step = script.send(said)
            except StopIteration as end:
                return end.value
            match step:
                case Perform(call_ids=call_ids):
                    said = self._perform(call_ids)
                case Consult(question=question):
                    said = question()
                case Nap(seconds=seconds):
                    said = self.conductor.ports.clock.sleep(seconds)

    async def adrive(self, script: Script[EndT]) -> EndT:
        """Follow a script: the asynchronous edge. The ledger is asked in a thread."""
        said: Any = None
        while True:
            try:
                step = script.send(said)
            except StopIteration as end:
                return end.value
            match step:
                case Perform(call_ids=call_ids):
                    said = await self._aperform(call_ids)
                case Consult(question=question):
                    said = await asyncio.to_thread(question)
                case Nap(seconds=seconds):
                    said = await asyncio.sleep(seconds)

    def _perform(self, call_ids: tuple[str, ...]) -> list[Settled]:
        if len(call_ids) == 1:
            return [self._one(call_ids[0])]
        with get_executor_for_config(self.config) as executor:
            return list(executor.map(self._one, call_ids))

    async def _aperform(self, call_ids: tuple[str, ...]) -> list[Settled]:
        """Run side by side to the last; then let the first pause or error out.

        One alone goes on at once, so that a cancellation finds its claim in good hands.
        """
        if len(call_ids) == 1:
            return [await self._aone(call_ids[0])]
        ended = await asyncio.gather(*map(self._aone, call_ids), return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return [one for one in ended if not isinstance(one, BaseException)]

    def _one(self, call_id: str) -> Settled:
        """Perform one call; its latest revision may have an id of its own."""
        invoke = partial(self._invoke, self.ids[call_id])

        def run(ready: Ready) -> Outcome:
            try:
                return self.runner.run(ready, invoke, (GraphInterrupt,), self._late(ready))
            except GraphInterrupt as pause:
                return ask_or_end(self.conductor, ready, pause)

        return perform(self.conductor, call_id, run)

    async def _aone(self, call_id: str) -> Settled:
        invoke = partial(self._ainvoke, self.ids[call_id])

        async def run(ready: Ready) -> Outcome:
            try:
                late = self._late(ready)
                return await self.runner.arun(ready, invoke, (GraphInterrupt,), late)
            except GraphInterrupt as pause:
                return await asyncio.to_thread(ask_or_end, self.conductor, ready, pause)

        return await aperform(self.conductor, call_id, run)

    def _late(self, ready: Ready) -> Callable[[Any], None]:
        return partial(self.conductor.note_late, ready.warrant)

    def _invoke(self, tool_call_id: str, tool: str, args: dict[str, Any]) -> Done:
        if why := self._misfit(tool, args):
            return Done(why, status="error")
        given = self._call(tool_call_id, tool, args)
        with silenced():
            return read_result(self.inner.invoke(given, for_tool(self.config)), tool_call_id)

    async def _ainvoke(self, tool_call_id: str, tool: str, args: dict[str, Any]) -> Done:
        if why := self._misfit(tool, args):
            return Done(why, status="error")
        given = self._call(tool_call_id, tool, args)
        with silenced():
            returned = await self.inner.ainvoke(given, for_tool(self.config))
        return read_result(returned, tool_call_id)

    def _misfit(self, tool: str, args: dict[str, Any]) -> str | None:
        """Check what is about to run: an edit may have changed it since it was proposed."""
        known = self.inner.tools_by_name.get(tool)
        why = why_invalid(known, args, self.conductor.ports.misfit) if known else None
        return f"The arguments do not fit the tool: {why}. It did not run." if why else None

    def _call(self, tool_call_id: str, tool: str, args: dict[str, Any]) -> dict[str, Any]:
        call = {"name": tool, "args": args, "id": tool_call_id, "type": "tool_call"}
        return {"__type": "tool_call_with_context", "tool_call": call, "state": copied(self.state)}


class NotCopied:
    """Stands in a tool's state for a value that cannot be copied, and says so when it is used."""

    def __init__(self, kind: str) -> None:
        """Name the value's type."""
        self._kind = kind

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse."""
        raise AttributeError(
            f"no `{name}` here: a gated tool gets a copy of the state, and a value of type "
            f"`{self._kind}` cannot be copied; pass it in the runtime's context"
        )


def copied(state: Any) -> Any:  # noqa: ANN401 - any state
    """Copy a state for a tool, so that a result does not slip past the gate by changing it.

    `NotCopied` stands for what cannot be copied, like a connection.
    """
    try:
        return deepcopy(state)
    except Exception:  # noqa: BLE001 - whatever an application keeps in its state
        if isinstance(state, dict):
            members = cast("dict[Any, Any]", state)
            return {name: copied(member) for name, member in members.items()}
        if isinstance(state, list):
            return [copied(item) for item in cast("list[Any]", state)]
        return NotCopied(type_name(state))
