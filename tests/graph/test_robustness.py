"""What LangGraph's users met, and what must not happen here; each test names its story."""

import asyncio
import itertools
import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.errors import UnknownInterruptError
from langgraph.graph import START, StateGraph
from langgraph.types import Command, interrupt

from interlock.clock import FrozenClock
from interlock.errors import LedgerBusy
from interlock.graph import execution
from interlock.graph.repair import repair
from interlock.graph.resume import paused, resume, strictly
from processes import Program

PROCESS = Path(__file__).with_name("gate_process.py")
DURABILITIES = ["sync", "async", "exit"]
NONSENSE: list[Any] = [
    "yes please",
    0,
    [],
    [{"type": "accept"}, {"type": "accept"}],
    {"decisions": "approve"},
    {"type": "edit", "args": None},
    {"interlock": {"doorbell": {"x": [1]}}},
    {"a": {"b": {"c": [None, 1.5, "x"]}}},
]


class TestOneCall:
    def test_r1_a_refused_call_that_is_delivered_again_does_not_run(self, rig: Any) -> None:
        """R1: enforcement is at execution; a router that jumps to the tools runs nothing."""
        graph = rig.sent()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        graph.invoke(Command(resume="reject"), rig.thread())

        result = graph.invoke({"messages": []}, rig.thread())

        assert rig.outcomes(result) == {"c0": "rejected"}
        assert rig.ran == []

    def test_r2_what_was_approved_is_what_runs(self, rig: Any) -> None:
        """R2: an approval is for bytes. The same call delivered with another amount is refused."""
        graph = rig.listed()
        graph.invoke(rig.turn(("wire", {"x": 5})), rig.thread())
        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.approve(case.id, by="ana", reason="ok")

        result = graph.invoke(rig.turn(("wire", {"x": 1_000_000})), rig.thread())

        assert rig.outcomes(result) == {"c0": "conflict"}
        assert rig.ran == []

    @pytest.mark.parametrize("answer", NONSENSE, ids=repr)
    @pytest.mark.parametrize("shape", ["listed", "sent", "graph"])
    def test_r4_a_malformed_answer_asks_again(self, rig: Any, shape: str, answer: Any) -> None:
        """R4: no answer of a human raises or bricks the thread; a good one afterwards counts."""
        if shape == "graph":
            graph = rig.gate.graph(rig.tools, checkpointer=InMemorySaver())
            given = {"call": {"name": "pay", "args": {"x": 1}, "id": "c0"}, "agent": "bot"}
        else:
            graph, given = getattr(rig, shape)(), rig.turn(("pay", {"x": 1}))
        graph.invoke(given, rig.thread())

        again = graph.invoke(Command(resume=answer), rig.thread())
        assert len(rig.asked(again)) == 1
        assert rig.ran == []

        graph.invoke(Command(resume="approve"), rig.thread())
        assert rig.ran == [("pay", 1)]

    def test_r6_a_stale_answer_is_refused(self, rig: Any) -> None:
        """R6: under strict resume an answer to a question that is gone reaches nothing."""
        graph = rig.listed()
        calls = rig.turn(("pay", {"x": 1}), ("pay", {"x": 2}))
        graph.invoke(calls, rig.thread())
        (first,) = paused(graph, rig.thread())
        answer = Command(resume={first.interrupt_id: "approve"})
        graph.invoke(answer, rig.thread())

        with pytest.raises(UnknownInterruptError):
            graph.invoke(answer, strictly(rig.thread()))

    def test_r6_a_stale_answer_is_not_the_next_ones(self, rig: Any) -> None:
        """R6: without strict resume LangGraph hands it to the next question; it is not counted."""
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
        (first,) = paused(graph, rig.thread())
        answer = Command(resume={first.interrupt_id: "approve"})
        graph.invoke(answer, rig.thread())

        graph.invoke(answer, rig.thread())
        graph.invoke(None, rig.thread())

        assert rig.ran == []
        (second,) = rig.gate.inbox.pending()
        assert second.args == {"x": 2}

    def test_r6_an_answer_is_not_heard_again_as_anothers(self, rig: Any) -> None:
        """R6: an answer that did not count is not counted later, when someone else resumes."""
        said = {"principal": "eve"}
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread(interlock=said))
        eve = rig.thread(langgraph_auth_user="eve", interlock=said)
        ana = rig.thread(langgraph_auth_user="ana", interlock=said)
        (again,) = rig.asked(graph.invoke(Command(resume="approve"), eve))
        assert "eve" in again["interlock"]["error"]

        graph.invoke(None, ana)
        graph.invoke(Command(resume={"interlock": {"doorbell": True}}), ana)
        graph.invoke(None, ana)

        assert rig.ran == []
        assert len(rig.gate.inbox.pending()) == 1

    @pytest.mark.parametrize("ring", [True, False])
    def test_r6_an_answer_of_a_failed_run_is_nobody_elses(
        self, rig: Any, monkeypatch: pytest.MonkeyPatch, ring: bool
    ) -> None:
        """R6: LangGraph keeps an answer that no task took; it is not the next resumer's answer."""
        said = {"principal": "eve"}
        graph = rig.listed(rig.sqlite_saver())
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread(interlock=said))
        fail_once(monkeypatch, 1)
        eve = rig.thread(langgraph_auth_user="eve", interlock=said)
        with pytest.raises(LedgerBusy):
            graph.invoke(Command(resume="approve"), eve)

        ana = rig.thread(langgraph_auth_user="ana", interlock=said)
        (case,) = rig.gate.inbox.pending()
        again = resume(graph, ana, case.id) if ring else graph.invoke(None, ana)

        assert len(rig.asked(again)) == 1
        assert rig.gate.inbox.show(case.id).votes == ()
        assert rig.ran == []

    @pytest.mark.parametrize("go_on", [True, False])
    def test_r6_an_answer_is_not_kept_for_the_next_question(self, rig: Any, go_on: bool) -> None:
        """R6: LangGraph answers a run without an input with the last answer; it does not count.

        Two questions in one task, the first approved without an address: only a new answer, be it
        the same word again, counts for the second.
        """
        graph = rig.listed(rig.sqlite_saver())
        graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
        graph.invoke(Command(resume="approve"), rig.thread())
        if go_on:
            graph.invoke(None, rig.thread())
            graph.invoke(None, rig.thread())
        (second,) = rig.gate.inbox.pending()
        assert second.args == {"x": 2}

        graph.invoke(Command(resume="approve"), rig.thread())
        assert sorted(rig.ran) == [("pay", 1), ("pay", 2)]

    @pytest.mark.parametrize("at", [1, 2])
    def test_r6_an_answer_is_not_taken_by_a_question_nobody_saw(
        self, rig: Any, monkeypatch: pytest.MonkeyPatch, at: int
    ) -> None:
        """R6: of two tasks one asked and one failed first; the answer is not the other's."""
        graph = rig.sent(rig.sqlite_saver())
        fail_once(monkeypatch, at)
        with pytest.raises(LedgerBusy):
            graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
        shown = [i.value["action_requests"][0]["args"]["x"] for i in open_questions(graph, rig)]

        graph.invoke(Command(resume="approve"), rig.thread())

        voted = [c for c in rig.gate.audit.calls("t") if rig.gate.inbox.show(c.id).votes]
        assert [call.proposal.args["x"] for call in voted] in ([], shown)

    def test_r10_an_edit_is_judged_by_the_tool_it_names(self, rig: Any) -> None:
        """R10: an edit into a forbidden tool is denied, whoever made it."""
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())

        edit = {"type": "edit", "edited_action": {"name": "wipe", "args": {}}}
        result = graph.invoke(Command(resume=edit), rig.thread(langgraph_auth_user="ana"))

        assert rig.outcomes(result) == {"c0": "denied"}
        assert rig.ran == []

    def test_r11_an_undeclared_tool_asks(self, rig: Any) -> None:
        """R11: a tool that the policy does not know is asked about, never run."""
        ran: list[int] = []

        @tool
        def brand_new(x: int = 0) -> str:
            """Do something new."""
            ran.append(x)
            return "done"

        result = rig.listed(tools=[brand_new]).invoke(rig.turn(("brand_new", {})), rig.thread())

        assert len(rig.asked(result)) == 1
        assert ran == []

    def test_r12_globs_and_the_default_decide(self, open_rig: Callable[..., Any]) -> None:
        """R12: a glob over names allows; what no rule names falls to the default."""
        policy = "default: deny\nrules:\n  - {tool: 'loo*', action: allow}\n"
        rig = open_rig(policy)

        result = rig.listed().invoke(rig.turn(("look", {}), ("write", {})), rig.thread())

        assert rig.outcomes(result) == {"c0": "released", "c1": "denied"}

    def test_r13_time_runs_out_outside_the_graph(self, open_rig: Callable[..., Any]) -> None:
        """R13: a request expires without the graph; a later approval and resume run nothing."""
        clock = FrozenClock()
        rig = open_rig(clock=clock)
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        clock.advance(14_401)
        assert rig.gate.inbox.expire_overdue() == 1
        clock.advance(-14_401)

        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert rig.outcomes(result) == {"c0": "expired"}
        assert rig.ran == []

    @pytest.mark.parametrize("awaited", [False, True])
    async def test_r14_a_graph_inside_a_tool_may_pause(self, rig: Any, awaited: bool) -> None:
        """R14: `GraphInterrupt` from a graph that a tool runs passes through and is resumed."""
        inner = StateGraph(dict).add_node("ask", lambda _: {"said": interrupt("inner?")})
        subgraph = inner.add_edge(START, "ask").compile()

        @tool
        def look() -> str:
            """Ask a colleague."""
            return str(subgraph.invoke({})["said"])

        graph = rig.listed(tools=[look])
        given, config = rig.turn(("look", {})), rig.thread()
        if awaited:
            first = await graph.ainvoke(given, config)
            last = await graph.ainvoke(Command(resume="yes"), config)
        else:
            first, last = graph.invoke(given, config), graph.invoke(Command(resume="yes"), config)

        assert first["__interrupt__"][0].value == "inner?"
        assert rig.answers(last)["c0"].content == "yes"

    def test_r15_a_payload_is_json(self, rig: Any) -> None:
        """R15: a question is plain JSON for any argument, so that every saver carries it."""
        args = {"x": 1, "big": 2**60, "nested": {"a": [1, {"b": None}]}, "text": "\u202e\u0000é"}

        @tool
        def pay(x: int, big: int, nested: dict[str, Any], text: str) -> str:
            """Take anything."""
            return "paid"

        graph = rig.listed(rig.sqlite_saver(), tools=[pay])

        (question,) = rig.asked(graph.invoke(rig.turn(("pay", args)), rig.thread()))

        assert json.loads(json.dumps(question, allow_nan=False)) == question
        assert question["action_requests"][0]["args"]["big"] == str(2**60)

    def test_an_approval_is_not_used_twice_after_a_failure(self, rig: Any) -> None:
        """A tool that raises after its approval is answered as failed and not run by a retry."""
        ran: list[int] = []

        @tool
        def pay(x: int) -> str:
            """Fail half way."""
            ran.append(x)
            raise RuntimeError("boom after the effect")

        graph = rig.listed(tools=[pay])
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        result = graph.invoke(Command(resume="approve"), rig.thread())
        graph.invoke(None, rig.thread())

        assert rig.outcomes(result) == {"c0": "failed"}
        assert ran == [1]


