"""Be the gate: one call in, one answer out, as a LangGraph graph whose nodes stand in path order.

    intercept ▶ review ⏸ ▶ execute ▶ release

The state holds ids and the released answer, never a result before its release. What a call is
allowed and how far it is stands in the ledger; a node that runs again finds it there.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final, TypeAlias, TypedDict

from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool
from langgraph.channels import EphemeralValue
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from interlock.conduct import Answered, Conductor, Intent, Turn
from interlock.graph.context import AgentLike, read_context
from interlock.graph.delivery import Perform, Script, is_paused, review_once
from interlock.graph.execution import Execution, Runner
from interlock.graph.own_result import inner_node
from interlock.graph.results import message_json, write_message
from interlock.graph.serializer import require_strict, strict
from interlock.graph.task import ROOT_NAMESPACE, Task, read_task, saver_of
from interlock.graph.turns import call_id, read_intent, schemas_shown
from interlock.path.release import Answer


class GateInput(TypedDict, total=False):
    """One call as its host delivers it; all but `call` come from the host, never from a model."""

    call: Annotated[dict[str, Any], EphemeralValue]
    """`name`, `args` and `id` of the call."""
    turn: Annotated[str, EphemeralValue]
    """Id of the message that made the call; without it each run is a call of its own."""
    siblings: Annotated[list[dict[str, Any]], EphemeralValue]
    """All calls of that message, this one too; together they are decided before any runs."""
    agent: Annotated[str | dict[str, Any], EphemeralValue]
    principal: Annotated[str, EphemeralValue]
    tenant: Annotated[str, EphemeralValue]
    chain: Annotated[list[dict[str, str]], EphemeralValue]
    signals: Annotated[dict[str, float | int | bool], EphemeralValue]
    context: Annotated[dict[str, Any], EphemeralValue]


class GateOutput(TypedDict, total=False):
    """The answer, typed and as the message that a model reads; gone when the next run begins."""

    answer: Annotated[dict[str, Any], EphemeralValue]
    """`ending`, `content`, `status`, `artifact`, `record`."""
    message: Annotated[dict[str, Any], EphemeralValue]
    """JSON of a `ToolMessage`."""


class GateState(GateInput, GateOutput, total=False):
    """What the nodes hand on."""

    call_id: str
    tool: str
    tool_call_id: str
    trouble: str
    """Why the last answer of a human did nothing."""
    goes_to: str


CompiledGate: TypeAlias = CompiledStateGraph[GateState, None, GateInput, GateOutput]

NodeState: TypeAlias = dict[str, Any]
"""A `GateState`, as a node gets and gives it."""

_SAID: Final = ("agent", "principal", "tenant", "chain", "signals", "context")


def build_gate_graph(
    conductor: Conductor,
    tools: Sequence[BaseTool | Callable[..., Any]],
    *,
    runner: Runner,
    checkpointer: BaseCheckpointSaver[Any] | bool | None = None,
    host: str = "default",
    agent: AgentLike | None = None,
    allow_permissive_saver: bool = False,
) -> CompiledGate:
    """Compile the gate over `tools`.

    A saver given here gets the strict serializer; as a node of another graph the gate uses that
    graph's saver and refuses a permissive one unless `allow_permissive_saver`.
    """
    nodes = _Nodes(conductor, runner, tools, host, agent, allow_permissive_saver)
    # LangGraph types its builder in part only.
    graph: Any = StateGraph(GateState, input_schema=GateInput, output_schema=GateOutput)
    graph.add_node("intercept", RunnableLambda(nodes.intercept, nodes.aintercept))
    graph.add_node("review", RunnableLambda(nodes.review, nodes.areview))
    # No retry policy here: what may run again is for the ledger to say.
    graph.add_node("execute", RunnableLambda(nodes.execute, nodes.aexecute))
    graph.add_node("release", RunnableLambda(nodes.release))
    graph.add_edge(START, "intercept")
    graph.add_conditional_edges("intercept", _next, ["review", "execute"])
    graph.add_conditional_edges("review", _next, ["review", "execute"])
    graph.add_conditional_edges("execute", _next, ["review", "release"])
    graph.add_edge("release", END)
    saver = strict(checkpointer) if isinstance(checkpointer, BaseCheckpointSaver) else checkpointer
    return graph.compile(checkpointer=saver, name="interlock")


class _Nodes:
    """The four nodes over one conductor."""

    def __init__(
        self,
        conductor: Conductor,
        runner: Runner,
        tools: Sequence[Any],
        host: str,
        agent: AgentLike | None,
        permissive: bool,
    ) -> None:
        self._conductor = conductor
        self._runner = runner
        self._host = host
        self._agent = agent
        self._permissive = permissive
        self._inner = inner_node(tools, runner, terms=conductor.run_terms)

    def intercept(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Propose the call and have it decided."""
        if not self._permissive:
            require_strict(saver_of(config))
        turn = self._turn(state, read_task(config))
        names = self._conductor.propose(turn)
        place = [one.tool_call_id for one in turn.intents].index(_id(state))
        name, intent = names[place], turn.intents[place]
        return {
            "call_id": name,
            "tool": intent.tool,
            "tool_call_id": intent.tool_call_id,
            "trouble": "",
            "goes_to": self._after(name),
        }

    async def aintercept(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Do so in a thread."""
        return await asyncio.to_thread(self.intercept, state, config)

    def review(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Ask once; a loop of edges asks again."""
        trouble = self._execution(state, config).drive(self._question(state, config))
        return {"trouble": trouble, "goes_to": self._after(state["call_id"])}

    async def areview(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Do so, with the ledger in a thread."""
        trouble = await self._execution(state, config).adrive(self._question(state, config))
        after = await asyncio.to_thread(self._after, state["call_id"])
        return {"trouble": trouble, "goes_to": after}

    def execute(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Guard, run and inspect; the result leaves this node as its answer only."""
        return self._execution(state, config).drive(_run(state["call_id"]))

    async def aexecute(self, state: NodeState, config: RunnableConfig) -> NodeState:
        """Do so, awaiting the tool."""
        return await self._execution(state, config).adrive(_run(state["call_id"]))

    def release(self, state: NodeState) -> NodeState:
        """Write the answer as a message."""
        answer = Answer(**state.get("answer", {}))
        message = write_message(answer, state["tool"], state["tool_call_id"])
        return {"answer": asdict(answer), "message": message_json(message)}

    def _turn(self, state: NodeState, task: Task) -> Turn:
        """Make the turn; named by its message, it is the one that a tool node would make."""
        said = {name: state[name] for name in _SAID if name in state}
        return Turn(
            context=read_context(task, self._agent, said),
            host=self._host,
            thread_id=task.thread_id,
            checkpoint_ns=ROOT_NAMESPACE,
            turn_id=state.get("turn") or task.id,
            intents=self._intents(state),
            schemas=partial(schemas_shown, self._inner.tools_by_name, self._conductor.run_terms),
        )

    def _intents(self, state: NodeState) -> tuple[Intent, ...]:
        """Read the call, or the calls of its message whose tools are here."""
        own, tools = state.get("call", {}), self._inner.tools_by_name
        calls = [own if call_id(one, 0) == _id(state) else one for one in state.get("siblings", [])]
        turn = calls if own in calls else [own]
        known = [one for one in turn if one is own or one.get("name") in tools]
        misfit, terms = self._conductor.ports.misfit, self._conductor.run_terms
        return tuple(read_intent(one, tools, misfit, terms=terms) for one in known)

    def _after(self, name: str) -> str:
        return "review" if is_paused(self._conductor, name) else "execute"

    def _question(self, state: NodeState, config: RunnableConfig) -> Script[str]:
        task = read_task(config)
        return review_once(self._conductor, task, state["call_id"], state.get("trouble", ""))

    def _execution(self, state: NodeState, config: RunnableConfig) -> Execution:
        ids = {state["call_id"]: state["tool_call_id"]}
        return Execution(self._conductor, self._runner, self._inner, {}, config, ids)


def _run(name: str) -> Script[NodeState]:
    (came_to,) = yield Perform((name,))
    if isinstance(came_to, Answered):
        return {"answer": asdict(came_to.answer), "goes_to": "release"}
    return {"goes_to": "review"}


def _id(state: NodeState) -> str:
    return call_id(state.get("call", {}), 0)


def _next(state: NodeState) -> str:
    return state.get("goes_to", "release")
