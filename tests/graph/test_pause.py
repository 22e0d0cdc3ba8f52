"""Pause: a question asked inside a tool is inspected like a result before it leaves."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from langchain_core.tools import BaseTool, tool
from langgraph.errors import GraphInterrupt, NodeInterrupt
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Interrupt, interrupt

CARD = "4111 1111 1111 1111"
MODES = ["values", "updates", "tasks", "checkpoints", "debug"]
HELD = """
tools: {look: {effect: read}}
rules:
  - {id: held, match: {tools: [look]}, decision: allow, review_result: true}
"""


def asking(question: Any) -> BaseTool:
    """Make a tool that runs a graph, which pauses with a question."""
    builder = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt(question)})
    graph = builder.add_edge(START, "ask").compile()

    @tool
    def look() -> str:
        """Ask through a graph."""
        return str(graph.invoke({})["said"])

    return look


def raising(raised: Callable[[], BaseException]) -> BaseTool:
    """Make a tool that raises."""

    @tool
    def look() -> str:
        """Raise."""
        raise raised()

    return look


async def seen_by_all(rig: Any, one: BaseTool, awaited: bool) -> tuple[str, Any]:
    """Run one call; return all that streams, checkpoints and the caller saw, and the graph."""
    graph = rig.listed(tools=[one])
    given = (rig.turn(("look", {})), rig.thread())
    if awaited:
        seen = str([chunk async for chunk in graph.astream(*given, stream_mode=MODES)])
    else:
        seen = str(await asyncio.to_thread(lambda: list(graph.stream(*given, stream_mode=MODES))))
    kept = [*graph.get_state_history(rig.thread()), *graph.checkpointer.list(rig.thread())]
    return f"{seen} {kept}", graph


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(
    "one",
    [
        raising(lambda: NodeInterrupt(f"card {CARD}")),
        raising(lambda: GraphInterrupt([Interrupt(f"card {CARD}")])),
        raising(lambda: GraphInterrupt([Interrupt("x", id=CARD)])),
        raising(lambda: GraphInterrupt([Interrupt("x", id="0" * 32, response_schema={"a": CARD})])),
        raising(lambda: GraphInterrupt(CARD)),  # type: ignore[arg-type]
        asking({"note": f"card {CARD}"}),
    ],
)
async def test_what_may_not_leave_is_no_question(rig: Any, one: BaseTool, awaited: bool) -> None:
    """What a tool raises or asks is a result when it holds anything; nobody is asked."""
    seen, graph = await seen_by_all(rig, one, awaited)

    assert CARD not in seen
    state = graph.get_state(rig.thread())
    assert state.interrupts == ()
    assert rig.answers(state.values)["c0"].status == "error"


async def test_a_held_result_asks_nothing(open_rig: Callable[..., Any]) -> None:
    """Where policy holds the result, a question in it is held too."""
    rig = open_rig(HELD)

    seen, graph = await seen_by_all(rig, asking("the word is heliotrope"), awaited=False)

    assert "heliotrope" not in seen
    assert rig.outcomes(graph.get_state(rig.thread()).values) == {"c0": "quarantined"}


@pytest.mark.parametrize("awaited", [False, True])
async def test_what_may_not_run_again_asks_nobody(
    open_rig: Callable[..., Any], awaited: bool
) -> None:
    """I3: a call that cannot run again for the answer is in doubt, and no answer is asked for."""
    rig = open_rig("rules: [{id: all, match: {tools: [look]}, decision: allow}]")

    _, graph = await seen_by_all(rig, asking("go on?"), awaited)

    state = graph.get_state(rig.thread())
    assert (state.interrupts, state.next) == ((), ())
    assert rig.outcomes(state.values) == {"c0": "in_doubt"}
    assert "question" in rig.answers(state.values)["c0"].content
    assert rig.gate.audit.verify().ok


def test_a_graphs_question_is_asked_as_json(rig: Any) -> None:
    """A question that may leave is asked, and its answer reaches the graph."""
    graph = rig.listed(tools=[asking({"go on": ("yes", "no")})])

    (asked,) = graph.invoke(rig.turn(("look", {})), rig.thread())["__interrupt__"]
    result = graph.invoke(Command(resume="yes"), rig.thread())

    assert asked.value == {"go on": ["yes", "no"]}
    assert rig.answers(result)["c0"].content == "yes"
