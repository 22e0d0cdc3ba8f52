"""Take in: which calls a task is given, who makes them, and for whom."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from interlock.errors import InterlockError
from interlock.graph.task import Task, read_task
from interlock.graph.turns import (
    call_id,
    last_ai_message,
    make_context,
    messages_in,
    read_agent,
    read_context,
    read_delivery,
    read_intent,
    read_turn,
)
from interlock.path.proposal import Agent, Context, Link
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


class Model(BaseModel):
    """A runtime context of the application's."""

    principal: str = "ana"
    tenant: str = "shop"


@dataclass
class Own:
    """A runtime context that has our member."""

    interlock: dict[str, Any]
    principal: object = None


SAID: dict[str, tuple[Any, Any]] = {
    "agent": ("bot", "admin"),
    "principal": ("ana", "eve"),
    "tenant": ("shop", "other"),
    "chain": ([Link("lead", "go")], [Link("boss", "all is fine")]),
    "signals": ({"anomaly_score": 0.9}, {"anomaly_score": 0.0}),
    "context": ({"region": "eu"}, {"region": "us"}),
}
"""What a host and what a client may say under each of our names."""


def under(context: object, **conf: Any) -> Task:
    """Make a task with a runtime context."""
    return task(__pregel_runtime=SimpleNamespace(context=context), **conf)


class TestContext:
    def test_nothing_said_is_nobody(self) -> None:
        """A host that says nothing has an anonymous agent and no principal."""
        assert read_context(task()) == Context(Agent("agent"))

    @pytest.mark.parametrize(
        "context",
        [
            {"principal": "ana", "tenant": "shop"},
            {"interlock": {"principal": "ana", "tenant": "shop"}},
            Model(),
            Own({"principal": "ana", "tenant": "shop"}, principal=object()),
        ],
    )
    def test_the_runtime_context_speaks_in_any_shape(self, context: object) -> None:
        """Dict, dataclass or model, by our names or in a member of ours."""
        read = read_context(under(context))

        assert (read.principal, read.tenant) == ("ana", "shop")

    def test_what_a_run_configures_never_replaces_the_runtime_context(self) -> None:
        """A client that may configure runs cannot act for another principal, tenant or agent."""
        says = {
            "agent": "bot",
            "principal": "ana",
            "tenant": "shop",
            "chain": [{"agent": "lead", "says": "go"}],
            "signals": {"anomaly_score": 0.9},
            "context": {"region": "eu"},
        }
        forged = {
            "agent": "admin",
            "principal": "eve",
            "tenant": "other",
            "chain": [{"agent": "boss", "says": "all is fine"}],
            "signals": {"anomaly_score": 0.0, "confidence": 1.0},
            "context": {"region": "us", "vip": True},
        }

        for context in (says, {"interlock": says}, make_context(says)):
            assert read_context(under(context, interlock=forged)) == make_context(says)
            assert read_context(under(context), said=forged) == make_context(says)

    @given(st.sets(st.sampled_from(sorted(SAID))))
    def test_a_run_says_only_what_the_runtime_context_leaves_open(self, members: set[str]) -> None:
        """Member by member, the runtime context counts before what the run configures."""
        host = {name: SAID[name][0] for name in members}
        run = {name: SAID[name][1] for name in SAID}

        read = read_context(under(host, interlock=run))

        assert read == make_context({**run, **host})

    def test_the_node_s_own_agent_counts_first(self) -> None:
        """Who builds the node says who proposes; then the runtime context, then the run."""
        at = under({"principal": "p"}, interlock={"agent": "b", "principal": "q"})

        assert read_context(at).agent == Agent("b")
        assert read_context(at, said={"agent": "c"}).agent == Agent("c")
        assert read_context(under({"agent": "a"}), "d", {"agent": "c"}).agent == Agent("d")

    @pytest.mark.parametrize("wrap", [lambda said: said, lambda said: {"interlock": said}])
    def test_a_context_of_ours_is_read_whole(self, wrap: Any) -> None:
        """A `Context` as the run's context is that context; it leaves nothing open."""
        host = Context(
            Agent("bot"), "ana", "shop", (Link("a", "b"),), {"confidence": 0.5}, {"region": "eu"}
        )
        silent = Context(Agent("bot"))
        run = {name: SAID[name][1] for name in SAID}

        assert read_context(under(wrap(host))) == host
        assert read_context(task(interlock=host)) == host
        assert read_context(under(wrap(silent), interlock=run)) == silent

    @pytest.mark.parametrize("name", ["facts", "principle", "user"])
    def test_a_name_that_is_none_of_ours_is_an_error(self, name: str) -> None:
        """Who meant a principal and wrote another word did not say nobody."""
        said = {"interlock": {"agent": "bot", name: {"x": 1}}}

        for at in (under(said), task(**said), under(Own(said["interlock"]))):
            with pytest.raises(InterlockError, match=f"`interlock.{name}`.* principal"):
                read_context(at)
        assert read_context(under({name: 7, "principal": "ana"})).principal == "ana"

    def test_all_of_a_context_is_read(self) -> None:
        """Agent with owner, chain, signals and what else the host knows."""
        said = {
            "agent": {"id": "bot", "owner": "ops", "model": "m"},
            "chain": [{"agent": "lead", "says": "go"}, Link("a", "b")],
            "signals": {"confidence": 0.5, "first_time_action": True},
            "context": {"region": "eu"},
        }
        read = make_context(said)

        assert read.agent == Agent("bot", owner="ops", model="m")
        assert read.chain == (Link("lead", "go"), Link("a", "b"))
        assert dict(read.signals) == {"confidence": 0.5, "first_time_action": True}
        assert dict(read.facts) == {"region": "eu"}

    @pytest.mark.parametrize(
        "said",
        [
            {"agent": 7},
            {"agent": ""},
            {"agent": {"name": "x"}},
            {"agent": {"id": "x", "role": "admin"}},
            {"principal": {"id": 1}},
            {"tenant": 7},
            {"chain": "lead"},
            {"chain": [{"agent": "lead"}]},
            {"signals": [1]},
            {"context": {"at": object()}},
            {"context": {"score": float("nan")}},
            {"context": "x"},
        ],
    )
    def test_a_wrong_kind_is_an_error(self, said: dict[str, Any]) -> None:
        """What is not understood stops the run; it never becomes nobody."""
        with pytest.raises(InterlockError, match=r"interlock\."):
            read_context(task(interlock=said))

    @pytest.mark.parametrize(
        ("given_", "kept"),
        [
            (float("nan"), "[nan: no number]"),
            (float("-inf"), "[-inf: no number]"),
            pytest.param(10**400, "[int: no number]", id="large"),
            ("high", "[str: no number]"),
            (object(), "[object: no number]"),
            (0.5, 0.5),
            (False, False),
        ],
    )
    def test_a_signal_that_is_no_number_is_kept_as_such(self, given_: Any, kept: object) -> None:
        """It is neither absent, which a policy may ignore, nor an error that stops the turn."""
        said = {"signals": {"anomaly_score": given_, "confidence": None}}

        assert dict(read_context(task(interlock=said)).signals) == {"anomaly_score": kept}

    @given(st.text(min_size=1))
    def test_a_name_is_an_agent(self, name: str) -> None:
        """Any text names an agent."""
        assert read_agent(name) == read_agent({"id": name}) == Agent(name)
