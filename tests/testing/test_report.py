"""What a play tells: read from messages, and compared with what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from interlock.testing.report import COUNTED, Report, asking, events, outcome, report, shortfalls
from interlock.testing.scenario import Expectation, Scenario
from interlock.testing.scripted import ScriptedTurn


def ended(call: str, ending: str, **more: Any) -> ToolMessage:
    typed = {"interlock": {"outcome": ending, **more}}
    return ToolMessage("x", tool_call_id=call, name="mail.send", artifact=typed)


def proposed(*calls: str) -> AIMessage:
    made = [{"name": "mail.send", "args": {"to": call}, "id": call} for call in calls]
    return AIMessage("", tool_calls=made)


CONVERSATION: list[BaseMessage] = [
    HumanMessage("hello"),
    proposed("a", "b", "c"),
    ended("a", "released", decision="allow"),
    ended("b", "rejected"),
    ended("c", "redacted", decision="require_approval"),
    AIMessage("bye"),
]


def expecting(**expect: Any) -> Scenario:
    return Scenario(
        name="one",
        title="",
        shows="",
        says="hello",
        turns=(ScriptedTurn(text="bye"),),
        expect=Expectation(**expect),
    )


def summed() -> Report:
    return report("one", "t-1", CONVERSATION, {"asked": 2, "approved": 1}, ())


def world(rows: Sequence[Mapping[str, Any]]) -> Any:
    return lambda _: rows


def test_a_conversation_is_summed_up() -> None:
    """Counts, endings by call, and whether anybody is still waited for."""
    told = summed()

    assert {name: count for name, count in told.counts.items() if count} == {
        "calls": 3,
        "allowed": 1,
        "asked": 2,
        "approved": 1,
        "rejected": 1,
        "redacted": 1,
    }
    assert tuple(told.counts) == COUNTED
    assert told.answers == {"a": "released", "b": "rejected", "c": "redacted"}
    assert told.finished
    assert not report("one", "t-1", [], {}, ["req_1"]).finished


def test_a_play_as_expected_falls_short_of_nothing() -> None:
    """Every count, answer, text and row that is as expected is passed over."""
    scenario = expecting(
        calls=3,
        allowed=1,
        asked=2,
        approved=1,
        rejected=1,
        redacted=1,
        answers={"b": "rejected"},
        unseen=("secret",),
        world=({"sql": "SELECT 1", "rows": ((1,),)},),
    )

    assert shortfalls(scenario, summed(), world([{"1": 1}])) == ()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"calls": 4}, "`calls` is 3, expected 4"),
        ({"denied": 1}, "`denied` is 0, expected 1"),
        ({"answers": {"a": "denied"}}, "call `a` ended `released`, expected `denied`"),
        ({"answers": {"z": "denied"}}, "call `z` ended `None`, expected `denied`"),
        ({"unseen": ("bye",)}, "`bye` was seen"),
        ({"unseen": ("mail.send",)}, "`mail.send` was seen"),
        (
            {"world": ({"sql": "SELECT 1", "rows": ((2,),)},)},
            "`SELECT 1` gives ((1,),), expected ((2,),)",
        ),
    ],
)
def test_what_is_not_as_expected_is_named(change: dict[str, Any], says: str) -> None:
    """One thing that differs is one line."""
    right = {"calls": 3, "allowed": 1, "asked": 2, "approved": 1, "rejected": 1, "redacted": 1}
    scenario = expecting(**{**right, **change})

    assert shortfalls(scenario, summed(), world([{"1": 1}])) == (says,)


def test_each_message_tells_what_happened() -> None:
    """Words are said, calls are proposed, answers end calls."""
    told = [event for message in CONVERSATION for event in events(message)]

    assert [(event.kind, event.call) for event in told] == [
        ("said", ""),
        *(("proposed", call) for call in "abc"),
        *(("ended", call) for call in "abc"),
        ("said", ""),
    ]
    assert [event.words for event in told if event.kind == "ended"] == [
        "released",
        "rejected",
        "redacted",
    ]


def test_a_question_tells_what_is_asked() -> None:
    """The event of a question carries the request, the tool, the reason and the payload."""
    ours = {"request_id": "req_1", "reason": "large"}
    payload = {"action_requests": [{"name": "mail.send", "args": {}}], "interlock": ours}

    assert asking(payload)[:4] == ("asked", "req_1", "mail.send", "large")


@pytest.mark.parametrize("artifact", [None, "text", {}, {"other": 1}])
def test_a_message_of_another_tool_node_has_no_outcome(artifact: object) -> None:
    """A tool message that did not come through the gate is no ending."""
    assert outcome(ToolMessage("x", tool_call_id="a", artifact=artifact)) == {}
