"""Hold: the calls of one message are one turn, whichever gate node of the graph runs them."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send

from interlock.graph.tool_node import GateToolNode

PAY, WRITE, LOOK = ("pay", {"x": 1}), ("write", {"x": 2}), ("look", {"x": 3})


def split(rig: Any, **options: Any) -> Any:
    """Make a graph that sends each call to the node that has its tool: two gates, one agent."""
    by_name = {tool.name: tool for tool in rig.tools}
    homes = {"pay": "asks", "write": "acts", "look": "acts"}

    def fan_out(state: Any) -> list[Send]:
        made = next(m for m in reversed(state["messages"]) if isinstance(m, AIMessage))
        return [Send(homes[call["name"]], [call]) for call in made.tool_calls]

    graph = StateGraph(rig.Messages).add_node("model", lambda _: {})
    graph.add_node("asks", rig.node([by_name["pay"]]))
    graph.add_node("acts", rig.node([by_name["write"], by_name["look"]], **options))
    graph.add_edge(START, "model").add_conditional_edges("model", fan_out, ["asks", "acts"])
    return graph.compile(checkpointer=rig.saver())


def invoke(graph: Any, given: Any, config: Any, mode: str) -> Any:
    """Run a graph, with or without an event loop."""
    if mode == "async":
        return asyncio.run(graph.ainvoke(given, config))
    return graph.invoke(given, config)


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize("calls", [(PAY, WRITE, LOOK), (LOOK, WRITE, PAY)])
def test_an_effect_waits_for_a_question_of_another_node(
    rig: Any, calls: tuple[Any, ...], mode: str
) -> None:
    """INVARIANT I18: whichever node comes first, the effect is held and the read goes on."""
    graph = split(rig)

    result = invoke(graph, rig.turn(*calls), rig.thread(), mode)

    assert rig.ran == [("look", 3)]
    assert [case.tool for case in rig.gate.inbox.pending()] == ["pay"]
    (asked,) = rig.gate.inbox.pending()
    rig.gate.inbox.approve(asked.id, by="ana", reason="checked")
    while result.get("__interrupt__"):
        bells = dict.fromkeys([one.id for one in result["__interrupt__"]], True)
        result = invoke(graph, Command(resume=bells), rig.thread(), mode)
    assert sorted(rig.ran) == [("look", 3), ("pay", 1), ("write", 2)]
    assert set(rig.outcomes(result).values()) == {"released"}


def test_a_node_of_another_application_is_left_alone(rig: Any) -> None:
    """A node under another name in the ledger has turns of its own: it holds nothing here."""
    split(rig, host="other").invoke(rig.turn(WRITE, PAY), rig.thread())

    assert rig.ran == [("write", 2)]


def test_without_langgraphs_own_list_the_ledger_still_holds(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the graph's nodes cannot be had, a question that is asked by now holds the effect."""
    monkeypatch.setattr(GateToolNode, "_beside", lambda *_: {})
    graph = split(rig)

    graph.invoke(rig.turn(PAY), rig.thread())
    assert rig.ran == []
    message = rig.turn(PAY, WRITE)["messages"][0]
    state = {"messages": [message]}
    acts = graph.nodes["acts"].bound
    assert isinstance(acts, GateToolNode)

    alone = StateGraph(rig.Messages).add_node("acts", acts)
    alone.add_conditional_edges(START, lambda _: [Send("acts", [message.tool_calls[1]])], ["acts"])
    alone.compile(checkpointer=rig.saver()).invoke(state, rig.thread())

    assert rig.ran == []
