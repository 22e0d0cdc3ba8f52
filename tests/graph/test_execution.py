"""Invoke: tools run side by side, each to its end, and nothing is lost when one breaks off."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from langchain_core.tools import StructuredTool, tool
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import InjectedState, ToolRuntime
from langgraph.types import Command, interrupt

from interlock.graph.delivery import Consult, Nap
from interlock.graph.execution import Execution, NotCopied, copied


def pausing() -> Any:
    """Make a graph that pauses."""
    builder = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt("go on?")})
    return builder.add_edge(START, "ask").compile()


class Notes:
    """An object of an application that does not let itself be copied."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.lock = threading.Lock()


@dataclass
class Holder:
    """A structured value."""

    items: list[Any]


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


class TestArguments:
    @pytest.mark.parametrize("args", [{"x": 5000}, {"x": 1, "more": 1}])
    def test_an_edit_fits_the_tool_that_it_names(self, rig: Any, args: dict[str, Any]) -> None:
        """An edit to a tool that nobody called yet is checked against its schema at once."""
        ran: list[Any] = []
        schema = {
            "type": "object",
            "properties": {"x": {"type": "integer", "maximum": 100}},
            "additionalProperties": False,
        }
        tools = [
            StructuredTool.from_function(
                func=lambda **given: ran.append(given),
                name=name,
                description="d",
                args_schema=schema,
            )
            for name in ("pay", "write")
        ]
        graph = rig.listed(tools=tools)
        asked = graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())["__interrupt__"][0]
        edit = {"type": "edit", "edited_action": {"name": "write", "args": args}}

        result = graph.invoke(Command(resume={asked.id: edit}), rig.thread())

        (again,) = rig.asked(result)
        assert "the edited arguments do not fit `write`" in again["interlock"]["error"]
        assert ran == []

    def test_an_edit_that_cannot_work_is_asked_about_again(self, rig: Any) -> None:
        """An inline edit that the tool would not take is no answer; the person is told why."""
        graph = rig.listed()
        asked = graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())["__interrupt__"][0]
        edit = {"type": "edit", "edited_action": {"name": "pay", "args": {"x": "much"}}}

        result = graph.invoke(Command(resume={asked.id: edit}), rig.thread())

        (again,) = rig.asked(result)
        assert "`x`: expected integer" in again["interlock"]["error"]
        assert rig.ran == []


class TestState:
    def test_a_tool_changes_only_its_copy(self, rig: Any) -> None:
        """What a tool writes into the state it is given reaches nobody."""

        @tool
        def look(state: Annotated[dict[str, Any], InjectedState]) -> str:
            """Leave a note in the conversation."""
            state["messages"][-1].content = "past the gate"
            return "done"

        result = rig.listed(tools=[look]).invoke(rig.turn(("look", {})), rig.thread())

        assert "past the gate" not in str(result)

    def test_what_cannot_be_copied_is_not_shared(self, rig: Any) -> None:
        """A result written into a shared object would be past the gate; the tool is told why."""
        notes = Notes()

        @tool
        def look(state: Annotated[dict[str, Any], InjectedState]) -> str:
            """Write into what the graph holds."""
            state["notes"].lines.append("past the gate")
            return "done"

        class State(rig.Messages):  # type: ignore[misc, name-defined]
            notes: Any

        graph = StateGraph(State).add_node("tools", rig.node([look])).add_edge(START, "tools")
        given = {**rig.turn(("look", {})), "notes": notes}
        answer = rig.answers(graph.compile().invoke(given, rig.thread()))["c0"]

        assert notes.lines == []
        assert "a value of type `Notes` cannot be copied" in answer.content

    @pytest.mark.parametrize("wrap", [tuple, Holder])
    def test_no_container_shares_it(self, wrap: Any) -> None:
        """What holds something that cannot be copied is left out with it."""
        given = copied({"kept": wrap([Notes()]), "rows": [1]})

        assert isinstance(given["kept"], NotCopied)

    def test_the_rest_is_copied(self) -> None:
        """A lock in a state does not keep its other members from the tool."""
        rows = [1]

        given = copied({"lock": threading.Lock(), "rows": rows})

        assert isinstance(given["lock"], NotCopied)
        assert given["rows"] == rows
        assert given["rows"] is not rows

    def test_the_graphs_own_values_cannot_be_read(self, rig: Any) -> None:
        """The configuration of a tool leads to no channel of the run."""

        @tool
        def look(runtime: ToolRuntime) -> str:
            """Look for a way to the values."""
            return str("__pregel_read" in runtime.config["configurable"])

        result = rig.listed(tools=[look]).invoke(rig.turn(("look", {})), rig.thread())

        assert rig.answers(result)["c0"].content == "False"


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


@pytest.mark.parametrize("shape", ["listed", "sent"])
async def test_deliverers_that_wait_leave_a_thread_to_who_runs(rig: Any, shape: str) -> None:
    """R5: more deliveries of a turn than the loop has threads all end, with one effect a call.

    Each held a thread while it waited for the one that ran, whose end then had none to settle in:
    eight deliveries in one event loop never ended, and the lease was kept alive all the while.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    turn = rig.turn(("write", {"x": 1}), ("write", {"x": 2}))
    graphs = [getattr(rig, shape)() for _ in range(4)]

    ended = await asyncio.gather(*(graph.ainvoke(turn, rig.thread()) for graph in graphs))

    assert sorted(rig.ran) == [("write", 1), ("write", 2)]
    assert [rig.outcomes(one) for one in ended] == [{"c0": "released", "c1": "released"}] * 4
