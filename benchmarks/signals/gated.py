"""Replay AgentDojo through the gate: `python -m benchmarks.signals.gated`.

As `benchmarks.signals.replayed`, but nothing is called that an application does not call: a tool
node in a LangGraph graph that holds the messages, or the gate's own graph that sees none, a ledger,
and a policy of three rules over where values came from. Each episode has an agent of its own, so
that no approval of one vouches in another.
"""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Final, TypedDict

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph, add_messages
from langgraph.types import Command

from benchmarks import machine
from benchmarks.replay.door import GatedDoor
from benchmarks.replay.episode import Play
from benchmarks.replay.suite import Step, Suite, World
from benchmarks.signals import recordings
from benchmarks.signals.provenance import EFFECTS, HOSTS, Effects
from benchmarks.signals.replayed import RESULTS, figures_row, measured_through
from interlock import Policy
from interlock.signals.asking import grave_effects

COMMAND: Final = (
    "INTERLOCK_SIGNALS_BUDGET_MS=2000 uv run --extra bench python -m benchmarks.signals.gated"
)
POLICY: Final = """
output: {{injection: allow, secrets: allow, entities: {{CREDIT_CARD: allow}}}}
rules:
  - {{id: rest, match: {{topics: ["*"]}}, decision: allow}}
  - id: nobody-said
    match: {{tools: [{tools}], unprompted_identifier: true}}
    decision: require_approval
{more}"""
UNASKED: Final = """  - id: unasked
    match: {{tools: [{tools}], unasked_effects: true}}
    decision: require_approval
"""
"""Only where the user is seen: to a host without, what was asked is unknown of every call."""
DELETING: Final = """  - id: deleting
    match: {{tools: [{tools}], after_untrusted_read: true}}
    decision: require_approval
"""
"""In place of it: a tool that deletes, by its name, after any result that is not trusted."""


class Messages(TypedDict):
    """What the graph holds."""

    messages: Annotated[list[AnyMessage], add_messages]


class HeardDoor(GatedDoor):
    """A tool node that sees the messages, or the gate's graph that does not."""

    def __init__(self, suite: Suite, policy: Policy, folder: Path, host: str) -> None:
        """Open a gate with a policy; `host` is one of `HOSTS`."""
        super().__init__(suite, policy, folder, "careful")
        self._sees, self._prompts = host == "prompt", suite.users
        if self._sees:
            graph = StateGraph(Messages).add_node(
                "tools", self._gate.tool_node([self._tool(tool) for tool in suite.tools])
            )
            self._graph: Any = graph.add_edge(START, "tools").compile(
                checkpointer=self._gate.saver(InMemorySaver())
            )

    def enter(self, world: World, thread: str) -> None:
        """Start an episode; the thread names the user's task."""
        super().enter(world, thread)
        self._said = HumanMessage(self._prompts[thread.split("/")[1]].prompt)

    def play(self, step: Step, injected: bool) -> Play:
        """Take one call through the gate, in the thread of its episode."""
        self._ran, self._tool_s, self._calls = [], 0.0, self._calls + 1
        named = {"thread_id": self._thread, "interlock": {"agent": self._thread}}
        config: Any = {"configurable": named}
        state = self._graph.invoke(self._given(step), config)
        if asked := bool(state.get("__interrupt__")):
            self._answer(state["__interrupt__"][0].value["interlock"]["request_id"], injected)
            state = self._graph.invoke(Command(resume=True), config)
        if not self._sees:
            return self._played(step, injected, asked, state, 0.0)
        message = state["messages"][-1]
        assert isinstance(message, ToolMessage)
        ending, ran = message.artifact["interlock"]["outcome"], bool(self._ran)
        raw = self._ran[0] if ran else None
        return Play(step, injected, asked=asked, ran=ran, ending=ending, raw=raw, got=raw)

    def _given(self, step: Step) -> dict[str, Any]:
        call = {"name": step.tool, "args": step.args, "id": f"call-{self._calls}"}
        if not self._sees:
            return {"call": call, "turn": f"turn-{self._calls}"}
        made = AIMessage("", tool_calls=[{**call, "type": "tool_call"}])
        return {"messages": [made] if self._calls > 1 else [self._said, made]}


@contextmanager
def door(suite: Suite, effects: Effects, host: str) -> Iterator[HeardDoor]:
    """Open a door with the rules over the tools of a suite that do more than read."""
    names = [tool.name for tool in suite.tools]
    counted = [name for name in names if effects.counts({"suite": suite.name}, {"tool": name})]
    tools = ", ".join(counted)
    deleting = ", ".join(name for name in counted if "delete" in grave_effects(name))
    more = DELETING.format(tools=deleting) if deleting else ""
    if host == "prompt":
        more = UNASKED.format(tools=tools)
    policy = Policy.parse(POLICY.format(tools=tools, more=more))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INTERLOCK_STATE_DIR"] = folder
        with HeardDoor(suite, policy, Path(folder), host) as opened:
            yield opened


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures."""
    from benchmarks.replay import dojo

    parser = recordings.parser(__doc__ or "")
    parser.add_argument("--host", choices=[*HOSTS], help="what the host sees; both by default")
    options = parser.parse_args(arguments)
    effects = Effects(recordings.rows(options, EFFECTS))
    hosts = [options.host] if options.host else [*HOSTS]
    figures: dict[str, Any] = {host: {} for host in hosts}
    figures["conditions"] = machine.conditions(COMMAND)
    for host, name in product(hosts, dojo.NAMES):
        suite = dojo.DojoSuite(name)
        with door(suite, effects, host) as opened:
            figures[host][name] = measured_through(opened, suite)
        print(host, name, figures[host][name], flush=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "signals_gated.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "signals_gated.md").write_text(page(figures), encoding="utf-8")
    return 0


def page(figures: dict[str, Any]) -> str:
    """Write the figures as a table."""
    hosts = {host: title for host, title in HOSTS.items() if host in figures}
    every = figures[next(iter(hosts))].values()
    tasks, attacks = (sum(of[what] for of in every) for what in ("user_tasks", "attacks"))
    about = (
        f"{tasks} user tasks and {attacks} attacks through the gate with a ledger, made by their "
        "ground truth in AgentDojo's own worlds and judged by its own checks; a careful person "
        "denies injected calls and approves others. The policy looks at where values came from; "
        "where the prompt is seen, at effects that the user did not ask for, and in a proxy at "
        "deletions after an untrusted read. No detector.\n"
    )
    lines = ["# Provenance in the gate, before AgentDojo\n", about]
    lines.append(
        "| host | suite | approvals a task | never asked | tasks done | attacks asked about "
        "| attacks that reach their goal |"
    )
    lines.append("|---" * 7 + "|")
    for host, title in hosts.items():
        for suite, of in figures[host].items():
            lines.append(figures_row(title, suite, of))
        total = Counter[str]()
        for of in figures[host].values():
            total.update(of)
        lines.append(figures_row(title, "all", total))
    return "\n".join([*lines, "", machine.markdown(figures["conditions"])])


if __name__ == "__main__":
    raise SystemExit(main())
