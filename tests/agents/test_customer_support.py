"""The support agent end to end: a real graph, a real ledger, a real shop, a scripted model."""

import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import aiosqlite
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, SystemMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from pydantic import Field

from interlock import Gate
from interlock.errors import InterlockError, UnknownId
from interlock.graph.resume import resume
from interlock.testing.scenarios import (
    Approve,
    Event,
    Scenario,
    aplay,
    load_all,
    play,
    scripted,
    shortfalls,
)
from interlock.testing.scripted import ScriptedCall, ScriptedChatModel, ScriptedTurn

SUPPORT = Path(__file__).parents[2] / "agents" / "customer_support"
SCENARIOS = load_all(SUPPORT / "scenarios")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


def bytes_of(folder: Path, name: str) -> bytes:
    """Return what lies in a database and the files beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob(f"{name}.db*")))


@every_scenario
@pytest.mark.parametrize("place", ["memory", "file"])
def test_a_scenario_ends_as_it_says(scenario: Scenario, place: str, rig: Any) -> None:
    """What the gate did, what the model saw and what lies in the shop are as the file says."""
    graph = rig.graph(InMemorySaver() if place == "memory" else rig.file_saver())

    told = play(scenario, rig.gate, graph, leap=rig.clock.advance)

    assert told.finished
    assert shortfalls(scenario, told, rig.shop.rows) == ()


@every_scenario
@pytest.mark.parametrize("place", ["memory", "file"])
async def test_a_scenario_ends_so_on_an_event_loop(
    scenario: Scenario, place: str, rig: Any
) -> None:
    """The asynchronous agent does the same."""
    async with aiosqlite.connect(rig.folder / "threads.db") as file:
        graph = rig.graph(InMemorySaver() if place == "memory" else AsyncSqliteSaver(file))

        told = await aplay(scenario, rig.gate, graph, leap=rig.clock.advance)

        assert told.finished
        assert shortfalls(scenario, told, rig.shop.rows) == ()


@pytest.mark.timeout(30)  # plays every scenario
def test_all_scenarios_play_in_one_shop(rig: Any) -> None:
    """One after the other on one ledger and one shop, none spoils the next; the record verifies."""
    graph = rig.graph(rig.file_saver())

    for scenario in SCENARIOS:
        told = play(scenario, rig.gate, graph, leap=rig.clock.advance)
        assert shortfalls(scenario, told, rig.shop.rows) == (), scenario.name

    assert rig.gate.audit.verify().ok


@every_scenario
def test_what_was_held_back_lies_in_no_file(scenario: Scenario, rig: Any) -> None:
    """No text that the model may not see is in the threads or, in clear, in the ledger.

    Terms that the policy itself names are looked for in the threads only.
    """
    graph = rig.graph(rig.file_saver())
    play(scenario, rig.gate, graph, leap=rig.clock.advance)

    threads, ledger = bytes_of(rig.folder, "threads"), bytes_of(rig.folder, "ledger")
    policy = (rig.agent.POLICY / "policy.yaml").read_text(encoding="utf-8")
    assert scenario.name.encode() in threads
    for text in scenario.expect.unseen:
        assert text.encode() not in threads
        assert text.encode() not in ledger or text in policy


@every_scenario
def test_nobody_answers_and_nothing_that_asks_runs(scenario: Scenario, rig: Any) -> None:
    """A thread whose question stays open has moved no money, sent no mail and stands still."""
    tables = ("refunds", "credits", "outbox", "notes")
    before = {table: rig.shop.rows(f"SELECT * FROM {table}") for table in tables}

    told = play(scenario, rig.gate, rig.graph(InMemorySaver()), human=lambda _: None)

    if scenario.expect.asked:
        assert not told.finished
        assert {table: rig.shop.rows(f"SELECT * FROM {table}") for table in tables} == before
        assert [case.id for case in rig.gate.inbox.pending()] == list(told.waiting)
    else:
        assert told.finished


def test_another_process_resumes_what_was_left(
    rig: Any, agent_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the files alone, `apps` finds the thread, and a resume lets the approved call run."""
    scenario = BY_NAME["large_refund_approved"]
    left = play(scenario, rig.gate, rig.graph(rig.file_saver()), human=lambda _: None)
    rig.gate.close()
    ledger = f"sqlite:///{rig.folder / 'ledger.db'}"
    monkeypatch.setenv("INTERLOCK_LEDGER", ledger)
    monkeypatch.setenv("INTERLOCK_DEMO_DIR", str(rig.folder))
    monkeypatch.setenv("INTERLOCK_STATE_DIR", str(rig.folder))

    with Gate.open(ledger=ledger, state=rig.folder) as desk:
        desk.inbox.approve(left.waiting[0], by="ana", reason="photo checked")
    graph = agent_module.apps()["customer_support"]
    config = {"configurable": {"thread_id": left.thread_id}}
    resume(graph, config, left.waiting[0])

    assert graph.get_state(config).next == ()
    assert rig.shop.rows(scenario.expect.world[0].sql) == [{"amount_cents": 24900}]


def test_a_second_resume_has_no_second_effect(rig: Any) -> None:
    """Waking a thread again after its end pays nothing again."""
    scenario = BY_NAME["large_refund_approved"]
    graph = rig.graph(rig.file_saver())
    asked: list[str] = []
    told = play(
        scenario,
        rig.gate,
        graph,
        on_event=lambda event: asked.append(event.call) if event.kind == "asked" else None,
    )
    config = {"configurable": {"thread_id": told.thread_id}}

    for _ in range(2):
        with pytest.raises(UnknownId, match="waits for nothing"):
            resume(graph, config, asked[0])

    assert rig.shop.rows(scenario.expect.world[0].sql) == [{"amount_cents": 24900}]


