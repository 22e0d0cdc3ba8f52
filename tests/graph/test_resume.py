"""Ring: a thread goes on from any process, and nothing else does."""

from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from interlock.errors import LedgerBusy, UnknownId
from interlock.graph import execution
from interlock.graph.resume import aresume, paused, resume


def test_a_decided_thread_goes_on_in_another_process(rig: Any) -> None:
    """A gate, graph and saver opened anew on the same files resume the thread; it runs once."""
    rig.sent(rig.sqlite_saver()).invoke(rig.turn(("wire", {"x": 1})), rig.thread())

    later = rig.reopen()
    (case,) = later.gate.inbox.pending()
    later.gate.inbox.approve(case.id, by="ana", reason="ok")
    result = resume(later.sent(later.sqlite_saver()), later.thread(), case.id)

    assert later.outcomes(result) == {"c0": "released"}
    assert rig.ran == [("wire", 1)]


def test_only_the_question_that_is_meant_is_rung(rig: Any) -> None:
    """With two questions open, the other one stays open under the same id.

    The approved call is held behind its sibling; when that one ends, both have run once.
    """
    graph = rig.sent()
    graph.invoke(rig.turn(("wire", {"x": 1}), ("wire", {"x": 2})), rig.thread())
    first, second = paused(graph, rig.thread())
    rig.gate.inbox.approve(first.requests[0], by="ana", reason="ok")

    resume(graph, rig.thread(), first.requests[0])
    assert second in paused(graph, rig.thread())
    assert rig.ran == []

    rig.gate.inbox.deny(second.requests[0], by="ana", reason="no")
    result = resume(graph, rig.thread(), second.requests[0])
    assert sorted(rig.outcomes(result).values()) == ["rejected", "released"]
    assert len(rig.ran) == 1


def test_ringing_without_a_verdict_asks_again(rig: Any) -> None:
    """A doorbell that nobody answered leaves the question open and nothing run."""
    graph = rig.listed()
    graph.invoke(rig.turn(("wire", {"x": 1})), rig.thread())
    (case,) = rig.gate.inbox.pending()

    assert len(rig.asked(resume(graph, rig.thread(), case.id))) == 1
    assert rig.ran == []


def test_an_edited_request_finds_its_thread(rig: Any) -> None:
    """The request of an edited call rings the question that shows the call as it was."""
    graph = rig.listed()
    graph.invoke(rig.turn(("wire", {"x": 100})), rig.thread())
    (case,) = rig.gate.inbox.pending()
    edited = rig.gate.inbox.edit(case.id, args={"x": 1}, by="ana")
    rig.gate.inbox.approve(edited.id, by="ben", reason="ok")

    assert rig.outcomes(resume(graph, rig.thread(), edited.id)) == {"c0": "released"}
    assert rig.ran == [("wire", 1)]


def test_a_thread_that_waits_for_nothing_says_so(rig: Any) -> None:
    """Ringing at a finished or unknown thread is an error, and runs nothing."""
    graph = rig.listed()
    graph.invoke(rig.turn(("look", {})), rig.thread())

    for name in ("t", "unknown"):
        with pytest.raises(UnknownId, match="waits for nothing"):
            resume(graph, rig.thread(name), "req_x")


async def test_it_works_awaited(rig: Any) -> None:
    """The asynchronous twin rings as well, in the gate's own graph."""
    graph = rig.gate.graph(rig.tools, checkpointer=InMemorySaver())
    call = {"call": {"name": "wire", "args": {"x": 1}, "id": "c0"}, "agent": "bot"}
    await graph.ainvoke(call, rig.thread())
    (case,) = rig.gate.inbox.pending()
    rig.gate.inbox.approve(case.id, by="ana", reason="ok")

    result = await aresume(graph, rig.thread(), case.id)

    assert result["answer"]["ending"] == "released"
    assert rig.ran == [("wire", 1)]


def test_a_stale_ring_does_not_answer_the_next_question(rig: Any) -> None:
    """A command made for a question that was answered meanwhile is refused by LangGraph."""
    graph = rig.listed()
    graph.invoke(rig.turn(("pay", {"x": 1}), ("pay", {"x": 2})), rig.thread())
    (first,) = paused(graph, rig.thread())
    rig.gate.inbox.approve(first.requests[0], by="ana")
    resume(graph, rig.thread(), first.requests[0])
    (second,) = paused(graph, rig.thread())

    resume(graph, rig.thread(), first.requests[0])

    assert rig.ran == []
    assert rig.gate.inbox.show(second.requests[0]).state == "pending"


def test_a_run_that_was_broken_off_goes_on(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that failed after its answer, and waits for nobody, is continued all the same."""
    graph = rig.gate.graph(rig.tools, checkpointer=rig.sqlite_saver())
    call = {"name": "pay", "args": {"x": 1}, "id": "c0"}
    graph.invoke({"call": call, "agent": "bot", "turn": "m1"}, rig.thread())
    (case,) = rig.gate.inbox.pending()

    def busy(*_: Any) -> Any:
        raise LedgerBusy("the ledger is locked")

    with monkeypatch.context() as patch:
        patch.setattr(execution, "perform", busy)
        with pytest.raises(LedgerBusy):
            graph.invoke(Command(resume="approve"), rig.thread())
    assert graph.get_state(rig.thread()).interrupts == ()

    assert resume(graph, rig.thread(), case.id)["answer"]["ending"] == "released"
    assert rig.ran == [("pay", 1)]