class TestTurns:
    async def test_r3_answers_reach_their_calls_under_jitter(self, rig: Any) -> None:
        """R3: in one task with several questions and tools of random speed, no answer strays."""
        ran: list[int] = []

        @tool
        async def pay(x: int) -> str:
            """Pay after a while."""
            await asyncio.sleep(random.random() * 0.01)
            ran.append(x)
            return f"paid {x}"

        @tool
        async def look(x: int) -> str:
            """Look after a while."""
            await asyncio.sleep(random.random() * 0.01)
            return "seen"

        graph = rig.listed(tools=[pay, look])
        for run in range(6):
            ran.clear()
            calls = [("pay", {"x": 1}), ("look", {"x": 9}), ("pay", {"x": 2}), ("pay", {"x": 3})]
            config = rig.thread(f"t{run}")
            result = await graph.ainvoke(rig.turn(*calls), config)
            while questions := result.get("__interrupt__"):
                amount = questions[0].value["action_requests"][0]["args"]["x"]
                answer = "reject" if amount == 2 else "approve"
                result = await graph.ainvoke(Command(resume={questions[0].id: answer}), config)
            assert sorted(ran) == [1, 3]
            assert rig.outcomes(result)["c2"] == "rejected"

    def test_r3_a_task_that_is_run_again_repeats_no_effect(self, rig: Any) -> None:
        """R3: tools that ran before a sibling's question do not run again on each resume."""
        graph = rig.listed()
        calls = rig.turn(("look", {"x": 1}), ("pay", {"x": 2}), ("pay", {"x": 3}))
        graph.invoke(calls, rig.thread())
        graph.invoke(Command(resume="approve"), rig.thread())
        graph.invoke(Command(resume="approve"), rig.thread())

        assert sorted(rig.ran) == [("look", 1), ("pay", 2), ("pay", 3)]

    def test_a_partial_resume_answers_what_it_names(self, rig: Any) -> None:
        """Of three tasks that wait, one is answered; the others wait on, and nothing runs twice."""
        graph = rig.sent()
        calls = rig.turn(("pay", {"x": 1}), ("pay", {"x": 2}), ("pay", {"x": 3}))
        waiting = {
            i.value["action_requests"][0]["args"]["x"]: i.id
            for i in graph.invoke(calls, rig.thread())["__interrupt__"]
        }
        graph.invoke(Command(resume={waiting[2]: "reject"}), rig.thread())
        assert {case.args["x"] for case in rig.gate.inbox.pending()} == {1, 3}

        for amount in (1, 3):
            graph.invoke(Command(resume={waiting[amount]: "approve"}), rig.thread())
        ids = [i.id for i in graph.get_state(rig.thread()).interrupts]
        result = graph.invoke(
            Command(resume=dict.fromkeys(ids, "approve")) if ids else None, rig.thread()
        )

        assert sorted(rig.ran) == [("pay", 1), ("pay", 3)]
        assert rig.outcomes(result) == {"c0": "released", "c1": "rejected", "c2": "released"}

    def test_r9_a_new_message_on_a_paused_thread_leaves_nothing_dangling(self, rig: Any) -> None:
        """R9: calls that the conversation left behind are withdrawn and answered in their place."""
        read: list[list[Any]] = []

        def model(state: Any, config: RunnableConfig) -> dict[str, Any]:
            read.append(repair(rig.gate.conductor, state["messages"], config))
            return {"messages": [AIMessage("well")]}

        def route(state: Any) -> str:
            last = state["messages"][-1]
            return "tools" if isinstance(last, AIMessage) and last.tool_calls else "model"

        builder = StateGraph(rig.Messages).add_node("tools", rig.node()).add_node("model", model)
        builder.add_conditional_edges(START, route, ["tools", "model"])
        graph = builder.compile(checkpointer=rig.saver())
        graph.invoke(rig.turn(("pay", {"x": 1}), ("look", {"x": 2})), rig.thread())
        (case,) = rig.gate.inbox.pending()

        graph.invoke({"messages": [HumanMessage("never mind")]}, rig.thread())

        kinds = [message.type for message in read[-1]]
        assert kinds == ["ai", "tool", "tool", "human"]
        outcomes = [m.artifact["interlock"]["outcome"] for m in read[-1] if m.type == "tool"]
        assert outcomes == ["cancelled", "released"]
        assert rig.gate.inbox.pending() == []
        with pytest.raises(Exception, match="cancelled"):
            rig.gate.inbox.approve(case.id, by="ana", reason="late")
        assert rig.ran == [("look", 2)]


