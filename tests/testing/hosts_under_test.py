"""Adapters of our own hosts to the conformance kit; another process builds them from this file."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph, add_messages
from langgraph.types import Command, Send

from interlock import Gate, Policy
from interlock.clock import SystemClock
from interlock.conduct import Answered, Intent, Turn, aperform, perform
from interlock.path.execution import Done
from interlock.path.proposal import Agent, Context
from interlock.testing.bench import LEASE_S, POLICY, Bench, Calls, Endings
from interlock.tools.run import arun, run

sys.path.insert(0, str(Path(__file__).parents[2]))  # for the process that only knows this file
from tests.databases import ledger_of

BELL = {"interlock": {"doorbell": True}}


class MovedClock(SystemClock):
    """The machine's clock, moved."""

    moved_s = 0.0

    def now(self) -> datetime:
        """Return the machine's time and what it was moved by."""
        return super().now() + timedelta(seconds=self.moved_s)


class Hosted:
    """What all adapters share: a gate on the bench's folder, and a person who answers."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.clock = MovedClock()
        self.gate = Gate.open(
            Policy.parse(POLICY),
            ledger=ledger_of(bench.folder),
            state=bench.folder,
            clock=self.clock,
            lease_s=LEASE_S,
        )

    def answer(self, thread: str, call_id: str, verdict: Literal["approve", "deny"]) -> None:
        """Answer as a person who may."""
        calls = [c for c in self.gate.audit.calls(thread) if c.key.tool_call_id == call_id]
        decide = getattr(self.gate.inbox, verdict)
        decide(calls[-1].id, by="ana", reason="checked")

    def expire(self) -> None:
        """Let more than an hour pass."""
        self.clock.moved_s += 3601


class GraphHost(Hosted):
    """A host that is a LangGraph graph."""

    def __init__(
        self,
        bench: Bench,
        build: Callable[[Gate, list[Any], Any], Any],
        given: Callable[[str, Calls], dict[str, Any]],
        read: Callable[[dict[str, Any]], Endings],
    ) -> None:
        super().__init__(bench)
        connection = sqlite3.connect(
            bench.folder / "checkpoints.db", check_same_thread=False, timeout=30
        )
        tools = [tool(function) for function in bench.tools]
        self.graph = build(self.gate, tools, self.gate.saver(SqliteSaver(connection)))
        self.awaited = build(self.gate, tools, self.gate.saver(InMemorySaver()))
        self.given, self.read = given, read

    def deliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Run the graph on a new message."""
        self.graph.invoke(self.given(turn, calls), config(thread))
        return self.read(self.graph.get_state(config(thread)).values)

    async def adeliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Do so, awaiting."""
        await self.awaited.ainvoke(self.given(turn, calls), config(thread))
        return self.read((await self.awaited.aget_state(config(thread))).values)

    def go_on(self, thread: str) -> Endings:
        """Ring wherever the thread waits, a few times."""
        for _ in range(4):
            state = self.graph.get_state(config(thread))
            if not state.interrupts:
                break
            bells = dict.fromkeys([i.id for i in state.interrupts], BELL)
            self.graph.invoke(Command(resume=bells), config(thread))
        return self.read(self.graph.get_state(config(thread)).values)


def config(thread: str) -> dict[str, Any]:
    """Make a run's configuration."""
    return {"configurable": {"thread_id": thread}}


class Messages(TypedDict):
    """State of an agent's graph."""

    messages: Annotated[list[AnyMessage], add_messages]


def message(turn: str, calls: Calls) -> dict[str, Any]:
    """Make the message of a model."""
    return {"messages": [AIMessage("", id=turn, tool_calls=[dict(call) for call in calls])]}


def told(state: dict[str, Any]) -> Endings:
    """Read how the calls of the last message of the model ended."""
    made = [m for m in state["messages"] if isinstance(m, AIMessage)][-1]
    answers = {m.tool_call_id: m for m in state["messages"] if isinstance(m, ToolMessage)}
    return {
        call["id"]: answers[call["id"]].artifact["interlock"]["outcome"]
        if call["id"] in answers
        else "waiting"
        for call in made.tool_calls
    }


def listed(gate: Gate, tools: list[Any], saver: Any) -> Any:
    """Build a graph whose tool node gets the list of messages."""
    node = gate.tool_node(tools, agent="bot")
    graph = StateGraph(Messages).add_node("tools", node).add_edge(START, "tools")
    return graph.compile(checkpointer=saver)


