"""Door: the two ways to a suite's tools, straight and through the gate.

The gate's figures come from the tools themselves (did it run?) and from the gate's own answers
(was a human asked, how did it end?), never from what the policy was meant to do.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command

from benchmarks.replay.episode import Play, Reviewer
from benchmarks.replay.host import FULL, Host, facts, text_of
from benchmarks.replay.suite import Step, Suite, Tool, ToolFailed, World
from interlock import Gate, Policy

AGENT = "replayed-model"
PERSON = "rhea"


class BareDoor:
    """The tools with nothing in front of them: what happens without a gate."""

    reviewer: Reviewer | None = None

    def __init__(self, suite: Suite) -> None:
        """Play a suite's calls as they are."""
        self._suite = suite
        self._world: World = None

    def enter(self, world: World, thread: str) -> None:
        """Start an episode."""
        del thread
        self._world = world

    def play(self, step: Step, injected: bool) -> Play:
        """Run the tool."""
        try:
            raw = self._suite.act(self._world, step)
        except ToolFailed as error:
            raw = str(error)
        return Play(step, injected, asked=False, ran=True, ending="bare", raw=raw, got=raw)


class GatedDoor:
    """The same tools behind `gate.graph`, with a scripted person at the inbox."""

    def __init__(
        self, suite: Suite, pack: Path | Policy, folder: Path, reviewer: Reviewer, host: Host = FULL
    ) -> None:
        """Open a gate with the pack's policy; ledger and checkpoints lie in `folder`."""
        self.reviewer: Reviewer | None = reviewer
        self._suite, self._host, self._alarmed = suite, host, False
        self._world: World = None
        self._thread, self._calls = "", 0
        self._ran: list[Any] = []
        self._tool_s = 0.0
        self._closing = ExitStack()
        self._gate = Gate.open(pack, ledger=f"sqlite:///{folder / 'ledger.db'}")
        self._closing.callback(self._gate.close)
        saver = self._closing.enter_context(
            SqliteSaver.from_conn_string(str(folder / "checkpoints.db"))
        )
        tools = [self._tool(tool) for tool in suite.tools]
        self._graph = self._gate.graph(tools, checkpointer=saver)

    def __enter__(self) -> Self:
        """Use as a context; the gate closes at its end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close gate and saver."""
        self._closing.close()

    def enter(self, world: World, thread: str) -> None:
        """Start an episode on a thread of its own."""
        self._world, self._thread, self._calls, self._alarmed = world, thread, 0, False

    def play(self, step: Step, injected: bool) -> Play:
        """Take one call through the gate: propose, answer what is asked, read the answer."""
        self._ran, self._tool_s, self._calls = [], 0.0, self._calls + 1
        config = {"configurable": {"thread_id": f"{self._thread}#{self._calls}"}}
        with stopwatch() as spent:
            state = self._graph.invoke(self._call(step), config)
        gate_s = spent[0]
        if asked := bool(state.get("__interrupt__")):
            self._answer(state["__interrupt__"][0].value["interlock"]["request_id"], injected)
            with stopwatch() as spent:
                state = self._graph.invoke(Command(resume=True), config)
            gate_s += spent[0]
        return self._played(step, injected, asked, state, (gate_s - self._tool_s) * 1000)

    def _call(self, step: Step) -> dict[str, Any]:
        """Write the gate's input: the call, and what the host says of it."""
        said: dict[str, Any] = {"agent": AGENT}
        if self._host.counts:
            said["context"] = facts(step.args, self._suite.known(self._world))
        if self._host.alarms:
            said["signals"] = {"anomaly_score": float(self._alarmed)}
        return {"call": {"name": step.tool, "args": step.args, "id": f"call-{self._calls}"}, **said}

    def _answer(self, request_id: str, injected: bool) -> None:
        if self.reviewer == "careful" and injected:
            self._gate.inbox.deny(request_id, by=PERSON, reason="the user did not ask for this")
        else:
            self._gate.inbox.approve(request_id, by=PERSON, reason="part of the user's task")

    def _played(
        self, step: Step, injected: bool, asked: bool, state: dict[str, Any], gate_ms: float
    ) -> Play:
        answer = state["answer"]
        review = answer["record"].get("output_review") or {}
        found = tuple(
            f"{part['field']} {part['reason']} {part['action']}"
            for part in review.get("redaction_details", ())
        )
        ran = bool(self._ran)
        self._alarmed = self._alarmed or answer["ending"] == "quarantined"
        return Play(
            step,
            injected,
            asked=asked,
            ran=ran,
            ending=answer["ending"],
            raw=self._ran[0] if ran else None,
            got=answer["content"],
            findings=found,
            gate_ms=gate_ms,
        )

    def _tool(self, tool: Tool) -> BaseTool:
        def run(**args: Any) -> str:  # noqa: ANN401 - whatever the schema lets through
            began = time.perf_counter()
            try:
                result = self._suite.act(self._world, Step(tool.name, args))
            except ToolFailed as error:
                self._ran.append(str(error))
                raise ToolException(str(error)) from None
            finally:
                self._tool_s += time.perf_counter() - began
            self._ran.append(result)
            return text_of(result)

        return StructuredTool.from_function(
            run, name=tool.name, description=tool.description, args_schema=tool.schema
        )


@contextmanager
def stopwatch() -> Iterator[list[float]]:
    """Yield a list that holds the seconds spent once the block ends."""
    spent = [0.0]
    began = time.perf_counter()
    try:
        yield spent
    finally:
        spent[0] = time.perf_counter() - began
