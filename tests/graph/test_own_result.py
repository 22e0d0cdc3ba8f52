"""Keep: a field is found by its name, whatever type of value a tool returns it in."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from threading import Event
from typing import Any

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool, tool
from pydantic import BaseModel

from interlock.graph.own_result import keeping, kept
from interlock.tools import run as runner

POLICY = """
version: v1
output: {internal_fields: ["**.notes"]}
rules: [{id: all, decision: allow}]
"""

TIMED = """
version: v1
tools: {look: {effect: read}}
rules:
  - {id: all, decision: allow_with_constraints, constraints: {max_runtime_sec: 0.2}}
"""


class Customer(BaseModel):
    """A model of the application."""

    name: str
    notes: str


@dataclass
class Account:
    """A dataclass that holds one."""

    owner: Customer
    opened: datetime


ANN = Customer(name="Ann", notes="FRAUD")
RESULTS = [
    {"notes": "FRAUD", "at": datetime(2026, 1, 1, tzinfo=UTC)},
    [{"notes": "FRAUD", "amount": Decimal("1.5")}],
    ANN,
    [ANN],
    Account(ANN, datetime(2026, 1, 1, tzinfo=UTC)),
    '\ufeff{"notes": "FRAUD"}',
    '{"notes": "FRAUD"}\n{"notes": "FRAUD"}',
]


class Own(BaseTool):
    """A tool with a method of its own, which counts."""

    name: str = "own"
    description: str = "Look."
    runs: int = 0

    def _run(self, x: int = 0) -> Any:
        self.runs += 1
        return {"notes": "FRAUD", "at": Decimal(x)}


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_an_internal_field_is_found_in_every_type(open_rig: Any, result: Any) -> None:
    """Whatever a tool returns its members in, an internal one is not delivered."""
    rig = open_rig(POLICY)

    @tool
    def look() -> Any:
        """Look."""
        return result

    answer = rig.answers(rig.listed(tools=[look]).invoke(rig.turn(("look", {})), rig.thread()))

    assert "FRAUD" not in str(answer["c0"])
    assert answer["c0"].artifact["interlock"]["outcome"] == "redacted"


async def test_awaited_and_own_methods_too(open_rig: Any) -> None:
    """A coroutine and a class of its own are read alike; the tool that runs is the given one."""
    rig, own = open_rig(POLICY), Own()

    @tool
    async def look() -> Any:
        """Look."""
        return ANN

    graph = rig.listed(tools=[look, own])
    result = await graph.ainvoke(rig.turn(("look", {}), ("own", {"x": 2})), rig.thread())
    graph.invoke(rig.turn(("own", {}), id="m2"), rig.thread("other"))

    assert [json.loads(one.content) for one in rig.answers(result).values()] == [
        {"name": "Ann"},
        {"at": "2"},
    ]
    assert own.runs == 2


def test_messages_and_pairs_stay_what_they_are() -> None:
    """What LangChain reads itself is left to it; an artifact is read at once and goes beside it."""
    message = ToolMessage("a", tool_call_id="c0")
    pair = StructuredTool.from_function(
        func=lambda: (ANN, ANN),
        name="pair",
        description="d",
        response_format="content_and_artifact",
    )
    call = {"name": "pair", "args": {}, "id": "c0", "type": "tool_call"}

    assert kept(message) is message
    assert kept([message]) == [message]
    assert kept(object) == str(object)
    answered = keeping(pair, runner).invoke(call)
    assert json.loads(answered.content) == {"name": "Ann", "notes": "FRAUD"}
    assert answered.artifact == {"name": "Ann", "notes": "FRAUD"}


class Waits:
    """A value that takes for ever to write."""

    def __init__(self) -> None:
        self.asked, self.done = Event(), Event()

    def __str__(self) -> str:
        self.asked.set()
        self.done.wait(8)
        return "late"


@pytest.mark.parametrize("mode", ["sync", "async"])
async def test_reading_a_result_counts_to_the_time_of_its_run(
    open_rig: Callable[..., Any], mode: str
) -> None:
    """A value that never ends being written is given up like a tool that never ends."""
    rig, value = open_rig(TIMED), Waits()
    tool = StructuredTool.from_function(lambda: value, name="look", description="d")
    graph = rig.listed(tools=[tool])

    turn = rig.turn(("look", {}))
    result = await (
        graph.ainvoke(turn, rig.thread())
        if mode == "async"
        else asyncio.to_thread(graph.invoke, turn, rig.thread())
    )

    assert value.asked.is_set()
    assert not value.done.is_set()
    assert "longer than 0.2 s" in rig.answers(result)["c0"].content
    value.done.set()
