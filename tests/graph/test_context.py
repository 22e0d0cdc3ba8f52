"""Read: for whom a turn is proposed, whoever says it."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from interlock.errors import InterlockError
from interlock.graph.context import make_context, read_agent, read_context
from interlock.graph.task import Task, read_task
from interlock.path.proposal import Agent, Context, Link


def task(**conf: Any) -> Task:
    return read_task({"configurable": {"thread_id": "t", "checkpoint_ns": "tools:1", **conf}})


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
