"""Stand in: the laws of the node in place of `ToolNode`."""

import asyncio
import json
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import (
    InjectedState,
    InjectedStore,
    ToolNode,
    ToolRuntime,
    tools_condition,
)
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command
from sqlalchemy import event

from interlock.errors import InterlockError, SaverError

from gate_rig import POLICY  # isort: skip

SHAPES = ["listed", "sent"]


@pytest.fixture(params=SHAPES)
def make(request: pytest.FixtureRequest, rig: Any) -> Callable[..., Any]:
    """Give the graph in both shapes: a list of messages, and calls sent one by one."""
    return getattr(rig, request.param)


class TestBothShapes:
    def test_what_policy_allows_runs_and_what_it_denies_does_not(
        self, rig: Any, make: Callable[..., Any]
    ) -> None:
        """Each call gets one typed answer; a denied one leaves no effect."""
        result = make().invoke(rig.turn(("look", {"x": 1}), ("wipe", {})), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "denied"}
        assert {name: m.status for name, m in rig.answers(result).items()} == {
            "c0": "success",
            "c1": "error",
        }
        assert rig.ran == [("look", 1)]

    def test_a_human_is_asked_and_the_ledger_decides(
        self, rig: Any, make: Callable[..., Any]
    ) -> None:
        """An approval in the ledger and any doorbell let the call run, once."""
        graph = make()
        (question,) = rig.asked(graph.invoke(rig.turn(("wire", {"x": 5})), rig.thread()))
        rig.gate.inbox.approve(question["interlock"]["request_id"], by="ana", reason="checked")

        result = graph.invoke(Command(resume={"interlock": {"doorbell": True}}), rig.thread())

        assert rig.outcomes(result) == {"c0": "released"}
        assert rig.answers(result)["c0"].content == "wire 5"
        assert rig.ran == [("wire", 5)]

    def test_what_policy_forces_reaches_the_tool_and_the_agent_is_told(
        self, open_rig: Callable[..., Any], make: Callable[..., Any]
    ) -> None:
        """The tool runs with the forced argument, and the agent's answer says with which."""
        forced = POLICY.replace(
            "match: {tools: [write]}, decision: allow}",
            "match: {tools: [write]}, decision: allow, constraints: {args: {x: 1}}}",
        )
        rig = open_rig(forced)
        graph = getattr(rig, make.__name__)()

        result = graph.invoke(rig.turn(("write", {"x": 9})), rig.thread())

        assert rig.ran == [("write", 1)]
        assert (
            'The policy changed the arguments of this call before it ran. It ran as: {"x":1}'
            in (str(rig.answers(result)["c0"].content))
        )

    def test_a_yes_in_the_payload_is_only_a_doorbell(
        self, rig: Any, make: Callable[..., Any]
    ) -> None:
        """Without an inline policy the question comes again and names the command."""
        graph = make()
        graph.invoke(rig.turn(("wire", {"x": 5})), rig.thread())

        (again,) = rig.asked(graph.invoke(Command(resume="approve"), rig.thread()))

        assert "interlock approve req_" in again["interlock"]["error"]
        assert rig.ran == []

    def test_an_inline_answer_counts_where_policy_says_so(
        self, rig: Any, make: Callable[..., Any]
    ) -> None:
        """With `review.inline` an answer is a vote of the run's user, kept in the ledger."""
        graph = make()
        graph.invoke(rig.turn(("pay", {"x": 5})), rig.thread())

        run = rig.thread(langgraph_auth_user={"identity": "ana"})
        result = graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), run)

        assert rig.ran == [("pay", 5)]
        call = rig.answers(result)["c0"].artifact["interlock"]["call_id"]
        (vote,) = rig.gate.inbox.show(call).votes
        assert (vote["by"], vote["auth"]) == ("ana", "inline")

    def test_an_inline_no_is_a_no(self, rig: Any, make: Callable[..., Any]) -> None:
        """A rejection is answered as one, with its reason, and nothing runs."""
        graph = make()
        graph.invoke(rig.turn(("pay", {"x": 5})), rig.thread())

        answer = {"type": "reject", "message": "too much"}
        result = graph.invoke(Command(resume=answer), rig.thread())

        assert rig.outcomes(result) == {"c0": "rejected"}
        assert "too much" in rig.answers(result)["c0"].content
        assert rig.ran == []

    def test_an_edit_is_decided_again(self, rig: Any, make: Callable[..., Any]) -> None:
        """Edited arguments are a new question; approved by another, they are what runs."""
        graph = make()
        (question,) = rig.asked(graph.invoke(rig.turn(("wire", {"x": 500})), rig.thread()))
        request = question["interlock"]["request_id"]
        edited = rig.gate.inbox.edit(request, args={"x": 5}, by="ana")

        (again,) = rig.asked(graph.invoke(Command(resume="approve"), rig.thread()))
        assert again["action_requests"][0]["args"] == {"x": 5}
        rig.gate.inbox.approve(edited.id, by="ben", reason="fine")
        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert rig.ran == [("wire", 5)]
        assert '{"x":5}' in rig.answers(result)["c0"].content

    def test_a_read_goes_on_while_an_effect_is_held(
        self, rig: Any, make: Callable[..., Any]
    ) -> None:
        """INVARIANT I18: beside a pending sibling, reads run and effects wait, then run."""
        graph = make()
        calls = rig.turn(("wire", {"x": 1}), ("look", {"x": 2}), ("write", {"x": 3}))
        graph.invoke(calls, rig.thread())
        assert rig.ran == [("look", 2)]

        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.approve(case.id, by="ana", reason="ok")
        state = graph.get_state(rig.thread())
        waiting = {i.value["interlock"]["request_id"]: i.id for i in state.interrupts}
        result = graph.invoke(Command(resume={waiting[case.id]: "approve"}), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "released", "c2": "released"}
        assert sorted(rig.ran) == [("look", 2), ("wire", 1), ("write", 3)]

    async def test_it_works_awaited(self, rig: Any, make: Callable[..., Any]) -> None:
        """The asynchronous edge asks, is resumed and runs as the synchronous one."""
        graph = make()
        first = await graph.ainvoke(rig.turn(("pay", {"x": 1}), ("look", {})), rig.thread())
        assert len(rig.asked(first)) == 1

        result = await graph.ainvoke(Command(resume="approve"), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "released"}
        assert sorted(rig.ran) == [("look", 0), ("pay", 1)]

    def test_a_replay_has_no_second_effect(self, rig: Any, make: Callable[..., Any]) -> None:
        """The same message delivered again is answered from the ledger."""
        graph = make()
        first = graph.invoke(rig.turn(("write", {"x": 1})), rig.thread())
        second = graph.invoke(rig.turn(("write", {"x": 1})), rig.thread())

        assert rig.ran == [("write", 1)]
        assert rig.answers(first)["c0"].content == rig.answers(second)["c0"].content

    def test_a_reused_id_is_another_call(self, rig: Any, make: Callable[..., Any]) -> None:
        """The same tool-call id in another message, or in another thread, is its own call."""
        graph = make()
        graph.invoke(rig.turn(("write", {"x": 1}), id="m1"), rig.thread())
        graph.invoke(rig.turn(("write", {"x": 1}), id="m2"), rig.thread())
        graph.invoke(rig.turn(("write", {"x": 1}), id="m1"), rig.thread("other"))

        assert rig.ran == [("write", 1)] * 3

    def test_arguments_that_do_not_fit_ask_nobody(self, rig: Any, make: Callable[..., Any]) -> None:
        """Invalid arguments, an unknown tool and a host's own argument are answered at once."""
        calls = rig.turn(("wire", {"x": "much"}), ("nothing", {}))
        result = make().invoke(calls, rig.thread())

        assert set(rig.outcomes(result).values()) == {"invalid_arguments"}
        assert "`x`" in rig.answers(result)["c0"].content
        assert "no tool `nothing`" in rig.answers(result)["c1"].content
        assert rig.gate.inbox.pending() == []


