"""Take in: which calls a task is given, who makes them, and for whom."""

from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from interlock.errors import InterlockError
from interlock.graph.task import Task, read_task
from interlock.graph.turns import (
    call_id,
    last_ai_message,
    messages_in,
    read_delivery,
    read_intent,
    read_turn,
)
from interlock.path.proposal import Agent, Context
from interlock.tools.schema import misfit


@tool
def look(x: int = 0) -> str:
    """Look."""
    return ""


def call(id: str | None = "c0", name: str = "look", **args: Any) -> dict[str, Any]:  # noqa: A002
    return {"name": name, "args": args, "id": id, "type": "tool_call"}


def task(**conf: Any) -> Task:
    return read_task({"configurable": {"thread_id": "t", "checkpoint_ns": "tools:1", **conf}})


def turn_of(given: Any) -> tuple[Any, list[int]]:
    """Read a delivery to a node with the one tool `look`."""
    return read_turn(
        read_delivery(given, task()), task(), {"look": look}, Context(Agent("b")), "h", misfit
    )


MESSAGE = AIMessage("", id="m1", tool_calls=[call("c0", x=1), call("c1", x=2)])


class TestForms:
    @pytest.mark.parametrize(
        "given",
        [
            {"messages": [MESSAGE]},
            [MESSAGE],
            SimpleNamespace(messages=[HumanMessage("hi"), MESSAGE]),
            {"messages": [AIMessage("", id="m0", tool_calls=[call("old")]), MESSAGE]},
        ],
    )
    def test_a_state_with_messages_delivers_the_last_turn(self, given: Any) -> None:
        """The calls of the last message of the model are delivered, all of them."""
        turn, places = turn_of(given)

        assert [intent.tool_call_id for intent in turn.intents] == ["c0", "c1"]
        assert (turn.turn_id, turn.thread_id, turn.checkpoint_ns, places) == ("m1", "t", "", [0, 1])

    def test_a_sent_call_finds_its_siblings(self) -> None:
        """A call that is sent with the state belongs to the turn that made it."""
        sent = {
            "__type": "tool_call_with_context",
            "tool_call": call("c1", x=2),
            "state": {"messages": [MESSAGE]},
        }
        turn, places = turn_of(sent)

        assert [intent.tool_call_id for intent in turn.intents] == ["c0", "c1"]
        assert (turn.turn_id, places) == ("m1", [1])

    def test_a_sent_call_without_a_message_is_a_turn_of_its_task(self) -> None:
        """Where nobody knows the message, the task stands for the turn; a re-run is the same."""
        turn, places = turn_of([call("c0", x=1)])

        assert (turn.turn_id, places, len(turn.intents)) == ("tools:1", [0], 1)

    def test_a_sent_call_that_was_changed_is_what_counts(self) -> None:
        """What is delivered is proposed, not what the message says."""
        sent = {
            "__type": "tool_call_with_context",
            "tool_call": call("c1", x=99),
            "state": {"messages": [MESSAGE]},
        }
        turn, _ = turn_of(sent)

        assert [dict(intent.args) for intent in turn.intents] == [{"x": 1}, {"x": 99}]

    def test_one_id_twice_in_a_turn_is_two_places(self) -> None:
        """Two calls under one id are both delivered; the ledger says which one counts."""
        twins = AIMessage("", id="m1", tool_calls=[call("c0", x=1), call("c0", x=2)])
        turn, places = turn_of([twins])
        assert ([dict(i.args) for i in turn.intents], places) == ([{"x": 1}, {"x": 2}], [0, 1])

        sent = {
            "__type": "tool_call_with_context",
            "tool_call": call("c0", x=2),
            "state": {"messages": [twins]},
        }
        turn, places = turn_of(sent)
        assert ([dict(i.args) for i in turn.intents], places) == ([{"x": 1}, {"x": 2}], [1])

    def test_a_sibling_of_another_node_is_left_to_it(self) -> None:
        """A sibling whose tool is not here is not judged here; an own call is, as unknown."""
        mixed = AIMessage("", id="m1", tool_calls=[call("c0"), call("c1", name="elsewhere")])
        sent = {
            "__type": "tool_call_with_context",
            "tool_call": call("c0"),
            "state": {"messages": [mixed]},
        }
        turn, _ = turn_of(sent)
        assert [intent.tool for intent in turn.intents] == ["look"]

        turn, _ = turn_of([mixed])
        assert "no tool `elsewhere`" in str(turn.intents[1].invalid)

    def test_no_message_is_an_error(self) -> None:
        """A node that was reached without a message of the model says so."""
        for nothing in ([], {"messages": []}, {}, {"messages": [HumanMessage("x")]}):
            with pytest.raises(InterlockError, match="no AIMessage"):
                read_delivery(nothing, task())

    def test_messages_are_found_in_any_state(self) -> None:
        """Dicts, lists and objects hold messages; a message of a call is found by its id."""
        assert messages_in({"chat": [1]}, "chat") == messages_in([1], "chat") == [1]
        assert messages_in(None, "chat") == []
        assert last_ai_message([MESSAGE, ToolMessage("", tool_call_id="c0")], "c0") is MESSAGE
        assert last_ai_message([MESSAGE], "other") is None


class TestIntents:
    def test_a_call_carries_its_schema_and_no_complaint(self) -> None:
        """An intent that fits says what the model was shown."""
        intent = read_intent(call(x=1), {"look": look}, misfit)

        assert intent.invalid is None
        assert "x" in (intent.tool_schema or {})["properties"]

    @pytest.mark.parametrize("args", [None, "x", [1], 7])
    def test_arguments_that_are_no_object_are_invalid(self, args: Any) -> None:
        """Arguments must be a JSON object."""
        intent = read_intent({**call(), "args": args}, {"look": look}, misfit)

        assert intent.invalid == "the arguments are no JSON object"

    def test_a_call_without_an_id_has_a_place(self) -> None:
        """A missing id is replaced by the call's place, so that calls stay apart."""
        assert [call_id(call(None), 0), call_id(call(None), 1)] == ["call-0", "call-1"]


class TestSaid:
    def test_what_is_said_of_a_call_goes_with_it(self) -> None:
        """The model's sureness is read beside its calls, and is no part of their arguments."""
        samples = [[call("x", x=2)], [call("x", x=2), call("y", x=1)]]
        message = AIMessage(
            "",
            id="m1",
            tool_calls=MESSAGE.tool_calls,
            additional_kwargs={"interlock_samples": samples},
        )
        turn, _ = turn_of([message])

        assert [one.said["agreement"].said_0_1 for one in turn.intents] == [0.5, 1.0]
        assert [dict(one.args) for one in turn.intents] == [{"x": 1}, {"x": 2}]