class TestRaces:
    @pytest.mark.parametrize("shape", ["listed", "sent"])
    def test_r5_two_resumes_at_once_are_one_verdict(self, rig: Any, shape: str) -> None:
        """R5: approve and reject at the same moment: one counts, with one effect at most."""
        for run in range(5):
            rig.ran.clear()
            config = rig.thread(f"t{run}")
            saver = rig.saver(rig.sqlite_saver())
            getattr(rig, shape)(saver).invoke(rig.turn(("pay", {"x": 1})), config)
            (case,) = rig.gate.inbox.pending()
            results: list[Any] = []
            barrier = threading.Barrier(2)

            def answer(
                said: str, config: Any = config, barrier: Any = barrier, results: Any = results
            ) -> None:
                other = rig.reopen()
                graph = getattr(other, shape)(other.sqlite_saver())
                barrier.wait()
                results.append(rig.outcomes(graph.invoke(Command(resume=said), config))["c0"])

            threads = [threading.Thread(target=answer, args=(s,)) for s in ("approve", "reject")]
            for one in threads:
                one.start()
            for one in threads:
                one.join()

            verdict = rig.gate.inbox.show(case.id)
            assert len(set(results)) == 1
            assert len(rig.ran) == (1 if results[0] == "released" else 0)
            assert len(verdict.votes) == 1

    @pytest.mark.slow
    @pytest.mark.timeout(60)  # two processes
    def test_r5_two_processes_are_one_verdict(self, rig: Any, tmp_path: Path) -> None:
        """R5: the same, from two processes on one ledger and one checkpoint database."""
        from gate_process import build, given

        first, graph = build(tmp_path, "sent")
        graph.invoke(given(first, "sent"), first.thread())
        at = str(time.time() + 4)
        steps = [start(tmp_path, "sent", "sync", at, said) for said in ("approve", "reject")]
        shown = [step.ended() for step in steps]

        effects = (tmp_path / "effects").read_text() if (tmp_path / "effects").exists() else ""
        endings = {json.loads(out) for _, out, _ in shown if out.strip()}
        assert len(endings) == 1, shown
        assert effects.count("pay") == (1 if endings == {"released"} else 0)


