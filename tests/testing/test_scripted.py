"""A scripted chat model: deterministic, stateless, and a chat model like any other."""

from collections.abc import Sequence
from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    ToolMessage,
)
from langchain_core.tools import tool

from interlock.errors import InterlockError
from interlock.testing.scripted import ScriptedCall, ScriptedChatModel, ScriptedTurn

ASKS = ScriptedTurn(
    text="Let me look.",
    calls=(
        ScriptedCall(id="c1", tool="orders.get", args={"order_id": "ord_1001"}),
        ScriptedCall(
            id="c2", tool="refund.issue", args={"amount": 12}, confidence=0.4, why="guess"
        ),
    ),
)
ENDS = ScriptedTurn(text="Done, and\n that is all.")
HELLO = HumanMessage("hello")

texts = st.text(st.characters(codec="utf-8"), max_size=30)
calls = st.builds(
    ScriptedCall,
    id=st.text("abc1", min_size=1, max_size=5),
    tool=st.sampled_from(["orders.get", "refund.issue"]),
    args=st.dictionaries(
        st.text("xyz", min_size=1, max_size=3), texts | st.integers(-9, 9), max_size=3
    ),
    confidence=st.none() | st.floats(0, 1),
    why=texts,
)
turns = st.builds(ScriptedTurn, text=texts, calls=st.lists(calls, max_size=3).map(tuple))


def answers(message: AIMessage) -> list[BaseMessage]:
    return [ToolMessage("ok", tool_call_id=call["id"]) for call in message.tool_calls]


def conversation(script: Sequence[ScriptedTurn], played: int) -> list[BaseMessage]:
    messages: list[BaseMessage] = [HELLO]
    for turn in script[:played]:
        messages += [turn.message, *answers(turn.message)]
    return messages


class TestLaws:
    @given(st.lists(turns, min_size=1, max_size=4), st.data())
    def test_the_turn_is_the_number_of_ai_messages(
        self, script: list[ScriptedTurn], data: st.DataObject
    ) -> None:
        """A fresh model goes on with any conversation where another one stopped."""
        played = data.draw(st.integers(0, len(script) - 1))

        said = ScriptedChatModel(turns=tuple(script)).invoke(conversation(script, played))

        assert said.text == script[played].text
        assert said.tool_calls == script[played].message.tool_calls

    @given(turns)
    def test_a_streamed_turn_adds_up_to_the_turn(self, turn: ScriptedTurn) -> None:
        """The chunks of a turn join to the text and the calls of the whole message."""
        chunks = list(ScriptedChatModel(turns=(turn,)).stream([HELLO]))

        whole = reduce(add, chunks)

        assert isinstance(whole, AIMessageChunk)
        assert whole.text == turn.text
        assert [(c["id"], c["name"], c["args"]) for c in whole.tool_calls] == [
            (c["id"], c["name"], c["args"]) for c in turn.message.tool_calls
        ]


def test_calls_carry_the_claim_in_the_reserved_argument() -> None:
    """A confidence goes where agents declare it; a call without one has no such argument."""
    said = ScriptedChatModel(turns=(ASKS,)).invoke([HELLO])

    assert [call["args"] for call in said.tool_calls] == [
        {"order_id": "ord_1001"},
        {"amount": 12, "_interlock": {"confidence": 0.4, "why": "guess"}},
    ]


def test_the_script_is_chosen_by_the_first_human_message() -> None:
    """One model plays many conversations; one it does not know gets its plain turns."""
    model = ScriptedChatModel(turns=(ENDS,), scripts={"hello": (ASKS,)})

    assert model.invoke([HELLO]).text == "Let me look."
    assert model.invoke([HumanMessage("good evening"), HELLO]).text == "Done, and\n that is all."


def test_a_script_that_is_over_is_an_error() -> None:
    """The model makes nothing up when the conversation is longer than its script."""
    model = ScriptedChatModel(turns=(ENDS,))

    with pytest.raises(InterlockError, match="has 1 turns and the conversation wants turn 2"):
        model.invoke([HELLO, ENDS.message])


def test_ids_are_fresh_unless_the_script_names_one() -> None:
    """Two plays of one turn are two messages; a script that wants the same id says so."""
    model = ScriptedChatModel(turns=(ASKS,))
    named = ScriptedChatModel(turns=(ScriptedTurn(text="x", id="msg-1"),))

    assert model.invoke([HELLO]).id != model.invoke([HELLO]).id
    assert named.invoke([HELLO]).id == "msg-1"


def test_tools_can_be_bound() -> None:
    """`bind_tools` takes what a provider takes and leaves the script as it is."""

    @tool("orders.get")
    def get_order(order_id: str) -> str:
        """Read an order."""
        return order_id

    bound = ScriptedChatModel(turns=(ASKS,)).bind_tools(
        [get_order, {"name": "x", "parameters": {}}]
    )

    assert bound.invoke([HELLO]).text == "Let me look."


async def test_async_says_the_same() -> None:
    """`ainvoke` and `astream` play the same turn as `invoke`."""
    model = ScriptedChatModel(turns=(ASKS,))

    said = await model.ainvoke([HELLO])
    streamed = [chunk async for chunk in model.astream([HELLO])]

    assert said.tool_calls == model.invoke([HELLO]).tool_calls
    assert reduce(add, streamed).text == said.text