class TestMessages:
    def test_two_questions_come_one_after_the_other(self, rig: Any) -> None:
        """A list of messages is one task: one question at a time, each bound to its request."""
        graph = rig.listed()
        (first,) = rig.asked(
            graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
        )
        (second,) = rig.asked(graph.invoke(Command(resume="approve"), rig.thread()))
        result = graph.invoke(Command(resume="reject"), rig.thread())

        assert first["action_requests"][0]["args"] == {"x": 1}
        assert second["action_requests"][0]["args"] == {"x": 2}
        assert rig.outcomes(result) == {"c0": "released", "c1": "rejected"}
        assert rig.ran == [("pay", 1)]

    def test_a_call_that_nobody_can_read_is_answered(self, rig: Any) -> None:
        """Arguments that are no JSON get an answer too; no call is left dangling."""
        broken = {"name": "look", "args": "{x: ", "id": "c9", "error": "no JSON"}
        message = AIMessage(
            "", id="m1", invalid_tool_calls=[{**broken, "type": "invalid_tool_call"}]
        )

        result = rig.listed().invoke({"messages": [message]}, rig.thread())

        assert rig.outcomes(result) == {"c9": "invalid_arguments"}

    @pytest.mark.parametrize(
        "name", ["\ud800", "pay\u200b", "PAY", "write\n", "w" * 5000, "../write"]
    )
    def test_a_name_that_is_no_tool_s_is_answered(self, rig: Any, name: str) -> None:
        """Whatever a model calls a tool, the call is answered, nothing runs and nobody is asked."""
        call = {"name": name, "args": {"x": 1}, "id": "c0", "type": "tool_call"}
        result = rig.listed().invoke(
            {"messages": [AIMessage("", id="m1", tool_calls=[call])]}, rig.thread()
        )

        assert rig.outcomes(result) == {"c0": "invalid_arguments"}
        assert (rig.ran, rig.gate.inbox.pending()) == ([], [])

    def test_a_plain_list_of_messages_is_taken(self, rig: Any) -> None:
        """The node takes and gives a list where the graph's state is one."""
        builder = StateGraph(Annotated[list[Any], lambda old, new: old + new])
        graph = builder.add_node("tools", rig.node()).add_edge(START, "tools").compile()

        *_, last = graph.invoke(rig.turn(("look", {"x": 1}))["messages"])

        assert isinstance(last, ToolMessage)
        assert last.content == "look 1"

    def test_runs_without_a_thread_are_runs_apart(self, rig: Any) -> None:
        """Without a saver nothing is taken for a replay of an earlier run."""
        node = rig.node()
        graph = StateGraph(rig.Messages).add_node("tools", node).add_edge(START, "tools").compile()
        graph.invoke(rig.turn(("write", {"x": 1})))
        graph.invoke(rig.turn(("write", {"x": 1})))

        assert rig.ran == [("write", 1)] * 2

    def test_a_message_without_an_id_is_a_turn_of_its_own(self, rig: Any) -> None:
        """Without ids of messages the task stands for the turn; a resume is still the same turn."""
        builder = StateGraph(Annotated[list[Any], lambda old, new: old + new])
        builder.add_node("tools", rig.node()).add_edge(START, "tools")
        graph = builder.compile(checkpointer=rig.saver())
        graph.invoke(rig.turn(("pay", {"x": 1}), id=None)["messages"], rig.thread())

        graph.invoke(Command(resume="approve"), rig.thread())
        assert rig.ran == [("pay", 1)]

    def test_calls_run_side_by_side(self, rig: Any) -> None:
        """Calls of one turn that may run do not wait for each other."""
        import threading

        both = threading.Barrier(2, timeout=5)

        @tool
        def look(x: int) -> str:
            """Meet the other."""
            both.wait()
            return "met"

        result = rig.listed(tools=[look]).invoke(
            rig.turn(("look", {"x": 1}), ("look", {"x": 2})), rig.thread()
        )
        assert set(rig.outcomes(result).values()) == {"released"}

    async def test_awaited_calls_run_side_by_side(self, rig: Any) -> None:
        """Asynchronous tools of one turn share the event loop."""
        both = asyncio.Barrier(2)

        @tool
        async def look(x: int) -> str:
            """Meet the other."""
            async with asyncio.timeout(5):
                await both.wait()
            return "met"

        graph = rig.listed(tools=[look])
        result = await graph.ainvoke(rig.turn(("look", {"x": 1}), ("look", {"x": 2})), rig.thread())
        assert set(rig.outcomes(result).values()) == {"released"}

    def test_no_message_is_an_error_that_says_so(self, rig: Any) -> None:
        """A node that is reached without an AIMessage fails in words."""
        with pytest.raises(InterlockError, match="no AIMessage"):
            rig.listed().invoke({"messages": [HumanMessage("hi")]}, rig.thread())


