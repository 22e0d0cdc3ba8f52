"""Deliver: questions keep to their requests, and held calls to their siblings."""

from collections.abc import Callable
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph
from langgraph.types import Command, Send

from interlock.clock import FrozenClock
from interlock.graph import delivery
from interlock.graph.delivery import NOT_COUNTED, is_paused, standing
from interlock.graph.resume import resume


@pytest.fixture
def call_of(rig: Any) -> Callable[[str], str]:
    """Find a call's id by its tool."""

    def find(tool: str) -> str:
        return next(c.id for c in rig.gate.audit.calls("t") if c.proposal.tool == tool)

    return find


class Pausing(InMemorySaver):
    """Keeps checkpoints; looks first at who could be told of a pause before it is kept."""

    def __init__(self, look: Callable[[list[Any]], None]) -> None:
        super().__init__()
        self._look = look

    def put_writes(self, config: Any, writes: Any, *given: Any, **more: Any) -> None:
        """Look, then keep."""
        paused = [one for name, values in writes if name == "__interrupt__" for one in values]
        if paused:
            self._look(paused)
        super().put_writes(config, writes, *given, **more)


class TestTelling:
    @pytest.mark.parametrize("shape", ["listed", "sent"])
    def test_r15_a_question_is_durable_before_anyone_is_told(self, rig: Any, shape: str) -> None:
        """R15: when a graph pauses, other processes find the request that its question names."""
        found: list[bool] = []

        def look(paused: list[Any]) -> None:
            other = rig.reopen()
            waiting = {case.id for case in other.gate.inbox.pending()}
            found.extend(one.value["interlock"]["request_id"] in waiting for one in paused)
            other.gate.close()

        getattr(rig, shape)(Pausing(look)).invoke(rig.turn(("pay", {"x": 1})), rig.thread())

        assert found == [True]

    def test_r15_an_answer_before_the_pause_is_kept_waits_for_it(self, rig: Any) -> None:
        """R15: who is told early and approves, while the pause itself gets lost, is heard once."""

        def answer_then_die(_: list[Any]) -> None:
            other = rig.reopen()
            (case,) = other.gate.inbox.pending()
            other.gate.inbox.approve(case.id, by="ana")
            other.gate.close()
            raise OSError("no space left")

        turn, saver = rig.turn(("pay", {"x": 1})), Pausing(answer_then_die)
        with pytest.raises(OSError, match="no space"):
            rig.listed(saver).invoke(turn, rig.thread())
        assert rig.ran == []

        result = rig.listed(InMemorySaver()).invoke(turn, rig.thread())

        assert rig.outcomes(result) == {"c0": "released"}
        assert rig.ran == [("pay", 1)]


class TestQuestions:
    def test_a_question_stays_about_its_request(self, rig: Any) -> None:
        """A yes to a question whose request was decided elsewhere is not a yes to the next one.

        The task is run again before any answer came, so the first question of the task is shown
        about the second call; an answer to it still belongs to the first.
        """
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
        first, _ = rig.gate.inbox.pending()
        rig.gate.inbox.approve(first.id, by="ana")
        (shown,) = rig.asked(graph.invoke(None, rig.thread()))
        assert shown["action_requests"][0]["args"] == {"x": 2}

        (again,) = rig.asked(graph.invoke(Command(resume="approve"), rig.thread()))

        assert again["interlock"]["error"] == NOT_COUNTED
        assert len(rig.gate.inbox.pending()) == 1
        assert rig.ran == []

        graph.invoke(Command(resume="approve"), rig.thread())
        assert sorted(rig.ran) == [("pay", 1), ("pay", 2)]

    def test_each_question_says_why_the_last_answer_did_nothing(self, rig: Any) -> None:
        """Troubles are told once, with the question that follows."""
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        (second,) = rig.asked(graph.invoke(Command(resume="maybe"), rig.thread()))
        (third,) = rig.asked(graph.invoke(Command(resume=[1]), rig.thread()))

        assert "neither" in second["interlock"]["error"]
        assert "no object" in third["interlock"]["error"]

    def test_a_bell_is_no_trouble(self, rig: Any) -> None:
        """A doorbell without a verdict asks again without complaint."""
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        bell = {"interlock": {"doorbell": True}}
        (again,) = rig.asked(graph.invoke(Command(resume=bell), rig.thread()))

        assert "error" not in again["interlock"]