@pytest.mark.slow
@pytest.mark.timeout(60)  # a process is killed, and its lease has to lapse
class TestKills:
    @pytest.mark.parametrize(
        ("shape", "durability", "point", "expected"),
        [
            *(("listed", durability, "effect_done", "in_doubt") for durability in DURABILITIES),
            *(("graph", durability, "effect_done", "in_doubt") for durability in DURABILITIES),
            ("sent", "async", "claimed", "in_doubt"),
            ("listed", "exit", "settled", "released"),
            ("graph", "async", "settled", "released"),
        ],
    )
    def test_r7_a_killed_run_leaves_one_effect_at_most(
        self, tmp_path: Path, durability: str, point: str, expected: str, shape: str
    ) -> None:
        """R7: kill -9 between approval and checkpoint: the tool never runs a second time.

        Where nobody can know whether it ran, the call is in doubt; where its answer was kept, the
        answer is given.
        """
        from gate_process import build, ending, given, recovered

        rig, graph = build(tmp_path, shape)
        graph.invoke(given(rig, shape), rig.thread(), durability=durability)
        died = run(tmp_path, shape, durability, "0", "approve", crash_at=point)
        assert died == -9

        result = recovered(rig, graph, shape, durability)

        effects = tmp_path / "effects"
        assert ending(rig, shape, result) == expected
        assert (effects.read_text().count("pay") if effects.exists() else 0) == (point != "claimed")


