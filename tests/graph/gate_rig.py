"""A gate over three tools and a real ledger, for the tests of the graph."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph, add_messages
from langgraph.types import Send

from interlock import Gate, Policy

POLICY = """
version: v1
default: require_approval
tools:
  look: {topic: test.look, effect: read}
  write: {topic: test.write, effect: non_idempotent}
  pay: {topic: test.pay, effect: non_idempotent, risk_tags: [write]}
  wire: {topic: test.wire, effect: non_idempotent, risk_tags: [write, financial]}
  wipe: {topic: test.wipe, effect: non_idempotent}
rules:
  - {id: reads, match: {tools: [look]}, decision: allow}
  - {id: writes, match: {tools: [write]}, decision: allow}
  - {id: payments, match: {tools: [pay]}, decision: require_approval, review: {inline: true}}
  - {id: wires, match: {tools: [wire]}, decision: require_approval}
  - {id: wipes, match: {tools: [wipe]}, decision: deny}
"""


class Messages(TypedDict):
    """What an agent's graph holds."""

    messages: Annotated[list[AnyMessage], add_messages]


@dataclass
class Rig:
    """A gate, what its tools did, and graphs around it."""

    gate: Gate
    folder: Path
    ran: list[tuple[str, Any]] = field(default_factory=list)
    Messages = Messages

    @property
    def tools(self) -> list[BaseTool]:
        """Make the tools; each notes what it did."""

        @tool
        def look(x: int = 0) -> str:
            """Read."""
            self.ran.append(("look", x))
            return f"look {x}"

        @tool
        def write(x: int = 0) -> str:
            """Write."""
            self.ran.append(("write", x))
            return f"write {x}"

        @tool
        def pay(x: int = 0) -> str:
            """Pay."""
            self.ran.append(("pay", x))
            return f"pay {x}"

        @tool
        def wire(x: int = 0) -> str:
            """Wire."""
            self.ran.append(("wire", x))
            return f"wire {x}"

        @tool
        def wipe() -> str:
            """Wipe."""
            self.ran.append(("wipe", None))
            return "wiped"

        return [look, write, pay, wire, wipe]

    def node(self, tools: Sequence[Any] | None = None, **options: Any) -> Any:
        """Make the node under test."""
        options = {"agent": "bot", **options}
        return self.gate.tool_node(tools or self.tools, **options)

    def listed(self, saver: Any = None, tools: Sequence[Any] | None = None, **options: Any) -> Any:
        """Make a graph whose node gets the list of messages: one task for the turn."""
        graph = StateGraph(Messages).add_node("tools", self.node(tools, **options))
        return graph.add_edge(START, "tools").compile(checkpointer=self.saver(saver))

    def sent(self, saver: Any = None, tools: Sequence[Any] | None = None, **options: Any) -> Any:
        """Make a graph that sends each call to a task of its own."""

        def fan_out(state: Messages) -> list[Send]:
            made = [message for message in state["messages"] if isinstance(message, AIMessage)]
            return [Send("tools", [call]) for call in made[-1].tool_calls]

        graph = StateGraph(Messages).add_node("tools", self.node(tools, **options))
        graph.add_node("model", lambda _: {})
        graph.add_edge(START, "model").add_conditional_edges("model", fan_out, ["tools"])
        return graph.compile(checkpointer=self.saver(saver))

    def saver(self, saver: Any = None) -> Any:
        """Make a saver strict; in memory when none is given."""
        return self.gate.saver(saver if saver is not None else InMemorySaver())

    def sqlite_saver(self, name: str = "checkpoints.db") -> SqliteSaver:
        """Open a checkpoint database."""
        path = self.folder / name
        return SqliteSaver(sqlite3.connect(path, check_same_thread=False, timeout=30))

    def reopen(self) -> "Rig":
        """Open the same ledger again, as another process would."""
        return Rig(open_gate(self.folder), self.folder, self.ran)

    @staticmethod
    def turn(*calls: tuple[str, dict[str, Any]], id: str | None = "m1") -> dict[str, Any]:  # noqa: A002
        """Make the input of a graph: one message with calls `c0`, `c1` and so on."""
        made = [
            {"name": name, "args": args, "id": f"c{at}", "type": "tool_call"}
            for at, (name, args) in enumerate(calls)
        ]
        return {"messages": [AIMessage("", tool_calls=made, id=id)]}

    @staticmethod
    def thread(name: str = "t", **more: Any) -> dict[str, Any]:
        """Make a run's configuration."""
        return {"configurable": {"thread_id": name, **more}}

    @staticmethod
    def asked(result: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the payloads of the interrupts that a run ended with."""
        return [interrupt.value for interrupt in result.get("__interrupt__", ())]

    @staticmethod
    def answers(result: dict[str, Any]) -> dict[str, ToolMessage]:
        """Return the tools' messages by call id."""
        return {m.tool_call_id: m for m in result["messages"] if isinstance(m, ToolMessage)}

    @staticmethod
    def outcomes(result: dict[str, Any]) -> dict[str, str]:
        """Return how each call ended."""
        return {name: m.artifact["interlock"]["outcome"] for name, m in Rig.answers(result).items()}


def open_gate(folder: Path, policy: str = POLICY, **options: Any) -> Gate:
    """Open a gate on the ledger of a folder."""
    ledger = f"sqlite:///{folder / 'ledger.db'}"
    return Gate.open(Policy.parse(policy), ledger=ledger, state=folder, **options)
