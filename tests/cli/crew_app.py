"""An application whose threads workers resume: an agent that pays and then says so."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiosqlite
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph

from interlock import Gate, Policy
from interlock.settings import default_ledger

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}}
output: {entities: {US_SSN: allow}}  # no Presidio: each process would import it for seconds
rules: [{id: pays, match: {tools: [pay]}, decision: require_approval}]
"""


def folder() -> Path:
    """Where journals and checkpoints lie."""
    return Path(os.environ["CREW_FOLDER"])


def _note(journal: str, line: str) -> None:
    with (folder() / journal).open("a") as file:
        file.write(f"{line}\n")


@tool
def pay(x: str) -> str:
    """Pay, after somebody opened the gate where there is one."""
    _note("begun", x)
    if (bar := folder() / "bar").exists():
        bar.read_text()
    _note("effects", x)
    return f"paid {x}"


@tool("pay")
async def apay(x: str) -> str:
    """Pay, awaited; there is no other way."""
    _note("effects", x)
    return f"paid {x}"


def model(state: MessagesState) -> dict[str, Any]:
    """Say so, each time that somebody asks."""
    if (folder() / "broken").exists():
        raise RuntimeError("the model is away")
    _note("said", str(state["messages"][0].content))
    return {"messages": [AIMessage("done")]}


def build(tools: Sequence[Any], saver: Any, ledger: str | None = None) -> Any:
    """Make the agent's graph."""
    gate = Gate.open(Policy.parse(POLICY), ledger=ledger or default_ledger())
    graph: Any = StateGraph(MessagesState)
    graph.add_node("tools", gate.tool_node(tools, agent="bot", host="shop")).add_node(model)
    graph.add_edge(START, "tools").add_edge("tools", "model")
    return graph.compile(checkpointer=gate.saver(saver))


def _saver() -> SqliteSaver:
    path = folder() / "threads.db"
    return SqliteSaver(sqlite3.connect(path, check_same_thread=False, timeout=30))


def apps() -> dict[str, Any]:
    """Make the application."""
    return {"shop": build([pay], _saver())}


def elsewhere() -> dict[str, Any]:
    """Make it over another ledger, as its operator should not."""
    return {"shop": build([pay], _saver(), str(folder() / "other.db"))}


def astray() -> dict[str, Any]:
    """Make it over another ledger, beside a gate over the right one."""
    apps()
    return elsewhere()


async def awaited() -> dict[str, Any]:
    """Make it awaited, over the same threads."""
    saver = AsyncSqliteSaver(await aiosqlite.connect(folder() / "threads.db"))
    return {"shop": build([apay], saver)}


def turn(name: str) -> dict[str, Any]:
    """Make the input that begins a thread."""
    call = {"id": "c", "name": "pay", "args": {"x": name}}
    return {"messages": [AIMessage(name, tool_calls=[call], id=f"m-{name}")]}