class TestResults:
    def result(self, rig: Any, *tools: Any, args: dict[str, Any] | None = None) -> ToolMessage:
        """Run the one tool `look` and return its message."""
        return rig.answers(
            rig.listed(tools=tools).invoke(rig.turn(("look", args or {})), rig.thread())
        )["c0"]

    def test_json_stays_json(self, rig: Any) -> None:
        """A structured result is written as LangGraph writes it, non-ASCII text and all."""

        @tool
        def look() -> dict[str, Any]:
            """Return a structure."""
            return {"name": "Zoë", "rows": [1, 2.5, None, True]}

        message = self.result(rig, look)
        plain = ToolNode([look])
        stock = StateGraph(rig.Messages).add_node("t", plain).add_edge(START, "t").compile()
        assert message.content == rig.answers(stock.invoke(rig.turn(("look", {}))))["c0"].content
        assert json.loads(str(message.content))["name"] == "Zoë"

    def test_content_blocks_stay_blocks(self, rig: Any) -> None:
        """A list of content blocks comes out as one."""
        blocks = [{"type": "text", "text": "hi"}, {"type": "text", "text": "there"}]

        @tool
        def look() -> list[dict[str, str]]:
            """Return blocks."""
            return blocks

        assert self.result(rig, look).content == blocks

    def test_the_tools_artifact_comes_beside_the_record(self, rig: Any) -> None:
        """What a tool gives to code is inspected and kept; the typed record stands beside it."""

        @tool(response_format="content_and_artifact")
        def look() -> tuple[str, dict[str, Any]]:
            """Return both."""
            return "seen", {"rows": [1], "ssn": "536-90-4399"}

        message = self.result(rig, look)
        assert message.artifact["interlock"]["outcome"] == "redacted"
        assert message.artifact["artifact"]["rows"] == [1]
        assert "536-90-4399" not in json.dumps(message.artifact)

    def test_a_found_number_is_redacted_where_it_stands(self, rig: Any) -> None:
        """A finding inside a structure is replaced; the rest keeps its types."""

        @tool
        def look() -> dict[str, Any]:
            """Return a record."""
            return {"id": 7, "ssn": "536-90-4399"}

        message = self.result(rig, look)
        assert json.loads(str(message.content)) == {"id": 7, "ssn": "[REDACTED]"}

    def test_a_tool_that_raises_answers_as_failed(self, rig: Any) -> None:
        """An exception is a result: an error message for the model, no crash of the graph."""

        @tool
        def look() -> str:
            """Fail."""
            raise ValueError("no such order")

        message = self.result(rig, look)
        assert message.status == "error"
        assert "no such order" in message.content
        assert message.artifact["interlock"]["outcome"] == "failed"

    def test_a_command_is_not_carried_out(self, rig: Any) -> None:
        """A tool that answers with a command is told apart, and the command goes nowhere."""

        @tool
        def look(tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
            """Answer with a command."""
            message = ToolMessage("secret", tool_call_id=tool_call_id)
            return Command(update={"messages": [message]}, goto="elsewhere")

        message = self.result(rig, look)
        assert message.status == "error"
        assert "command" in str(message.content)
        assert "secret" not in str(message.content)

    def test_what_langgraph_injects_is_injected(self, rig: Any) -> None:
        """State, store, runtime and call id reach the tool; they are no arguments of the call."""
        seen: dict[str, Any] = {}

        @tool
        def look(
            x: int,
            state: Annotated[dict[str, Any], InjectedState],
            store: Annotated[BaseStore, InjectedStore()],
            runtime: ToolRuntime,
            own_id: Annotated[str, InjectedToolCallId],
        ) -> str:
            """Look around."""
            seen.update(
                state=len(state["messages"]), store=store, runtime=runtime.tool_call_id, id=own_id
            )
            return "seen"

        builder = StateGraph(rig.Messages).add_node("tools", rig.node([look]))
        store = InMemoryStore()
        graph = builder.add_edge(START, "tools").compile(checkpointer=rig.saver(), store=store)
        result = graph.invoke(rig.turn(("look", {"x": 1})), rig.thread())

        assert seen == {"state": 1, "store": store, "runtime": "c0", "id": "c0"}
        assert rig.outcomes(result) == {"c0": "released"}

    def test_a_model_cannot_supply_what_the_host_injects(self, rig: Any) -> None:
        """An argument of the host's in a call is refused before anybody is asked."""

        @tool
        def look(x: int, state: Annotated[dict[str, Any], InjectedState]) -> str:
            """Look."""
            return "seen"

        message = self.result(rig, look, args={"x": 1, "state": {"messages": []}})
        assert message.artifact["interlock"]["outcome"] == "invalid_arguments"

    def test_a_tool_may_not_pause_by_itself(self, rig: Any) -> None:
        """A tool that calls `interrupt` fails in words; it would run twice."""
        from langgraph.types import interrupt

        @tool
        def look() -> str:
            """Ask by itself."""
            return interrupt("may I?")

        assert "require_approval" in str(self.result(rig, look).content)


class TestHost:
    def test_a_permissive_saver_is_refused(self, rig: Any) -> None:
        """A run on a saver that builds what it reads fails, and the error names the remedy."""
        builder = StateGraph(rig.Messages).add_node("tools", rig.node()).add_edge(START, "tools")
        graph = builder.compile(checkpointer=InMemorySaver())

        with pytest.raises(SaverError, match=r"gate\.saver\(saver\)"):
            graph.invoke(rig.turn(("look", {})), rig.thread())
        assert rig.ran == []

    def test_a_permissive_saver_may_be_accepted(self, rig: Any) -> None:
        """Whoever accepts the risk says so in code."""
        node = rig.node(allow_permissive_saver=True)
        builder = StateGraph(rig.Messages).add_node("tools", node).add_edge(START, "tools")
        graph = builder.compile(checkpointer=InMemorySaver())

        assert rig.outcomes(graph.invoke(rig.turn(("look", {})), rig.thread())) == {
            "c0": "released"
        }

    def test_it_is_a_tool_node(self, rig: Any) -> None:
        """Code that looks for LangGraph's class and its tools finds them."""
        node = rig.node()

        assert isinstance(node, ToolNode)
        assert set(node.tools_by_name) == {"look", "write", "pay", "wire", "wipe"}

    def test_the_run_says_who_acts(self, rig: Any) -> None:
        """Principal and chain come from the run and stand in the question."""
        said = {"principal": "customer-7", "chain": [{"agent": "lead", "says": "refund"}]}
        result = rig.listed().invoke(rig.turn(("wire", {})), rig.thread(interlock=said))

        (question,) = rig.asked(result)
        assert question["interlock"]["chain"] == [{"agent": "lead", "says": "refund"}]
        (case,) = rig.gate.inbox.pending()
        with pytest.raises(InterlockError):
            rig.gate.inbox.approve(case.id, by="customer-7", reason="mine")

    @pytest.mark.parametrize("awaited", [False, True])
    async def test_a_lone_allowed_call_takes_two_commits(self, rig: Any, awaited: bool) -> None:
        """Proposed, decided and claimed in one commit, settled in the other."""
        committed: list[int] = []
        graph, given = rig.listed(), (rig.turn(("write", {"x": 1})), rig.thread())
        event.listen(rig.gate.ledger.engine, "commit", lambda _: committed.append(1))

        if awaited:
            result = await graph.ainvoke(*given)
        else:
            result = await asyncio.to_thread(lambda: graph.invoke(*given))

        assert rig.outcomes(result) == {"c0": "released"}
        assert len(committed) == 2

    @pytest.mark.parametrize("awaited", [False, True])
    async def test_a_client_cannot_act_for_somebody_else(self, rig: Any, awaited: bool) -> None:
        """Who may configure a run does not change whom the host's context says it is for."""
        schema = dict[str, Any]
        builder = StateGraph(rig.Messages, context_schema=schema)
        builder.add_node("tools", rig.node(agent=None)).add_edge(START, "tools")
        graph = builder.compile(checkpointer=rig.saver())
        host = {"interlock": {"agent": "bot", "principal": "customer-7", "tenant": "acme"}}
        forged = {"agent": "admin", "principal": "eve", "tenant": "other"}

        given = (rig.turn(("wire", {})), rig.thread(interlock=forged))
        if awaited:
            await graph.ainvoke(*given, context=host)
        else:
            await asyncio.to_thread(lambda: graph.invoke(*given, context=host))

        (case,) = rig.gate.inbox.pending()
        assert (case.agent, case.principal, case.tenant) == ("bot", "customer-7", "acme")
        assert set(case.excluded) == {"bot", "customer-7"}

    def test_a_context_that_is_not_understood_stops_the_run(self, rig: Any) -> None:
        """A principal of the wrong kind is an error, not nobody."""
        with pytest.raises(InterlockError, match=r"interlock\.principal"):
            rig.listed().invoke(
                rig.turn(("look", {})), rig.thread(interlock={"principal": {"id": 7}})
            )
        assert rig.ran == []

    def test_a_signal_that_is_no_number_is_asked_about(self, open_rig: Any) -> None:
        """A host's mistake runs nothing and loses no call; the person sees which signal it is."""
        rig = open_rig(
            """
tools: {look: {effect: read}, write: {}}
rules:
  - {id: all, match: {tools: ["*"]}, decision: allow}
  - {id: odd, match: {tools: [write], anomaly_score_above: 0.8}, decision: require_approval}
"""
        )
        graph = rig.listed()
        said = {"signals": {"anomaly_score": float("nan")}}
        turn = rig.turn(("look", {}), ("write", {}))

        (question,) = rig.asked(graph.invoke(turn, rig.thread(interlock=said)))
        assert rig.ran == [("look", 0)]
        assert question["interlock"]["signals"]["anomaly_score"] == "[nan: no number]"

        rig.gate.inbox.approve(question["interlock"]["request_id"], by="ana", reason="seen")
        result = graph.invoke(Command(resume="go on"), rig.thread(interlock=said))
        assert rig.outcomes(result) == {"c0": "released", "c1": "released"}

    def test_the_claim_is_taken_out(self, rig: Any) -> None:
        """What an agent says of itself is shown to the reviewer and never reaches the tool."""
        args = {"x": 1, "_interlock": {"confidence": 0.3, "why": "not sure"}}
        (question,) = rig.asked(rig.listed().invoke(rig.turn(("pay", args)), rig.thread()))

        assert question["action_requests"][0]["args"] == {"x": 1}
        assert question["interlock"]["claim"] == "not sure"
        assert question["interlock"]["signals"]["confidence"] == 0.3


class TestAgents:
    """The node inside real agent loops, with a scripted model."""

    def model(self, *turns: Any) -> Any:
        """Make a model that says these turns."""
        from interlock.testing.scripted import ScriptedChatModel, ScriptedTurn

        return ScriptedChatModel(turns=tuple(ScriptedTurn(**turn) for turn in turns))

    def paying(self) -> Any:
        """Make a model that looks and pays in one turn, then ends."""
        calls = [
            {"id": "c0", "tool": "look", "args": {"x": 1}},
            {"id": "c1", "tool": "pay", "args": {"x": 2}},
        ]
        return self.model({"calls": calls}, {"text": "done"})

    @pytest.mark.parametrize("version", ["v1", "v2"])
    @pytest.mark.filterwarnings("ignore::DeprecationWarning")
    def test_a_react_agent_asks_and_goes_on(self, rig: Any, version: Any) -> None:
        """LangGraph's prebuilt agent takes the node for its own, in both of its shapes."""
        from langgraph.prebuilt import create_react_agent

        agent = create_react_agent(
            self.paying(), rig.node(), checkpointer=rig.saver(), version=version
        )
        paused = agent.invoke({"messages": [HumanMessage("go")]}, rig.thread())
        assert len(rig.asked(paused)) == 1

        result = agent.invoke(Command(resume="approve"), rig.thread())

        assert result["messages"][-1].content == "done"
        assert rig.outcomes(result) == {"c0": "released", "c1": "released"}
        assert rig.ran == [("look", 1), ("pay", 2)]

    def loop(self, rig: Any, **options: Any) -> Any:
        """Make an agent loop by hand."""
        model = self.paying()
        builder = StateGraph(rig.Messages).add_node("tools", rig.node())
        builder.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
        builder.add_conditional_edges("model", tools_condition)
        builder.add_edge("tools", "model").add_edge(START, "model")
        return builder.compile(**options)

    def test_an_agent_inside_another_graph(self, rig: Any) -> None:
        """As a subgraph the agent pauses and resumes on the outer graph's saver."""
        builder = StateGraph(rig.Messages).add_node("agent", self.loop(rig))
        outer = builder.add_edge(START, "agent").compile(checkpointer=rig.saver())
        assert len(rig.asked(outer.invoke({"messages": [HumanMessage("go")]}, rig.thread()))) == 1

        result = outer.invoke(Command(resume="approve"), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "released"}
        assert rig.ran == [("look", 1), ("pay", 2)]

    def test_an_agent_inside_a_tool(self, rig: Any) -> None:
        """A gated tool may run an agent whose own calls are gated, on a saver of its own.

        The inner agent asks, the question comes out, and after the answer every tool ran once.
        """
        inner = self.loop(rig, checkpointer=rig.saver())

        @tool
        def look(x: int = 0) -> str:
            """Ask the other agent."""
            return str(inner.invoke({"messages": [HumanMessage("go")]})["messages"][-1].content)

        graph = rig.listed(tools=[look])
        paused = graph.invoke(rig.turn(("look", {})), rig.thread())
        assert rig.asked(paused)[0]["action_requests"][0]["name"] == "pay"

        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert rig.answers(result)["c0"].content == "done"
        assert rig.ran == [("look", 1), ("pay", 2)]


@pytest.mark.parametrize(("durability", "warnings"), [("sync", 0), ("async", 0), ("exit", 1)])
def test_a_run_that_would_lose_its_messages_is_warned_of_once(
    rig: Any, caplog: pytest.LogCaptureFixture, durability: Any, warnings: int
) -> None:
    """Without its messages a killed run cannot know its calls again; the log says so, once."""
    graph = rig.listed()
    for name in ("one", "two"):
        graph.invoke(rig.turn(("look", {})), rig.thread(name), durability=durability)

    assert len([each for each in caplog.messages if "durability `exit`" in each]) == warnings
