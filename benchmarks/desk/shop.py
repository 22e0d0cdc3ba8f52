"""Be resumed: an agent that asks before it pays, and notes when it does.

Workers load this file by its path, in processes of their own.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, MessagesState, StateGraph

from interlock import Gate, Policy
from interlock.settings import default_ledger

FOLDER: Final = "INTERLOCK_BENCH_FOLDER"
POLICY: Final = """
version: v1
tools: {pay: {risk_tags: [write]}}
output: {entities: {US_SSN: allow}}
approval_queue_policy:
  {max_open_requests_per_agent: 1000000, max_requests_per_agent_per_hour: 1000000}
rules: [{id: pays, match: {tools: [pay]}, decision: require_approval}]
"""


@tool
def pay(number: int) -> str:
    """Pay; note the order's number and the time in nanoseconds."""
    line = f"{number} {time.time_ns()}\n".encode()
    path = Path(os.environ[FOLDER], "effects")
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, line)
    finally:
        os.close(file)
    return "paid"


def build(ledger: str, folder: Path) -> tuple[Gate, Any]:
    """Open the gate and make the agent's graph."""
    gate = Gate.open(Policy.parse(POLICY), ledger=ledger, state=folder / "state")
    graph: Any = StateGraph(MessagesState)
    graph.add_node("tools", gate.tool_node([pay], agent="bot", host="shop"))
    graph.add_edge(START, "tools")
    saver = SqliteSaver(sqlite3.connect(folder / "threads.db", check_same_thread=False, timeout=30))
    return gate, graph.compile(checkpointer=gate.saver(saver))


def apps() -> dict[str, Any]:
    """Make the application, for a worker."""
    return {"shop": build(default_ledger(), Path(os.environ[FOLDER]))[1]}


def turn(number: int) -> dict[str, Any]:
    """Make the input that begins a thread."""
    call = {"id": "c", "name": "pay", "args": {"number": number}}
    return {"messages": [AIMessage("", tool_calls=[call], id=f"m{number}")]}