def test_an_answer_that_does_not_count_is_asked_for_again(rig: Any) -> None:
    """An approval without the reason that its risk needs is refused with words, then given."""
    scenario = BY_NAME["large_refund_approved"]
    steps = iter([Approve(by="ana"), Approve(by="ana", reason="photo checked")])
    told: list[Event] = []

    ended = play(scenario, rig.gate, rig.graph(InMemorySaver()), lambda _: next(steps), told.append)

    assert [event.kind for event in told if event.tool == "refund.issue"] == [
        "proposed",
        "asked",
        "refused",
        "answered",
        "ended",
    ]
    assert "needs a reason" in next(event.words for event in told if event.kind == "refused")
    assert ended.counts["approved"] == 1


def test_an_editor_s_call_is_shown_as_it_ran(rig: Any) -> None:
    """The model is told that its arguments were changed, so that it does not repeat its own."""
    told = play(BY_NAME["edit_allowed"], rig.gate, rig.graph(InMemorySaver()))

    answer = next(message for message in told.messages if isinstance(message, ToolMessage))
    assert "A reviewer changed the arguments" in str(answer.content)
    assert '"amount":40' in str(answer.content)


def test_time_passes_only_with_a_clock_that_leaps(rig: Any) -> None:
    """A scenario that lets hours pass says so when it is played without such a clock."""
    with pytest.raises(InterlockError, match="play it with `leap`"):
        play(BY_NAME["too_late"], rig.gate, rig.graph(InMemorySaver()))


def test_the_people_of_a_scenario_are_all_needed() -> None:
    """No scenario has a step that nobody asks for: steps are as many as questions and answers."""
    for scenario in SCENARIOS:
        assert len(scenario.human) == scenario.expect.asked, scenario.name
        assert scripted(scenario)


class Overhearing(ScriptedChatModel):
    """A provider that takes no dots in names, and keeps what it was sent."""

    sent: list[Any] = Field(default_factory=list)

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        self.sent.append(tools)
        return super().bind_tools(tools, **options)

    def _generate(self, messages: Any, *args: Any, **options: Any) -> Any:
        self.sent.append(messages)
        return super()._generate(messages, *args, **options)


def test_a_provider_sees_names_without_dots(rig: Any) -> None:
    """On the wire names have no dots, and come back as the policy knows them."""
    call = ScriptedCall(id="a", tool="orders__get", args={"order_id": "ord_1001"})
    turns = (ScriptedTurn(text="Looking.", calls=(call,)), ScriptedTurn(text="Done."))
    model = Overhearing(turns=turns)

    state = rig.graph(InMemorySaver(), model).invoke(
        {"messages": [("user", "hello")]}, {"configurable": {"thread_id": "t"}}
    )

    tools, _, second = model.sent
    names = {tool["function"]["name"] for tool in tools}
    assert "refund__issue" in names
    assert not any("." in name for name in names)
    assert all("_interlock" in tool["function"]["parameters"]["properties"] for tool in tools)
    assert isinstance(second[0], SystemMessage)
    assert second[2].tool_calls[0]["name"] == second[3].name == "orders__get"
    proposed, answered = state["messages"][1:3]
    assert isinstance(proposed, AIMessage)
    assert proposed.tool_calls[0]["name"] == answered.name == "orders.get"
    assert answered.artifact["interlock"]["outcome"] == "released"


def test_words_are_streamed_as_they_come(rig: Any) -> None:
    """A chat client that streams gets the model's words, and no result before it is inspected."""
    scenario = BY_NAME["record_redacted"]
    graph = rig.graph(InMemorySaver())
    entry = {"messages": [("user", scenario.says)]}
    config = {"configurable": {"thread_id": "t"}}

    streamed = [chunk for chunk, _ in graph.stream(entry, config, stream_mode="messages")]

    words = [chunk.text for chunk in streamed if isinstance(chunk, AIMessageChunk)]
    assert "".join(words) == "We have rosa.delgado@mail.example."
    assert len([word for word in words if word]) == 3
    assert not any(text in str(streamed) for text in scenario.expect.unseen)


def test_a_model_that_is_not_installed_is_one_line(
    agent_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing provider, a missing LangChain and a name without provider say what to install."""
    with pytest.raises(InterlockError, match="langchain-openai"):
        agent_module.chat_model("openai:some-model")
    with pytest.raises(InterlockError, match="Unable to infer model provider"):
        agent_module.chat_model("nonsense")
    monkeypatch.setitem(sys.modules, "langchain.chat_models", None)
    monkeypatch.setenv("INTERLOCK_MODEL", "openai:some-model")
    with pytest.raises(InterlockError, match=r"install `interlock\[models\]`"):
        agent_module.chat_model()


def test_the_folder_runs_from_anywhere(tmp_path: Path, load: Any, make_rig: Any) -> None:
    """A copy of the agent and its pack, as a package carries them, plays on its own."""
    root = SUPPORT.parents[1]
    for part in ("agents/customer_support", "policies/customer_support"):
        shutil.copytree(root / part, tmp_path / "_demo" / part)
    copy = load(tmp_path / "_demo" / "agents" / "customer_support" / "agent.py")
    rig = make_rig(copy, tmp_path / "state")

    scenario = copy.load_all(copy.SCENARIOS)[0]
    told = play(scenario, rig.gate, rig.graph(InMemorySaver()))

    assert copy.POLICY.is_relative_to(tmp_path)
    assert shortfalls(scenario, told, rig.shop.rows) == ()
