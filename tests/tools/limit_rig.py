"""Calls through every host of a gate, for the tests of limits."""

import asyncio
import inspect
import itertools
import sys
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver

from interlock import Gate

sys.path.insert(0, str(Path(__file__).parents[1] / "graph"))

from gate_rig import Rig

TURNS = itertools.count()
SHAPES = ["tool_node", "async tool_node", "graph", "async graph"]


def policy(limits: str = "", effect: str = "non_idempotent", isolation: str = "none") -> str:
    """Write a policy that lets every tool run within limits."""
    entry = f"{{effect: {effect}, isolation: {isolation}, risk_tags: [write]}}"
    limited = f"decision: allow_with_constraints, constraints: {{{limits}}}"
    rule = limited if limits else "decision: allow"
    return f"""
version: v1
tools: {{"*": {entry}}}
rules: [{{id: all, match: {{risk_tags: [write]}}, {rule}}}]
"""


def made(function: Any) -> BaseTool:
    """Make a tool of a function; a tool stays what it is."""
    if isinstance(function, BaseTool):
        return function
    awaited = inspect.iscoroutinefunction(function)
    name = "coroutine" if awaited else "func"
    return StructuredTool.from_function(**{name: function}, description="Do.")


def ask(gate: Gate, tool: Any, args: dict[str, Any], shape: str = "tool_node") -> ToolMessage:
    """Make one call through a host of a shape, and return its answer."""
    tool = made(tool)
    saver, turn = InMemorySaver(), f"m{next(TURNS)}"
    if shape.endswith("graph"):
        graph: Any = gate.graph([tool], checkpointer=saver)
        given: Any = {
            "call": {"name": tool.name, "args": args, "id": "c0"},
            "agent": "bot",
            "turn": turn,
        }
    else:
        graph = Rig(gate, Path()).listed(saver, tools=[tool])
        call = {"name": tool.name, "args": args, "id": "c0", "type": "tool_call"}
        given = {"messages": [AIMessage("", tool_calls=[call], id=turn)]}
    config = Rig.thread()
    if shape.startswith("async"):
        result = asyncio.run(graph.ainvoke(given, config))
    else:
        result = graph.invoke(given, config)
    if shape.endswith("graph"):
        return ToolMessage(**result["message"])
    return Rig.answers(result)["c0"]


def outcome(answer: ToolMessage) -> str:
    """Return how the call ended."""
    return answer.artifact["interlock"]["outcome"]


def breaches(gate: Gate) -> list[str]:
    """Return the breaches that stand in the record, late ends left out."""
    lines = gate.audit.log()
    return [
        line["body"]["breach"]
        for line in lines
        if "breach" in line["body"] and line["kind"] != "stale_result"
    ]
