"""Read: what a node is told of its task, and what it must not take for more."""

import getpass
from types import SimpleNamespace
from typing import Any

import pytest
from langgraph.func import task
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from interlock.graph.task import (
    answer_is_fresh,
    for_tool,
    is_resumed,
    read_state,
    read_task,
    reviewer_of,
    saver_of,
)


def config(**conf: Any) -> Any:
    """Make a configuration."""
    return {"configurable": conf}


class TestIdentity:
    def test_a_task_stands_in_its_graph(self) -> None:
        """The last segment of the namespace is the task's own, the rest is its graph's."""
        read = read_task(config(thread_id="t", checkpoint_ns="agent:1|tools:2"))

        assert (read.thread_id, read.namespace, read.id) == ("t", "agent:1", "tools:2")
        assert read.key == "t|agent:1|tools:2"

    def test_without_a_thread_every_task_stands_alone(self) -> None:
        """Two runs without a thread never share an identity."""
        first = read_task(config(checkpoint_ns="tools:1"))
        second = read_task(config(checkpoint_ns="tools:2"))

        assert first.thread_id != second.thread_id

    def test_a_numeric_thread_is_the_thread_of_that_name(self) -> None:
        """LangGraph takes any value for a thread; its text names it."""
        assert read_task(config(thread_id=7)).thread_id == "7"

    def test_a_bare_configuration_is_no_error(self) -> None:
        """Outside a graph there is no saver, no state and no resume."""
        assert saver_of({}) is None
        assert read_state({}) == {}
        assert not is_resumed({})


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("ana", "ana"),
        ({"identity": "ana"}, "ana"),
        (SimpleNamespace(identity="ana"), "ana"),
        ({"id": "u1", "name": "Ana"}, "u1"),
        (None, f"local:{getpass.getuser()}"),
        ({"identity": "ana", "is_authenticated": True}, "ana"),
        ({"identity": None, "email": "a@b.org"}, "a@b.org"),
    ],
)
def test_who_resumes_is_the_runs_user(user: object, expected: str) -> None:
    """The authenticated user of the run, else the login name; never a payload."""
    assert reviewer_of(config(langgraph_auth_user=user)) == expected


@pytest.mark.parametrize(
    "user",
    [
        "",
        "  ",
        7,
        ["eve"],
        {},
        {"identity": ""},
        {"identity": "  "},
        {"identity": 5},
        {"identity": ["eve"]},
        {"identity": 5, "email": "eve@x.org"},
        {"identity": "eve", "is_authenticated": False},
        {"identity": "eve", "is_authenticated": "no"},
        {"identity": "interlock"},
        {"identity": "policy:timeout"},
        SimpleNamespace(identity="eve", is_authenticated=False),
    ],
)
def test_a_user_who_cannot_be_read_is_nobody(rig: Any, user: object) -> None:
    """A user of the run who is there but names nobody never becomes the host's own login."""
    graph = rig.listed()
    graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())

    again = graph.invoke(Command(resume="approve"), rig.thread(langgraph_auth_user=user))

    (case,) = rig.gate.inbox.pending()
    assert rig.ran == []
    assert rig.gate.inbox.show(case.id).votes == ()
    assert "reviewer" in rig.asked(again)[0]["interlock"]["error"]


class TestFreshness:
    """Whether an answer is of this run is seen in a real graph that asks twice."""

    def ask(self, rig: Any, *commands: Any) -> list[list[bool]]:
        """Ask two questions in one task; return what each run saw as fresh."""
        seen: list[list[bool]] = []

        def node(_: dict[str, Any]) -> dict[str, Any]:
            seen.append([])
            for index in range(2):
                fresh = answer_is_fresh(index)
                interrupt(index)
                seen[-1].append(fresh)
            return {"done": True}

        graph = StateGraph(dict).add_node("node", node).add_edge(START, "node")
        compiled = graph.compile(checkpointer=rig.saver())
        compiled.invoke({}, rig.thread())
        for command in commands:
            state = compiled.get_state(rig.thread())
            ids = [one.id for one in state.interrupts]
            compiled.invoke(command(ids), rig.thread())
        return seen[1:]

    def test_an_answer_is_fresh_once(self, rig: Any) -> None:
        """An answer is of the run that brings it; in the next run of the task it is old."""
        by_id = lambda ids: Command(resume={ids[0]: "yes"})  # noqa: E731
        plain = lambda _: Command(resume="yes")  # noqa: E731

        assert self.ask(rig, by_id, by_id) == [[True], [False, True]]
        assert self.ask(rig, plain, plain) == [[True], [False, True]]

    def test_an_old_answer_sent_again_is_not_fresh(self, rig: Any) -> None:
        """LangGraph hands a stale answer to the next question; it is not counted as its answer."""
        kept: list[str] = []

        def first(ids: list[str]) -> Command[Any]:
            kept.append(ids[0])
            return Command(resume={ids[0]: "yes"})

        def stale(_: list[str]) -> Command[Any]:
            return Command(resume={kept[0]: "yes"})

        assert self.ask(rig, first, stale) == [[True], [False, False]]


class TestForTool:
    def test_it_keeps_what_a_tool_may_have(self) -> None:
        """Thread, tags and the application's own settings stay."""
        given = {**config(thread_id="t", mine=1), "tags": ["a"], "callbacks": [object()]}
        kept = for_tool(given)

        assert kept["configurable"] == {"thread_id": "t", "mine": 1}
        assert kept["tags"] == ["a"]
        assert given["callbacks"] != kept["callbacks"]

    def test_a_langgraph_task_in_a_tool_is_refused(self, rig: Any) -> None:
        """A task's result would be kept in the checkpoint before it is inspected."""
        from langchain_core.tools import tool

        @task
        def effect() -> str:
            return "raw"

        @tool
        def look() -> str:
            """Run a task."""
            return effect().result()

        result = rig.listed(tools=[look]).invoke(rig.turn(("look", {})), rig.thread())

        assert rig.outcomes(result) == {"c0": "failed"}
        assert "LangGraph task" in rig.answers(result)["c0"].content