def fail_once(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """Let the ledger be busy at one of the next steps."""
    steps, perform = itertools.count(1), execution.perform

    def busy(*given: Any) -> Any:
        if next(steps) == at:
            raise LedgerBusy("the ledger is locked")
        return perform(*given)

    monkeypatch.setattr(execution, "perform", busy)


def open_questions(graph: Any, rig: Any) -> list[Any]:
    """Return the interrupts that a thread waits with."""
    return list(graph.get_state(rig.thread()).interrupts)


def start(folder: Path, *words: str, crash_at: str | None = None) -> Program:
    """Start a step in a process of its own."""
    more = {"INTERLOCK_CRASH_AT": crash_at} if crash_at else {}
    return Program(PROCESS, str(folder), *words, **more)


def run(folder: Path, *words: str, crash_at: str | None = None) -> int:
    """Run a step to its end; return the exit code, negative for a signal."""
    code, _, errors = start(folder, *words, crash_at=crash_at).ended()
    assert code == 0 or crash_at, errors
    return code


def test_ringing_is_strict(rig: Any) -> None:
    """`resume` asks for strict resumption, so that a race with another process harms nothing."""
    graph = rig.listed()
    graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
    (case,) = rig.gate.inbox.pending()
    rig.gate.inbox.deny(case.id, by="ana", reason="no")

    assert rig.outcomes(resume(graph, rig.thread(), case.id)) == {"c0": "rejected"}
