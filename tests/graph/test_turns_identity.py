"""A call is known by its thread and its message, wherever in the graph it is delivered.

Whoever goes back to an earlier checkpoint of a thread, or forks it, gives each task of it another
id. A call that was decided there is the same call still.
"""

import asyncio
import operator
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send

from processes import Program

LAST = HumanMessage("never mind")


class Gated(TypedDict, total=False):
    """What a graph around `gate.graph` holds."""

    call: dict[str, Any]
    turn: str
    message: dict[str, Any]
    note: str


def inner(rig: Any) -> Any:
    """Make an agent's graph that delivers the message it is given."""
    graph = StateGraph(rig.Messages).add_node("tools", rig.node()).add_edge(START, "tools")
    return graph.compile()


def sending(rig: Any) -> Any:
    """Make an agent's graph that sends each call to a task of its own."""

    def fan_out(state: Any) -> list[Send]:
        return [Send("tools", [call]) for call in made_in(state).tool_calls]

    graph = StateGraph(rig.Messages).add_node("tools", rig.node()).add_node("model", lambda _: {})
    graph.add_edge(START, "model").add_conditional_edges("model", fan_out, ["tools"])
    return graph.compile()


def made_in(state: Any) -> AIMessage:
    """Return the newest message with calls."""
    return next(m for m in reversed(state["messages"]) if isinstance(m, AIMessage))


def within(rig: Any, graph: Any) -> Any:
    """Put a graph into another one, as its node."""
    return StateGraph(rig.Messages).add_node("inner", graph).add_edge(START, "inner").compile()


def invoked(graph: Any) -> Callable[[Any], Any]:
    """Make a node that invokes a graph, twice in one run; the second time gets no new call."""

    def work(state: Any) -> Any:
        messages: list[AnyMessage] = state["messages"]
        graph.invoke({"messages": messages})
        return {"messages": graph.invoke({"messages": messages})["messages"][-1:]}

    return work


def mapped(rig: Any) -> Any:
    """Make a graph that sends each call of a message to a graph, without the message."""
    part = StateGraph(dict).add_node("tools", rig.node())
    part.add_conditional_edges(START, lambda state: [Send("tools", [state["call"]])], ["tools"])
    graph = StateGraph(rig.Messages).add_node("part", part.compile())
    graph.add_conditional_edges(
        START,
        lambda state: [Send("part", {"call": call}) for call in made_in(state).tool_calls],
        ["part"],
    )
    return graph.compile()


def split(rig: Any) -> Any:
    """Make a graph that sends the message to an agent's graph once for each of its calls."""
    graph = StateGraph(rig.Messages).add_node("part", inner(rig))
    graph.add_conditional_edges(
        START,
        lambda state: [Send("part", state) for _ in made_in(state).tool_calls],
        ["part"],
    )
    return graph.compile()


AGENTS: dict[str, Callable[[Any], Any]] = {
    "root": lambda rig: rig.node(),
    "subgraph": inner,
    "two levels": lambda rig: within(rig, inner(rig)),
    "sent": sending,
    "sent, two levels": lambda rig: within(rig, sending(rig)),
    "invoked": lambda rig: invoked(inner(rig)),
    "invoked, two levels": lambda rig: invoked(within(rig, inner(rig))),
    "mapped": mapped,
    "split": split,
}


def around(rig: Any, work: Any, *calls: tuple[str, dict[str, Any]]) -> Any:
    """Make the outermost graph: a model that makes one message, then the work."""
    graph = StateGraph(rig.Messages).add_node("model", lambda _: rig.turn(*calls))
    graph.add_node("work", work)
    graph.add_edge(START, "model").add_edge("model", "work")
    return graph.compile(checkpointer=rig.saver())


def gated(rig: Any, depth: int, call: dict[str, Any]) -> Any:
    """Make a graph around `gate.graph`, some levels deep."""
    work: Any = rig.gate.graph(rig.tools, agent="bot")
    for _ in range(depth):
        work = StateGraph(Gated).add_node("inner", work).add_edge(START, "inner").compile()
    graph = StateGraph(Gated).add_node("model", lambda _: {"call": call, "turn": "m1"})
    graph.add_node("work", work)
    graph.add_edge(START, "model").add_edge("model", "work")
    return graph.compile(checkpointer=rig.saver())


def before_work(graph: Any, config: Any) -> Any:
    """Return the oldest checkpoint whose next step is the work."""
    return [s for s in graph.get_state_history(config) if s.next == ("work",)][-1].config


def invoke(graph: Any, given: Any, config: Any, mode: str) -> Any:
    """Run a graph, with or without an event loop."""
    if mode == "async":
        return asyncio.run(graph.ainvoke(given, config))
    return graph.invoke(given, config)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("shape", AGENTS)
