"""Hush: a held result is seen by nobody, whatever watches the run."""

import json
import logging
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler, CallbackManager
from langchain_core.globals import set_debug, set_verbose
from langchain_core.tools import BaseTool, tool
from langchain_core.tracers import context as tracing
from langchain_core.tracers.context import collect_runs
from langgraph.config import get_stream_writer
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import ToolRuntime

from interlock.graph import execution
from leaks import haystack_contains, sqlite_blob

HELD = 'the "quiet" word: Zoë-4711-heliotrope'
POLICY = """
tools: {look: {effect: read}}
rules:
  - {id: held, match: {tools: [look]}, decision: allow, review_result: true}
"""
MODES = ["values", "updates", "messages", "custom", "tasks", "checkpoints", "debug", "tools"]


class Listener(BaseCallbackHandler):
    """Writes down everything that a callback handler is told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_"):
            return lambda *given, **named: self.heard.append(f"{name} {given} {named}")
        return super().__getattribute__(name)


class Said(list[str]):
    """What was logged."""

    def handler(self) -> logging.Handler:
        said = self

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                said.append(record.getMessage() + str(record.exc_info or ""))

        return Keep(logging.DEBUG)


@pytest.fixture(autouse=True)
def everything_watches() -> Any:
    """Turn on all that LangChain prints and logs."""
    set_debug(True)
    set_verbose(True)
    yield
    set_debug(False)
    set_verbose(False)


@tool
def look(runtime: ToolRuntime) -> dict[str, Any]:
    """Return the held text, and try to say it in every other way."""
    for say in (get_stream_writer(), runtime.stream_writer, runtime.emit_output_delta):
        say({"part": HELD})
    sub = StateGraph(dict).add_node("n", lambda _: {"said": HELD}).add_edge(START, "n").compile()
    sub.invoke({})
    return {"rows": [{"note": HELD}], "deep": json.dumps({"again": HELD})}


@tool
def fail() -> str:
    """Raise the held text."""
    raise ValueError(HELD)


def play(rig: Any, kind: str, tools: list[BaseTool]) -> tuple[str, Any]:
    """Let the tool run under every watcher that works without a loop; return what they saw."""
    listener, said = Listener(), Said()
    root, handler = logging.getLogger(), said.handler()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    saver = rig.sqlite_saver()
    graph = rig.listed(saver, tools=tools)
    config = {**rig.thread(), "callbacks": [listener]}
    try:
        with collect_runs() as collected:
            chunks = list(
                graph.stream(rig.turn((kind, {})), config, stream_mode=MODES, subgraphs=True)
            )
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    runs = [
        run.model_dump_json() if hasattr(run, "model_dump_json") else str(vars(run))
        for run in collected.traced_runs
    ]
    saver.conn.commit()
    return f"{chunks} {listener.heard} {list(said)} {runs}", graph


def leaks(seen: str | bytes) -> list[str]:
    """Return the forms in which the held text is in what was seen."""
    return haystack_contains(seen.encode() if isinstance(seen, str) else seen, HELD)


def databases(folder: Path) -> bytes:
    """Return all that lies in the databases of a folder."""
    return b"".join(sqlite_blob(path) for path in sorted(folder.glob("*.db")))


class TestHeld:
    @pytest.mark.parametrize("kind", ["look", "fail"])
    def test_no_watcher_sees_it(
        self, open_rig: Callable[..., Any], kind: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Streams, callbacks, collectors, logs, the terminal, checkpoints and ledger: nothing."""
        rig = open_rig(POLICY.replace("look", kind))

        seen, graph = play(rig, kind, [look, fail])

        printed = capfd.readouterr()
        assert rig.outcomes(graph.get_state(rig.thread()).values) == {"c0": "quarantined"}
        assert not leaks(seen)
        assert not leaks(printed.out + printed.err)
        assert not leaks(databases(rig.folder))
        assert not leaks(str(list(graph.get_state_history(rig.thread()))))

    @pytest.mark.parametrize("kind", ["look", "fail"])
    async def test_no_event_tells_it(self, open_rig: Callable[..., Any], kind: str) -> None:
        """The events of an awaited run do not hold it."""
        rig = open_rig(POLICY.replace("look", kind))
        graph = rig.listed(tools=[look, fail])

        events = [
            event
            async for event in graph.astream_events(
                rig.turn((kind, {})), rig.thread(), version="v2"
            )
        ]

        assert events
        assert not leaks(str(events))

    @pytest.mark.parametrize("kind", ["look", "fail"])
    def test_a_tools_own_callbacks_are_not_told(
        self, open_rig: Callable[..., Any], kind: str
    ) -> None:
        """Handlers that a tool brings along would publish its result."""
        listener = Listener()
        own = [
            look.model_copy(update={"callbacks": [listener]}),
            fail.model_copy(update={"callbacks": CallbackManager([listener], [listener])}),
        ]

        seen, _ = play(open_rig(POLICY.replace("look", kind)), kind, own)

        assert not leaks(f"{seen} {listener.heard}")

    def test_a_handler_that_the_environment_adds_is_not_told(
        self, open_rig: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """LangChain makes handlers that a package registered for an environment variable."""
        heard: list[str] = []

        class Registered(Listener):
            def __init__(self) -> None:
                self.heard = heard

        monkeypatch.setattr(tracing, "_configure_hooks", [*tracing._configure_hooks])
        monkeypatch.setenv("LISTEN", "1")
        registered: ContextVar[Any] = ContextVar("registered", default=None)
        tracing.register_configure_hook(registered, True, Registered, "LISTEN")

        seen, _ = play(open_rig(POLICY), "look", [look])

        assert heard
        assert not leaks(f"{seen} {heard}")

    def test_it_is_kept_for_the_human(self, open_rig: Callable[..., Any]) -> None:
        """What nobody sees is not lost: a human reads it from the vault."""
        rig = open_rig(POLICY)
        play(rig, "look", [look, fail])

        (held,) = rig.gate.quarantine.list()
        told = rig.gate.quarantine.reveal(held.call_id, reason="to look", by="ana")
        assert HELD in str(told)


class TestLeakyBuilds:
    """The tests above fail when the gate leaks; each build here leaks in one way."""

    def test_a_checkpointer_that_is_passed_on_is_caught(
        self, open_rig: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A graph inside a tool, on the run's checkpointer, keeps the result in its database."""
        from interlock.graph import task

        monkeypatch.setattr(task, "_OUTLETS", frozenset())
        rig = open_rig(POLICY)
        play(rig, "look", [look, fail])

        assert leaks(databases(rig.folder))

    def test_callbacks_that_are_not_stripped_are_caught(
        self, open_rig: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A tool that runs under the run's own configuration is seen by streams and callbacks."""
        monkeypatch.setattr(execution, "for_tool", lambda config: config)

        seen, _ = play(open_rig(POLICY), "look", [look, fail])

        assert leaks(seen)

    def test_a_collector_that_is_not_hushed_is_caught(
        self, open_rig: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the hush a run collector of the surrounding code gets the result."""
        monkeypatch.setattr(execution, "silenced", nullcontext)

        seen, _ = play(open_rig(POLICY), "look", [look, fail])

        assert leaks(seen)

    def test_a_printer_that_is_not_displaced_is_caught(
        self,
        open_rig: Callable[..., Any],
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """Without its stand-in LangChain's debug printer writes the result to the terminal."""
        from interlock.graph import task

        monkeypatch.setattr(task, "deaf_handlers", list)
        play(open_rig(POLICY), "look", [look, fail])

        assert leaks(capfd.readouterr().out)
