"""Be the gate: one call in, one answer out."""

from typing import Any, TypedDict

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command

from interlock.errors import SaverError
from interlock.graph.serializer import is_permissive


def call(name: str, id: str = "c0", **args: Any) -> dict[str, Any]:  # noqa: A002
    """Make the input for one call."""
    return {"call": {"name": name, "args": args, "id": id}, "agent": "bot", "turn": "m1"}


@pytest.fixture
def gate(rig: Any) -> Any:
    """Give the gate as a graph on a saver in memory."""
    return rig.gate.graph(rig.tools, checkpointer=InMemorySaver())


def test_the_nodes_stand_in_path_order(gate: Any) -> None:
    """The graph reads as the path does: intercept, review, execute, release."""
    assert list(gate.get_graph().nodes)[1:-1] == ["intercept", "review", "execute", "release"]


def test_an_allowed_call_is_answered(rig: Any, gate: Any) -> None:
    """What policy allows runs, and the answer comes typed and as a message."""
    result = gate.invoke(call("look", x=3), rig.thread())

    assert rig.ran == [("look", 3)]
    assert result["answer"]["ending"] == "released"
    message = ToolMessage(**result["message"])
    assert (message.content, message.tool_call_id, message.name) == ("look 3", "c0", "look")
    assert message.artifact["interlock"]["outcome"] == "released"
    assert set(result) == {"answer", "message"}


def test_a_denied_call_is_answered(rig: Any, gate: Any) -> None:
    """What policy denies does not run, and is answered."""
    result = gate.invoke(call("wipe"), rig.thread())

    assert result["answer"]["ending"] == "denied"
    assert rig.ran == []


def test_each_question_is_asked_in_a_node_run_of_its_own(rig: Any, gate: Any) -> None:
    """An answer that does nothing loops by edge: another task asks again, and says why."""
    (first,) = gate.invoke(call("wire", x=1), rig.thread())["__interrupt__"]
    (second,) = gate.invoke(Command(resume={"nonsense": 1}), rig.thread())["__interrupt__"]
    assert second.id != first.id
    assert "no `decisions`" in second.value["interlock"]["error"]

    rig.gate.inbox.approve(second.value["interlock"]["request_id"], by="ana", reason="ok")
    result = gate.invoke(Command(resume="approve"), rig.thread())

    assert result["answer"]["ending"] == "released"
    assert rig.ran == [("wire", 1)]


async def test_it_works_awaited(rig: Any, gate: Any) -> None:
    """The asynchronous edge asks, is resumed and answers."""
    paused = await gate.ainvoke(call("pay", x=1), rig.thread())
    assert len(rig.asked(paused)) == 1

    result = await gate.ainvoke(Command(resume=True), rig.thread())

    assert result["answer"]["content"] == "pay 1"
    assert rig.ran == [("pay", 1)]


def test_an_edited_call_runs_as_edited(rig: Any, gate: Any) -> None:
    """An edit by one and an approval by another run the new arguments, and the agent is told."""
    (question,) = rig.asked(gate.invoke(call("wire", x=500), rig.thread()))
    edited = rig.gate.inbox.edit(question["interlock"]["request_id"], args={"x": 5}, by="ana")
    rig.gate.inbox.approve(edited.id, by="ben", reason="fine")

    result = gate.invoke(Command(resume="approve"), rig.thread())

    assert rig.ran == [("wire", 5)]
    assert "changed the arguments" in result["message"]["content"]


def test_an_expired_question_is_answered(rig: Any, gate: Any, open_rig: Any) -> None:
    """A request that nobody answered in time is `expired`, never a human's no; nothing runs."""
    from interlock.clock import FrozenClock

    clock = FrozenClock()
    late = open_rig(clock=clock)
    graph = late.gate.graph(late.tools, checkpointer=InMemorySaver())
    graph.invoke(call("wire"), late.thread())
    clock.advance(14_401)

    result = graph.invoke(Command(resume="approve"), late.thread())

    assert result["answer"]["ending"] == "expired"
    assert late.ran == []


