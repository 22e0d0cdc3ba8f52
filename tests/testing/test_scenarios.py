"""The player: it asks, votes in the inbox, wakes the thread, and stops where nobody answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph

from interlock import Gate, Policy
from interlock.errors import InterlockError
from interlock.graph.resume import resume
from interlock.testing.scenario import Expectation, Respond
from interlock.testing.scenarios import (
    Approve,
    Cancel,
    Edit,
    Event,
    Human,
    HumanStep,
    LeapClock,
    Refuse,
    Scenario,
    TooLate,
    aplay,
    play,
)
from interlock.testing.scripted import ScriptedCall, ScriptedChatModel, ScriptedTurn

POLICY = """\
version: v1
tools:
  "mail.*": {risk_tags: [write]}
rules:
  - {match: {tools: [mail.draft]}, decision: allow}
  - {match: {tools: [mail.send]}, decision: require_approval, review: {editor_may_approve: true}}
"""

SENT: list[str] = []


@tool("mail.send")
def send_mail(to: str) -> str:
    """Send a mail."""
    SENT.append(to)
    return f"sent to {to}"


@tool("mail.draft")
def draft_mail(to: str) -> str:
    """Draft a mail."""
    return f"a draft to {to}"


def scenario(*human: HumanStep, calls: int = 1) -> Scenario:
    made = [ScriptedCall(id=f"c{n}", tool="mail.send", args={"to": f"p{n}"}) for n in range(calls)]
    turns = (ScriptedTurn(calls=tuple(made)), ScriptedTurn(text="bye"))
    expect = Expectation(calls=calls)
    return Scenario(
        name="mail", title="", shows="", says="hello", turns=turns, human=human, expect=expect
    )


class Post:
    """A gate, its clock, and agents that send mail through it."""

    def __init__(self, folder: Path) -> None:
        self.clock = LeapClock()
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        self.gate = Gate.open(Policy.parse(POLICY), ledger=ledger, clock=self.clock, state=folder)

    def agent(self, played: Scenario) -> Any:
        model = ScriptedChatModel(turns=played.turns)

        async def speak(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        def say(state: MessagesState) -> dict[str, Any]:
            return {"messages": [model.invoke(state["messages"])]}

        builder = StateGraph(MessagesState)
        builder.add_node("model", RunnableLambda(say, speak))
        builder.add_node("tools", self.gate.tool_node([send_mail, draft_mail], agent="bot"))
        builder.add_edge(START, "model")
        builder.add_conditional_edges(
            "model", lambda state: "tools" if state["messages"][-1].tool_calls else END
        )
        builder.add_edge("tools", "model")
        return builder.compile(checkpointer=self.gate.saver(InMemorySaver()))

    def play(self, played: Scenario, human: Human | None = None, **options: Any) -> Any:
        options.setdefault("leap", self.clock.advance)
        return play(played, self.gate, self.agent(played), human, **options)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    SENT.clear()
    made = Post(tmp_path)
    yield made
    made.gate.close()


@pytest.mark.parametrize(
    ("steps", "ending", "sent"),
    [
        ([Approve()], "released", ["p0"]),
        ([Refuse(reason="no")], "rejected", []),
        ([Cancel()], "cancelled", []),
        ([Respond(message="write a letter")], "responded", []),
        ([TooLate(after_s=14401)], "expired", []),
        ([Edit(args={"to": "q"}), Approve()], "released", ["q"]),
        ([Edit(args={"to": "q"}), Edit(args={"to": "r"}), Refuse()], "rejected", []),
        ([Edit(args={"to": "q"}, tool="mail.draft")], "released", []),
    ],
)
def test_every_answer_does_what_it_says(
    steps: list[HumanStep], ending: str, sent: list[str], post: Post
) -> None:
    """Each kind of answer reaches the gate, and only what was approved has an effect."""
    told = post.play(scenario(*steps))

    assert told.finished
    assert told.answers == {"c0": ending}
    assert sent == SENT
    assert told.counts["asked"] == len(steps)


async def test_async_plays_the_same(post: Post) -> None:
    """`aplay` asks, votes and wakes as `play` does."""
    played = scenario(Edit(args={"to": "q"}), Approve())

    told = await aplay(played, post.gate, post.agent(played), leap=post.clock.advance)

    assert (told.answers, SENT) == ({"c0": "released"}, ["q"])


def test_where_nobody_answers_the_play_stops(post: Post) -> None:
    """Open questions are reported by request, the first one told of as waiting."""
    told_of: list[Event] = []
    told = post.play(scenario(calls=2), on_event=told_of.append, thread_id="t-1")

    assert told.thread_id == "t-1"
    assert not told.finished
    assert set(told.waiting) <= {case.id for case in post.gate.inbox.pending("t-1")}
    assert [event.kind for event in told_of][-2:] == ["asked", "waiting"]
    assert SENT == []


def test_people_see_the_case_of_the_inbox(post: Post) -> None:
    """A person is shown what any reviewer is shown, and each question once."""
    seen: list[Any] = []

    def human(case: Any) -> HumanStep:
        seen.append(case)
        return Approve(by="ana")

    told = post.play(scenario(calls=2), human)

    assert [case.args for case in seen] == [{"to": "p0"}, {"to": "p1"}]
    assert told.counts["approved"] == told.counts["asked"] == 2
    assert SENT == ["p0", "p1"]


def test_an_answer_that_does_not_count_changes_nothing(post: Post) -> None:
    """A refused answer is told of with its words, and the person is asked again."""
    told_of: list[Event] = []
    steps = [Edit(args={"to": 5}), Edit(args={"to": "p0"}), Refuse(by="ana")]

    told = post.play(scenario(*steps), on_event=told_of.append)

    refused = [event.words for event in told_of if event.kind == "refused"]
    assert len(refused) == 2
    assert "do not fit `mail.send`" in refused[0]
    assert "same as before" in refused[1]
    assert told.answers == {"c0": "rejected"}


def test_time_needs_a_clock_that_leaps(post: Post) -> None:
    """Without `leap` no time passes, and the play says what it needs."""
    with pytest.raises(InterlockError, match="lets time pass; play it with `leap`"):
        post.play(scenario(TooLate(after_s=1)), leap=None)


def test_too_early_is_no_answer(post: Post) -> None:
    """A request that is not over yet stays open when the thread is woken, and is asked again."""
    told = post.play(scenario(TooLate(after_s=10), TooLate(after_s=14400)))

    assert told.answers == {"c0": "expired"}
    assert told.counts["asked"] == 1


@pytest.mark.parametrize("woken", [False, True], ids=["decided", "decided and resumed"])
def test_somebody_else_may_be_faster(woken: bool, post: Post) -> None:
    """An answer that comes second counts for nothing, and the play goes on with the first."""
    played = scenario()
    graph = post.agent(played)
    told_of: list[Event] = []

    def human(case: Any) -> HumanStep:
        post.gate.inbox.approve(case.id, by="ben")
        if woken:
            resume(graph, {"configurable": {"thread_id": case.thread_id}}, case.id)
        return Refuse(by="ana")

    told = play(played, post.gate, graph, human, told_of.append)

    assert told.finished
    assert (told.answers, SENT) == ({"c0": "released"}, ["p0"])
    assert ["already approved" in event.words for event in told_of if event.kind == "refused"]