class TestHeld:
    @pytest.mark.parametrize("shape", ["sent", "listed"])
    def test_a_held_call_runs_in_the_resume_that_frees_it(self, rig: Any, shape: str) -> None:
        """One inline answer ends the turn: the held sibling waits a moment for the verdict."""
        graph = getattr(rig, shape)()
        first = graph.invoke(rig.turn(("pay", {"x": 1}), ("write", {"x": 2})), rig.thread())
        ids = {i.value["interlock"]["request_id"]: i.id for i in first["__interrupt__"]}
        (case,) = rig.gate.inbox.pending()

        result = graph.invoke(Command(resume={ids[case.id]: "approve"}), rig.thread())

        assert rig.asked(result) == []
        assert sorted(rig.ran) == [("pay", 1), ("write", 2)]

    def test_answers_that_come_together_free_each_other(self, rig: Any) -> None:
        """Whoever hears its own answer first waits a moment for its siblings' too."""
        graph = rig.sent()
        calls = [("pay", {"x": at}) for at in range(6)]
        asked = graph.invoke(rig.turn(*calls), rig.thread())["__interrupt__"]

        result = graph.invoke(Command(resume={i.id: "approve" for i in asked}), rig.thread())

        assert rig.asked(result) == []
        assert sorted(rig.ran) == [("pay", at) for at in range(6)]

    def test_a_held_call_does_not_wait_for_ever(self, rig: Any) -> None:
        """Where the verdict does not come, the held call pauses behind its sibling again."""
        graph = rig.sent()
        first = graph.invoke(rig.turn(("wire", {"x": 1}), ("write", {"x": 2})), rig.thread())
        held = next(i for i in first["__interrupt__"] if "held_behind" in i.value["interlock"])

        again = graph.invoke(Command(resume={held.id: "approve"}), rig.thread())

        payloads = [value["interlock"] for value in rig.asked(again)]
        (request,) = [p["request_id"] for p in payloads if p["request_id"]]
        assert [p["held_behind"] for p in payloads if "held_behind" in p] == [[request]]
        told = held.value["action_requests"][0]["description"]
        assert told.startswith("```text\n")
        assert told.count("```") == 2
        assert rig.ran == []

    def test_a_held_call_runs_when_its_sibling_is_refused(self, rig: Any) -> None:
        """However the sibling ends, the held call goes on by itself."""
        graph = rig.sent()
        graph.invoke(rig.turn(("pay", {"x": 1}), ("write", {"x": 2})), rig.thread())
        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.deny(case.id, by="ana", reason="no")
        ids = [i.id for i in graph.get_state(rig.thread()).interrupts]

        result = graph.invoke(Command(resume=dict.fromkeys(ids, "approve")), rig.thread())

        assert rig.outcomes(result) == {"c0": "rejected", "c1": "released"}
        assert rig.ran == [("write", 2)]

    def test_a_call_that_is_held_for_the_first_time_pauses_at_once(
        self, open_rig: Callable[..., Any]
    ) -> None:
        """In a run that was resumed for an earlier turn, a new turn's held call does not dawdle."""
        clock = FrozenClock()
        rig = open_rig(clock=clock)
        turns = iter([rig.turn(("pay", {"x": 2}), ("write", {"x": 3}), id="m2")["messages"][0]])
        builder = StateGraph(rig.Messages).add_node("tools", rig.node())
        builder.add_node("model", lambda _: {"messages": [next(turns)]})

        def send(state: Any) -> list[Send]:
            return [Send("tools", [call]) for call in state["messages"][-1].tool_calls]

        builder.add_conditional_edges(START, send, ["tools"]).add_edge("tools", "model")
        graph = builder.add_conditional_edges("model", send, ["tools"]).compile(rig.saver())
        first = graph.invoke(rig.turn(("pay", {"x": 1})), rig.thread())
        before, (question,) = clock.now(), first["__interrupt__"]

        result = graph.invoke(Command(resume={question.id: "approve"}), rig.thread())

        assert len(rig.asked(result)) == 2
        assert clock.now() == before


