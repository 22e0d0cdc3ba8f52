"""Fence: who lost a thread while it was paused writes nothing of it, and runs no next step."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

from interlock import Gate, Policy
from interlock.app.threads import Application, Resumption, Threads, Went
from interlock.cli.hosts import event_loop
from interlock.ledger import resumptions

from ..databases import ledger_of  # isort: skip

ASKED = {"interlock": {"request_id": "req_1", "held_behind": []}}


class Agent:
    """A graph that waits for one request, and whose work another process may take over."""

    def __init__(self, folder: Path, gate: Gate) -> None:
        self.path, self.threads, self.ledger = folder / "threads.db", gate.threads, gate.ledger
        self.ran: list[str] = []
        self.at_work: Callable[[], None] = lambda: None

    def builder(self, *, nested: bool) -> Any:
        """Make a graph of two steps behind the question, or one around it."""
        made: Any = StateGraph(MessagesState)
        if nested:
            made.add_node("inner", self.builder(nested=False).compile())
            made.add_node("last", lambda _: self.ran.append("last"))
            return made.add_edge(START, "inner").add_edge("inner", "last")
        made.add_node("work", self.work).add_node("after", lambda _: self.ran.append("after"))
        return made.add_edge(START, "work").add_edge("work", "after")

    def work(self, _: Any) -> dict[str, Any]:
        """Wait for the answer, then do something for a while."""
        interrupt(ASKED)
        self.at_work()
        self.ran.append("work")
        return {}

    def graph(self, *, nested: bool) -> Any:
        """Compile it as another process would, over the same threads."""
        saver = SqliteSaver(sqlite3.connect(self.path, check_same_thread=False))
        return self.builder(nested=nested).compile(checkpointer=saver)

    def rows(self) -> list[Any]:
        """Return all that was ever written of threads."""
        with sqlite3.connect(self.path) as db:
            kept = db.execute("select checkpoint_ns, checkpoint_id from checkpoints order by 1, 2")
            writes = db.execute("select checkpoint_id, task_id, channel, value from writes")
            return [*kept, *writes]


CONFIG: Any = {"configurable": {"thread_id": "t"}}


@pytest.fixture
def agent(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One whose request is decided."""
    monkeypatch.setattr(resumptions, "decided", lambda _, names: {*names})
    with Gate.open(Policy.parse("version: v1"), ledger_of(tmp_path), state=tmp_path) as gate:
        yield Agent(tmp_path, gate)


def taken(threads: Threads) -> Resumption:
    """Take the thread."""
    held = threads.call_up("shop", "t")
    assert held is not None
    return held


def overtaken(agent: Agent, held: Resumption, *, nested: bool) -> list[Any]:
    """Let its lease be over and another worker bring the thread to its end."""
    agent.at_work = lambda: None
    resumptions.put_off(agent.ledger, held, 0)
    other = Application(agent.graph(nested=nested))
    assert agent.threads.resume(taken(agent.threads), other).outcome == "finished"
    agent.ran.clear()
    return agent.rows()


@pytest.mark.parametrize("nested", [False, True])
def test_one_that_was_taken_over_stops_and_writes_nothing(agent: Agent, nested: bool) -> None:
    """The node that ran meanwhile ends; no step follows, no checkpoint and no write of it."""
    graph = agent.graph(nested=nested)
    graph.invoke({"messages": []}, CONFIG)
    held, left = taken(agent.threads), list[Any]()
    agent.at_work = lambda: left.extend(overtaken(agent, held, nested=nested))
    went = agent.threads.resume(held, Application(graph))

    assert (went.outcome, agent.ran) == ("lost", ["work"])
    assert agent.rows() == left
    assert agent.graph(nested=nested).get_state(CONFIG).next == ()


async def _awaited(agent: Agent) -> Any:
    saver = AsyncSqliteSaver(await aiosqlite.connect(agent.path))
    return agent.builder(nested=False).compile(checkpointer=saver)


def test_one_that_is_awaited_stops_as_well(agent: Agent) -> None:
    """The awaited ways to write ask too."""
    import asyncio

    agent.graph(nested=False).invoke({"messages": []}, CONFIG)
    loop = event_loop()
    graph = asyncio.run_coroutine_threadsafe(_awaited(agent), loop).result(5)
    held, left = taken(agent.threads), list[Any]()
    agent.at_work = lambda: left.extend(overtaken(agent, held, nested=False))
    went: Went = agent.threads.resume(held, Application(graph, loop))
    asyncio.run_coroutine_threadsafe(graph.checkpointer.conn.close(), loop).result(5)

    assert (went.outcome, agent.ran) == ("lost", ["work"])
    assert agent.rows() == left


class Watched:
    """A graph whose state is looked at, as often as it is noted."""

    def __init__(self, graph: Any) -> None:
        self.graph, self.looks = graph, 0

    def __getattr__(self, name: str) -> Any:
        """Give whatever the graph has, and note a look at a thread."""
        self.looks += name == "get_state"
        return getattr(self.graph, name)


def test_a_thread_is_looked_at_no_more_than_it_changes(agent: Agent) -> None:
    """Before the ring, after it, and for what is to be told: a server takes time for each."""
    watched = Watched(agent.graph(nested=False))
    watched.graph.invoke({"messages": []}, CONFIG)
    went = agent.threads.resume(taken(agent.threads), Application(watched))

    assert (went.outcome, watched.looks) == ("finished", 3)