def sent(gate: Gate, tools: list[Any], saver: Any) -> Any:
    """Build a graph that sends each call to a task of its own."""

    def fan_out(state: Messages) -> list[Send]:
        made = [m for m in state["messages"] if isinstance(m, AIMessage)][-1]
        return [Send("tools", [call]) for call in made.tool_calls]

    graph = StateGraph(Messages).add_node("tools", gate.tool_node(tools, agent="bot"))
    graph.add_node("model", lambda _: {}).add_edge(START, "model")
    return graph.add_conditional_edges("model", fan_out, ["tools"]).compile(checkpointer=saver)


class GateCalls(TypedDict, total=False):
    """State of a graph around the gate."""

    turn: str
    calls: list[dict[str, Any]]
    message: Annotated[list[dict[str, Any]], lambda old, new: [*old, new]]


def around(gate: Gate, tools: list[Any], saver: Any) -> Any:
    """Build a graph that sends each call to the gate's own graph."""

    def fan_out(state: GateCalls) -> list[Send]:
        calls, turn = state["calls"], state["turn"]
        one = {"siblings": calls, "turn": turn, "agent": "bot"}
        return [Send("gate", {**one, "call": call}) for call in calls]

    graph = StateGraph(GateCalls).add_node("gate", gate.graph(tools))
    graph.add_node("model", lambda _: {}).add_edge(START, "model")
    return graph.add_conditional_edges("model", fan_out, ["gate"]).compile(checkpointer=saver)


def given_calls(turn: str, calls: Calls) -> dict[str, Any]:
    """Make the input of a graph around the gate."""
    return {"turn": turn, "calls": [dict(call) for call in calls]}


def told_calls(state: dict[str, Any]) -> Endings:
    """Read how the calls ended."""
    outcomes = {
        m["tool_call_id"]: m["artifact"]["interlock"]["outcome"] for m in state.get("message", [])
    }
    return {call["id"]: outcomes.get(call["id"], "waiting") for call in state["calls"]}


class PlainHost(Hosted):
    """A host without any framework: the conductor's two edges."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        self.tools = {function.__name__: function for function in bench.tools}
        self.turns: dict[str, Turn] = {}

    def turn(self, thread: str, turn: str, calls: Calls) -> Turn:
        """Make a turn."""
        intents = tuple(Intent(call["name"], call["args"], call["id"]) for call in calls)
        made = Turn(Context(Agent("bot")), "plain", thread, "", turn, intents)
        self.turns[thread] = made
        return made

    def deliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Propose all, then perform each."""
        return self.perform(self.turn(thread, turn, calls))

    def perform(self, turn: Turn) -> Endings:
        """Perform a turn's calls in order, the held ones again at the end."""

        def invoke(name: str, args: dict[str, Any]) -> Done:
            return Done(self.tools[name](**args))

        conductor = self.gate.conductor
        for _ in range(2):
            ends = [
                perform(conductor, call_id, lambda ready: run(ready, invoke))
                for call_id in conductor.propose(turn)
            ]
        return endings(turn, ends)

    async def adeliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        """Do so, awaiting."""
        made = self.turn(thread, turn, calls)

        async def invoke(name: str, args: dict[str, Any]) -> Done:
            return Done(await self.tools[name](**args))

        conductor = self.gate.conductor
        call_ids = await asyncio.to_thread(conductor.propose, made)
        ends = [
            await aperform(conductor, call_id, lambda ready: arun(ready, invoke))
            for call_id in call_ids
        ]
        return endings(made, ends)

    def go_on(self, thread: str) -> Endings:
        """Perform the thread's turn again."""
        calls = self.gate.audit.calls(thread)
        turn = self.turns.get(thread)
        if turn is None:  # another process delivered it
            intents = tuple(
                Intent(c.proposal.tool, c.proposal.args, c.key.tool_call_id) for c in calls
            )
            turn = Turn(calls[0].proposal.context, "plain", thread, "", "m1", intents)
        return self.perform(turn)


def endings(turn: Turn, ends: list[Any]) -> Endings:
    """Say how each call of a turn ended."""
    return {
        intent.tool_call_id: end.answer.ending if isinstance(end, Answered) else "waiting"
        for intent, end in zip(turn.intents, ends, strict=True)
    }


def make_listed(bench: Bench) -> GraphHost:
    """Adapt the tool node that gets a list of messages."""
    return GraphHost(bench, listed, message, told)


def make_sent(bench: Bench) -> GraphHost:
    """Adapt the tool node that is sent calls one by one."""
    return GraphHost(bench, sent, message, told)


def make_graph(bench: Bench) -> GraphHost:
    """Adapt the gate's own graph."""
    return GraphHost(bench, around, given_calls, told_calls)


def make_plain(bench: Bench) -> PlainHost:
    """Adapt the conductor alone."""
    return PlainHost(bench)
