"""Turn: one agent turn (model, allowed tool call, model) in four agents with one scripted model.

Two pairs: LangChain's `create_agent` plain and with its own human-in-the-loop and personal-data
middlewares; a LangGraph loop with `ToolNode` and the same loop with the gate's node. Every agent
has a SQLite saver of its own on the same disk.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, PIIMiddleware
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition

from benchmarks.pace.call import note_tool
from benchmarks.pace.rounds import Contender
from benchmarks.pace.shop import POLICY
from interlock import Gate, Policy
from interlock.testing.scripted import ScriptedCall, ScriptedChatModel, ScriptedTurn

CREATED: Final = "create_agent"
MIDDLEWARE: Final = "create_agent, HumanInTheLoop and PII middlewares"
LOOP: Final = "loop with ToolNode"
GATED: Final = "loop with gate.tool_node"


@contextmanager
def contenders(folder: Path) -> Iterator[Mapping[str, Contender]]:
    """Open all four agents and yield them by name."""
    with ExitStack() as closing:

        def saver(name: str) -> SqliteSaver:
            path = str(folder / f"{name}.db")
            return closing.enter_context(SqliteSaver.from_conn_string(path))

        ledger = f"sqlite:///{folder / 'turn-ledger.db'}"
        gate = closing.enter_context(Gate.open(Policy.parse(POLICY), ledger=ledger, state=folder))
        tools = [note_tool()]
        node = gate.tool_node(tools, agent="bench")
        agents = {
            CREATED: create_agent(model(), tools, checkpointer=saver("created")),
            MIDDLEWARE: create_agent(
                model(), tools, middleware=guards(), checkpointer=saver("middleware")
            ),
            LOOP: loop(ToolNode(tools), saver("loop")),
            GATED: loop(node, gate.saver(saver("gated"))),
        }
        yield {name: _turn(agent) for name, agent in agents.items()}


def model() -> ScriptedChatModel:
    """Make a model that notes something on order 1203 and says so."""
    call = ScriptedCall(id="call-1", tool="order.note", args={"number": 1203})
    return ScriptedChatModel(turns=(ScriptedTurn(calls=(call,)), ScriptedTurn(text="Noted.")))


def guards() -> Sequence[Any]:
    """Return LangChain's own guards: refunds ask, card numbers and mail addresses are redacted."""
    return [
        HumanInTheLoopMiddleware(interrupt_on={"order.refund": True}),
        PIIMiddleware("credit_card", strategy="redact", apply_to_tool_results=True),
        PIIMiddleware("email", strategy="redact", apply_to_tool_results=True),
    ]


def loop(node: Any, saver: Any) -> Any:  # noqa: ANN401 - a node, a saver, a compiled graph
    """Compile the usual two-node agent loop around a tool node."""
    spoken = model()
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [spoken.invoke(state["messages"])]})
    graph.add_node("tools", node)
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return graph.compile(checkpointer=saver)


def _turn(agent: Any) -> Contender:  # noqa: ANN401 - a compiled graph
    def once(at: int) -> None:
        config = {"configurable": {"thread_id": f"turn-{at}"}}
        state = agent.invoke({"messages": [HumanMessage("Note it, please")]}, config)
        last = state["messages"][-1]
        assert isinstance(last, AIMessage)
        assert last.text == "Noted."

    return once
