"""Invoke: tools run side by side, each to its end, and nothing is lost when one breaks off."""

import asyncio
import threading
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from interlock.graph.delivery import Consult, Nap
from interlock.graph.execution import Execution


def pausing() -> Any:
    """Make a graph that pauses."""
    builder = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt("go on?")})
    return builder.add_edge(START, "ask").compile()


class TestBrokenOff:
    def tools(self, ran: list[str]) -> list[Any]:
        """Make a tool that pauses half way and one that takes longer."""
        graph, paused = pausing(), threading.Event()

        @tool
        def look() -> str:
            """Pause."""
            try:
                return str(graph.invoke({})["said"])
            finally:
                paused.set()

        @tool
        def write(x: int) -> str:
            """Write, after the other paused."""
            paused.wait(5)
            ran.append(f"write {x}")
            return "written"

        return [look, write]

    def test_a_pause_of_one_lets_the_other_finish(self, rig: Any) -> None:
        """A sibling that runs while another pauses ends once, and keeps its answer."""
        ran: list[str] = []
        graph = rig.listed(tools=self.tools(ran))
        first = graph.invoke(rig.turn(("look", {}), ("write", {"x": 1})), rig.thread())
        assert first["__interrupt__"][0].value == "go on?"
        assert ran == ["write 1"]

        result = graph.invoke(Command(resume="yes"), rig.thread())

        assert rig.answers(result)["c0"].content == "yes"
        assert ran == ["write 1"]

    async def test_the_same_awaited(self, rig: Any) -> None:
        """The asynchronous edge waits for all before it lets the pause out."""
        ran: list[str] = []
        graph = rig.listed(tools=self.tools(ran))
        await graph.ainvoke(rig.turn(("look", {}), ("write", {"x": 1})), rig.thread())
        assert ran == ["write 1"]

        result = await graph.ainvoke(Command(resume="yes"), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "released"}
        assert ran == ["write 1"]

    async def test_a_cancelled_run_is_in_doubt(self, rig: Any) -> None:
        """A cancellation while an effect is under way leaves a doubt, and no second effect."""
        ran: list[str] = []
        started = asyncio.Event()

        @tool
        async def write(x: int) -> str:
            """Begin, and never end."""
            ran.append(f"write {x}")
            started.set()
            await asyncio.Event().wait()
            return "written"

        graph = rig.listed(tools=[write])
        run = asyncio.ensure_future(graph.ainvoke(rig.turn(("write", {"x": 1})), rig.thread()))
        await started.wait()
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

        result = await graph.ainvoke(rig.turn(("write", {"x": 1})), rig.thread())

        assert rig.outcomes(result) == {"c0": "in_doubt"}
        assert ran == ["write 1"]


class TestSteps:
    def execution(self, rig: Any) -> Execution:
        """Make an execution without calls."""
        return Execution(rig.gate.conductor, None, None, {}, {}, {})  # type: ignore[arg-type]

    def script(self) -> Any:
        """Consult, sleep, and return what was said."""
        said = yield Consult(threading.get_ident)
        yield Nap(0.0)
        return said

    def test_the_synchronous_edge_stays_in_its_thread(self, rig: Any) -> None:
        """Without a loop every step is done here."""
        assert self.execution(rig).drive(self.script()) == threading.get_ident()

    async def test_the_asynchronous_edge_asks_in_a_thread(self, rig: Any) -> None:
        """The ledger never blocks the event loop."""
        assert await self.execution(rig).adrive(self.script()) != threading.get_ident()

    def test_what_a_script_raises_comes_out(self, rig: Any) -> None:
        """An error of the ledger is the node's error."""

        def broken() -> Any:
            raise RuntimeError("ledger gone")

        def script() -> Any:
            yield Consult(broken)

        with pytest.raises(RuntimeError, match="ledger gone"):
            self.execution(rig).drive(script())