class TestStanding:
    def test_looking_takes_nothing(self, rig: Any, call_of: Callable[[str], str]) -> None:
        """Whoever asks what stands in a call's way does not get to run it."""
        rig.listed().invoke(rig.turn(("pay", {"x": 1}), ("write", {"x": 2})), rig.thread())
        conductor = rig.gate.conductor
        assert is_paused(conductor, call_of("pay"))
        assert is_paused(conductor, call_of("write"))

        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.deny(case.id, by="ana", reason="no")

        assert standing(conductor, call_of("pay")) is None
        assert standing(conductor, call_of("write")) is None
        assert not is_paused(conductor, call_of("write"))
        assert rig.ran == []

    def test_a_call_that_was_looked_at_still_runs_once(
        self, rig: Any, call_of: Callable[[str], str]
    ) -> None:
        """Giving a claim back leaves the call as it was."""
        graph = rig.listed()
        graph.invoke(rig.turn(("pay", {"x": 1}), ("write", {"x": 2})), rig.thread())
        (case,) = rig.gate.inbox.pending()
        rig.gate.inbox.deny(case.id, by="ana", reason="no")
        standing(rig.gate.conductor, call_of("write"))

        result = graph.invoke(Command(resume="approve"), rig.thread())

        assert rig.outcomes(result) == {"c0": "rejected", "c1": "released"}
        assert rig.ran == [("write", 2)]


def test_the_grace_is_counted_in_polls() -> None:
    """A held call looks often enough to fill its grace, and not for ever."""
    assert 1 <= delivery._GRACE_POLLS <= 100


WINDOW = """
version: v1
tools:
  write: {topic: test.write, effect: non_idempotent}
  pay: {topic: test.pay, effect: non_idempotent}
rules:
  - {id: told, match: {tools: [write]}, decision: notify, veto_window_sec: 60}
  - {id: asked, match: {tools: [pay]}, decision: require_approval}
"""


class TestWindow:
    @pytest.fixture
    def told(self, open_rig: Callable[..., Any]) -> Any:
        """A gate that tells people of writes, and gives them a minute."""
        return open_rig(WINDOW, clock=FrozenClock())

    @pytest.mark.parametrize("shape", ["sent", "listed"])
    def test_a_thread_pauses_and_goes_on_when_it_is_over(self, told: Any, shape: str) -> None:
        """The question says until when; a bell before that changes nothing, one after it runs."""
        graph = getattr(told, shape)()
        (shown,) = told.asked(graph.invoke(told.turn(("write", {"x": 1})), told.thread()))
        call = told.gate.inbox.oversight()[0].call_id
        assert shown["interlock"]["held_behind"] == [call]
        assert "interlock veto" in shown["action_requests"][0]["description"]

        early = resume(graph, told.thread(), call)
        assert (told.ran, len(told.asked(early))) == ([], 1)
        told.gate.conductor.ports.clock.advance(61)
        done = resume(graph, told.thread(), call)
        assert told.ran == [("write", 1)]
        assert told.outcomes(done) == {"c0": "released"}

    @pytest.mark.parametrize("shape", ["sent", "listed"])
    def test_a_vetoed_thread_gets_its_answer(self, told: Any, shape: str) -> None:
        """After a veto the thread goes on without the call, whenever it is rung for."""
        graph = getattr(told, shape)()
        graph.invoke(told.turn(("write", {"x": 1})), told.thread())
        call = told.gate.inbox.oversight()[0].call_id
        told.gate.inbox.veto(call, by="ana", reason="no")
        told.gate.conductor.ports.clock.advance(61)

        assert told.outcomes(resume(graph, told.thread(), call)) == {"c0": "vetoed"}
        assert told.ran == []

    @pytest.mark.parametrize("shape", ["sent", "listed"])
    def test_beside_a_question(self, told: Any, shape: str) -> None:
        """A question of the turn is asked first; when it is answered, the window counts still."""
        graph = getattr(told, shape)()
        graph.invoke(told.turn(("pay", {"x": 1}), ("write", {"x": 2})), told.thread())
        (case,) = told.gate.inbox.pending()
        told.gate.inbox.approve(case.id, by="ana", reason="ok")
        for _ in range(2):
            resume(graph, told.thread(), case.id)
        assert told.ran == [("pay", 1)]
        told.gate.conductor.ports.clock.advance(61)
        done = resume(graph, told.thread(), told.gate.inbox.oversight()[0].call_id)

        assert told.outcomes(done) == {"c0": "released", "c1": "released"}
        assert told.ran == [("pay", 1), ("write", 2)]

    def test_the_gate_as_a_graph(self, told: Any) -> None:
        """The gate's own graph pauses in its review node, and runs after the window."""
        graph = told.gate.graph(told.tools, checkpointer=told.saver())
        call = {"name": "write", "args": {"x": 1}, "id": "c0"}
        first = graph.invoke({"call": call, "agent": "bot"}, told.thread())
        held = told.asked(first)[0]["interlock"]["held_behind"][0]
        assert told.ran == []
        told.gate.conductor.ports.clock.advance(61)

        done = resume(graph, told.thread(), held)
        assert done["answer"]["ending"] == "released"
        assert told.ran == [("write", 1)]