class TestTimeTravel:
    def test_a_replay_and_a_fork_have_no_effect(self, rig: Any, shape: str, mode: str) -> None:
        """INVARIANT I3: going back twice, then forking, runs nothing and gives the same answer."""
        graph = around(rig, AGENTS[shape](rig), ("write", {"x": 1}), ("write", {"x": 2}))
        first = invoke(graph, {"messages": [HumanMessage("hi")]}, rig.thread(), mode)
        assert sorted(rig.ran) == [("write", 1), ("write", 2)]
        back = before_work(graph, rig.thread())

        for _ in range(2):
            again = invoke(graph, None, back, mode)
            assert rig.answers(again).keys() == rig.answers(first).keys()
        fork = graph.update_state(back, {"messages": [HumanMessage("well", id="h2")]})
        invoke(graph, None, fork, mode)

        assert sorted(rig.ran) == [("write", 1), ("write", 2)]

    def test_what_was_approved_is_not_asked_again(self, rig: Any, shape: str, mode: str) -> None:
        """A call that was approved and ran is answered from the ledger; nobody is asked twice."""
        graph = around(rig, AGENTS[shape](rig), ("wire", {"x": 1}))
        invoke(graph, {"messages": [HumanMessage("hi")]}, rig.thread(), mode)
        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.approve(case.id, by="ana", reason="ok")
        invoke(graph, Command(resume=True), rig.thread(), mode)
        assert rig.ran == [("wire", 1)]
        back = before_work(graph, rig.thread())

        again = invoke(graph, None, back, mode)

        assert "__interrupt__" not in again
        assert rig.gate.inbox.pending() == []
        assert rig.ran == [("wire", 1)]


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_named_call_of_the_gates_own_graph_runs_once(rig: Any, depth: int) -> None:
    """`gate.graph` with a `turn` knows its call at any depth, and as the tool node knows it."""
    call = {"name": "write", "args": {"x": 1}, "id": "c0"}
    graph = gated(rig, depth, call)
    graph.invoke({"note": "1"}, rig.thread())
    back = before_work(graph, rig.thread())
    for _ in range(2):
        graph.invoke(None, back)
    graph.invoke(None, graph.update_state(back, {"note": "2"}))
    rig.listed().invoke(rig.turn(("write", {"x": 1})), rig.thread())

    assert rig.ran == [("write", 1)]


def branches(rig: Any, id_of: Callable[[int], str | None]) -> Any:
    """Make a graph that maps three items over one agent; each makes a message of its own."""

    class Item(TypedDict, total=False):
        item: int
        messages: list[AnyMessage]

    def model(state: Any) -> Any:
        call = {"name": "write", "args": {"x": 1}, "id": "c0", "type": "tool_call"}
        return {"messages": [AIMessage("", tool_calls=[call], id=id_of(state["item"]))]}

    part = StateGraph(Item).add_node("model", model).add_node("tools", rig.node())
    part.add_edge(START, "model").add_edge("model", "tools")
    graph = StateGraph(rig.Messages).add_node("part", part.compile())
    graph.add_conditional_edges(
        START, lambda _: [Send("part", {"item": at}) for at in range(3)], ["part"]
    )
    return graph.compile(checkpointer=rig.saver())


@pytest.mark.parametrize("id_of", [lambda _: str(uuid.uuid4()), lambda at: f"m{at}"])
def test_parallel_branches_stay_apart(rig: Any, id_of: Callable[[int], str | None]) -> None:
    """Calls of a map's branches are calls of their own, alike as they are."""
    result = branches(rig, id_of).invoke({"messages": [HumanMessage("hi")]}, rig.thread())

    assert rig.ran == [("write", 1)] * 3
    assert set(rig.outcomes(result).values()) == {"released"}


def test_alike_calls_of_branches_without_ids_run_once(rig: Any) -> None:
    """Of calls that nothing tells apart one runs; the others are refused, not taken for it."""
    result = branches(rig, lambda _: None).invoke({"messages": []}, rig.thread())
    told = [m.artifact["interlock"]["outcome"] for m in result["messages"] if m.type == "tool"]

    assert sorted(told) == ["conflict", "conflict", "released"]
    assert rig.ran == [("write", 1)]


def test_one_message_in_two_agents_is_one_call(rig: Any) -> None:
    """INVARIANT I3: a message that is handed to a second agent does not run its call again."""
    graph = StateGraph(rig.Messages).add_node("one", inner(rig)).add_node("two", inner(rig))
    graph.add_node("model", lambda _: rig.turn(("write", {"x": 1})))
    graph.add_edge(START, "model").add_edge("model", "one").add_edge("model", "two")
    graph.compile(checkpointer=rig.saver()).invoke({"messages": []}, rig.thread())

    assert rig.ran == [("write", 1)]