def test_the_same_call_again_has_no_second_effect(rig: Any, gate: Any) -> None:
    """A call of the same turn is a replay, in a new run too; of another turn it is not."""
    gate.invoke(call("write", x=1), rig.thread())
    gate.invoke(call("write", x=1), rig.thread())
    assert rig.ran == [("write", 1)]

    gate.invoke({**call("write", x=1), "turn": "m2"}, rig.thread())
    gate.invoke(call("write", x=1), rig.thread("other"))
    assert rig.ran == [("write", 1)] * 3


def test_without_a_turn_each_run_is_a_call_of_its_own(rig: Any, gate: Any) -> None:
    """A host that names no message means a new call each time."""
    one = {key: value for key, value in call("write", x=1).items() if key != "turn"}
    gate.invoke(one, rig.thread())
    gate.invoke(one, rig.thread())

    assert rig.ran == [("write", 1)] * 2


def test_who_acts_is_not_carried_over(rig: Any, gate: Any) -> None:
    """A run without a principal has none, whoever the thread's last run was for."""
    gate.invoke({**call("look"), "principal": "ana"}, rig.thread())
    gate.invoke({**call("wire"), "turn": "m2"}, rig.thread())

    (case,) = rig.gate.inbox.pending()
    assert case.principal == ""


def test_an_answer_is_not_taken_for_the_next_one(rig: Any, gate: Any) -> None:
    """While a thread's second call waits, the first call's answer is not in its result."""
    gate.invoke(call("look"), rig.thread())
    paused = gate.invoke({**call("wire"), "turn": "m2"}, rig.thread())

    assert "answer" not in paused
    assert "message" not in paused


def test_nothing_raw_is_in_the_state(rig: Any) -> None:
    """The state holds ids and the released answer; a redacted number is in none of its versions."""

    @tool
    def look() -> dict[str, str]:
        """Return a number that must not leave."""
        return {"ssn": "536-90-4399"}

    gate = rig.gate.graph([look], checkpointer=InMemorySaver())
    result = gate.invoke(call("look"), rig.thread())

    assert result["answer"]["content"] == {"ssn": "[REDACTED]"}
    assert "536-90-4399" not in str(list(gate.get_state_history(rig.thread())))


def test_the_saver_is_made_strict(rig: Any) -> None:
    """A saver that is given gets the strict serializer."""
    saver = InMemorySaver()
    rig.gate.graph(rig.tools, checkpointer=saver)

    assert not is_permissive(saver)


class Outer(TypedDict, total=False):
    """State of a graph around the gate."""

    call: dict[str, Any]
    agent: str
    turn: str
    message: dict[str, Any]


def outer(rig: Any, saver: Any) -> Any:
    """Make a graph with the gate as a node."""
    builder = StateGraph(Outer).add_node("gate", rig.gate.graph(rig.tools))
    return builder.add_edge(START, "gate").compile(checkpointer=saver)


def test_the_gate_is_a_node_of_another_graph(rig: Any) -> None:
    """As a subgraph it pauses and resumes on the outer graph's saver."""
    graph = outer(rig, rig.saver())
    assert len(rig.asked(graph.invoke(call("pay", x=1), rig.thread()))) == 1

    result = graph.invoke(Command(resume="approve"), rig.thread())

    assert result["message"]["content"] == "pay 1"
    assert rig.ran == [("pay", 1)]


def test_the_gate_as_a_node_refuses_a_permissive_saver(rig: Any) -> None:
    """The outer graph's saver is looked at when the gate runs."""
    with pytest.raises(SaverError):
        outer(rig, InMemorySaver()).invoke(call("look"), rig.thread())
    assert rig.ran == []


def test_the_gate_runs_without_a_saver(rig: Any) -> None:
    """An allowed call needs no saver."""
    result = rig.gate.graph(rig.tools).invoke(call("look"))

    assert result["answer"]["ending"] == "released"