def test_other_arguments_under_one_message_are_a_conflict(rig: Any) -> None:
    """A message id that two agents use for different calls runs the first only, and says so."""
    graph = StateGraph(rig.Messages).add_node("one", inner(rig)).add_node("two", inner(rig))
    graph.add_edge(START, "one")
    graph.add_node("model", lambda _: rig.turn(("write", {"x": 2})))
    graph.add_edge("one", "model").add_edge("model", "two")
    compiled = graph.compile(checkpointer=rig.saver())
    result = compiled.invoke(rig.turn(("write", {"x": 1})), rig.thread())

    assert rig.ran == [("write", 1)]
    assert [m.artifact["interlock"]["outcome"] for m in result["messages"] if m.type == "tool"] == [
        "released",
        "conflict",
    ]


class Unnamed(TypedDict):
    """What a graph holds that gives its messages no ids."""

    messages: Annotated[list[AnyMessage], operator.add]


def unnamed(rig: Any, shape: str, *calls: tuple[str, dict[str, Any]]) -> Any:
    """Make a graph whose model makes a message without an id, and one that delivers it."""

    def fan_out(state: Any) -> list[Send]:
        return [Send("work", [call]) for call in made_in(state).tool_calls]

    graph = StateGraph(Unnamed).add_node("model", lambda _: rig.turn(*calls, id=None))
    graph.add_node("work", rig.node()).add_edge(START, "model")
    if shape == "sent":
        graph.add_conditional_edges("model", fan_out, ["work"])
    else:
        graph.add_edge("model", "work")
    return graph.compile(checkpointer=rig.saver())


@pytest.mark.parametrize("shape", ["listed", "sent"])
class TestUnnamed:
    def test_a_replay_runs_nothing(self, rig: Any, shape: str) -> None:
        """INVARIANT I3: what may be a repetition of a call whose message has no id is refused."""
        graph = unnamed(rig, shape, ("write", {"x": 1}), ("write", {"x": 2}))
        graph.invoke({"messages": []}, rig.thread())
        history = graph.get_state_history(rig.thread())
        back = [s for s in history if set(s.next) == {"work"}][-1].config

        again = graph.invoke(None, back)
        graph.invoke({"messages": []}, rig.thread())

        assert sorted(rig.ran) == [("write", 1), ("write", 2)]
        assert rig.outcomes(again) == {"c0": "conflict", "c1": "conflict"}

    def test_another_call_of_the_thread_runs(self, rig: Any, shape: str) -> None:
        """A call id that is new in its thread is a new call; that of another thread is not its."""
        graph = unnamed(rig, shape, ("write", {"x": 1}))
        first = graph.invoke({"messages": []}, rig.thread())
        other = graph.invoke({"messages": []}, rig.thread("u"))

        assert rig.outcomes(first) == rig.outcomes(other) == {"c0": "released"}
        assert rig.ran == [("write", 1)] * 2

    def test_siblings_are_one_turn(self, rig: Any, shape: str) -> None:
        """INVARIANT I18: without an id too, an effect waits for its sibling's question."""
        graph = unnamed(rig, shape, ("write", {"x": 1}), ("pay", {"x": 2}))
        graph.invoke({"messages": []}, rig.thread())

        assert rig.ran == []
        assert [case.tool for case in rig.gate.inbox.pending()] == ["pay"]

    def test_a_resume_is_no_repetition(self, rig: Any, shape: str) -> None:
        """A task that paused and is run again is the same task still."""
        graph = unnamed(rig, shape, ("pay", {"x": 1}))
        graph.invoke({"messages": []}, rig.thread())

        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert rig.outcomes(result) == {"c0": "released"}
        assert rig.ran == [("pay", 1)]


def process(folder: Path, *words: str) -> tuple[int, str, str]:
    """Run an agent in a process of its own; return its exit code, output and errors."""
    return Program(Path(__file__).with_name("agent_process.py"), str(folder), *words).ended()


@pytest.mark.timeout(60)  # two processes import LangGraph
@pytest.mark.parametrize("shape", ["root", "sub"])
def test_a_killed_run_that_kept_its_message_knows_its_call(tmp_path: Path, shape: str) -> None:
    """INVARIANT I3: with durability `sync`, a kill after the effect leaves one effect, in doubt."""
    killed = process(tmp_path, shape, "sync", "kill")
    after = process(tmp_path, shape, "sync", "live")

    assert killed[0] == -signal.SIGKILL
    assert after == (0, "in_doubt", "")
    assert (tmp_path / "effects").read_text() == "write\n"
