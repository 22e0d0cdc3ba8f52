"""Stand in: a node in place of LangGraph's `ToolNode`, each call through the gate.

A list of messages is one task: the whole turn is proposed, what may run is run side by side, then
one question is asked at a time. Calls that are sent one by one are a task each; those that wait for
a sibling are held. Every call is answered with a message, whatever becomes of it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from langchain_core.messages import ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode
from langgraph.runtime import Runtime

from interlock.conduct import Answered, Conductor, Turn, apropose
from interlock.graph.context import AgentLike, read_context
from interlock.graph.delivery import deliver
from interlock.graph.execution import Execution, Runner
from interlock.graph.hearing import read_heard
from interlock.graph.own_result import inner_node
from interlock.graph.results import write_message
from interlock.graph.serializer import require_strict
from interlock.graph.task import Task, forgets_messages, nodes_beside, read_task, saver_of
from interlock.graph.turns import Delivered, read_delivery, read_turn

_FORGETFUL: Final = (
    "a run has durability `exit`: one that is killed loses its messages, and the model's next call "
    "is a new one that may repeat an effect; run with `sync`"
)

_log = logging.getLogger("interlock.graph")


class GateToolNode(ToolNode):
    """A `ToolNode` whose tools run only through the gate."""

    def __init__(
        self,
        conductor: Conductor,
        tools: Sequence[BaseTool | Callable[..., Any]],
        *,
        runner: Runner,
        agent: AgentLike | None = None,
        host: str = "default",
        name: str = "tools",
        messages_key: str = "messages",
        allow_permissive_saver: bool = False,
    ) -> None:
        """Guard `tools`; `agent` says who proposes, whatever the run says.

        `host` names the application in the ledger, so that another process finds its threads.
        """
        super().__init__(tools, name=name, messages_key=messages_key)  # pyright: ignore[reportUnknownMemberType] - LangGraph's signature names generics without their arguments
        self._conductor = conductor
        self._runner = runner
        self._agent = agent
        self._host = host
        self._permissive = allow_permissive_saver
        self._warned = False
        wrapped = list(self.tools_by_name.values())
        self._inner = inner_node(wrapped, runner, messages_key, conductor.run_terms)

    @property
    def host(self) -> str:
        """Name of the application, as the ledger has it."""
        return self._host

    @property
    def messages_key(self) -> str:
        """Channel of the graph's state that holds its messages."""
        return self._messages_key

    def _func(
        self,
        input: Any,  # noqa: A002, ANN401 - LangGraph's name
        config: RunnableConfig,
        runtime: Runtime[Any],
    ) -> Any:  # noqa: ANN401 - as LangGraph's
        del runtime  # LangGraph checks that the node runs inside a graph by asking for it
        task, delivered, turn, places = self._take_in(input, config)
        call_ids = self._conductor.propose(turn, claim=len(delivered.calls) == 1)
        execution = self._execution(task, delivered, turn, call_ids)
        mine = [call_ids[place] for place in places]
        answered = execution.drive(deliver(self._conductor, task, mine))
        return self._give(delivered, turn, places, answered)

    async def _afunc(
        self,
        input: Any,  # noqa: A002, ANN401 - LangGraph's name
        config: RunnableConfig,
        runtime: Runtime[Any],
    ) -> Any:  # noqa: ANN401 - as LangGraph's
        del runtime  # as above
        task, delivered, turn, places = self._take_in(input, config)
        call_ids = await apropose(self._conductor, turn, claim=len(delivered.calls) == 1)
        execution = self._execution(task, delivered, turn, call_ids)
        mine = [call_ids[place] for place in places]
        answered = await execution.adrive(deliver(self._conductor, task, mine))
        return self._give(delivered, turn, places, answered)

    def _take_in(
        self,
        given: Any,  # noqa: ANN401 - LangGraph's input
        config: RunnableConfig,
    ) -> tuple[Task, Delivered, Turn, list[int]]:
        """Read the input. Raises `SaverError` for a saver that would build what it reads."""
        if not self._permissive:
            require_strict(saver_of(config))
        if forgets_messages(config) and not self._warned:
            self._warned = True
            _log.warning(_FORGETFUL)
        task = read_task(config)
        delivered = read_delivery(given, task, self._messages_key)
        context = read_context(task, self._agent)
        misfit, terms = self._conductor.ports.misfit, self._conductor.run_terms
        tools, host = self.tools_by_name, self._host
        beside = self._beside(config)
        turn, places = read_turn(delivered, task, tools, context, host, misfit, terms, beside)
        heard = read_heard(delivered, task, self._messages_key, context.principal)
        return task, delivered, replace(turn, heard=heard), places

    def _beside(self, config: RunnableConfig) -> dict[str, BaseTool]:
        """Return the tools of the graph's other nodes that guard for the same agent."""
        mine = (self._conductor, self._agent, self._host, self._messages_key)
        return {
            name: tool
            for node in nodes_beside(config)
            if isinstance(node, GateToolNode)
            and (node._conductor, node._agent, node._host, node._messages_key) == mine  # noqa: SLF001 - of this class
            for name, tool in node.tools_by_name.items()
        }

    def _execution(
        self, task: Task, delivered: Delivered, turn: Turn, call_ids: list[str]
    ) -> Execution:
        ids = {
            call_id: intent.tool_call_id
            for call_id, intent in zip(call_ids, turn.intents, strict=True)
        }
        state = delivered.state
        return Execution(self._conductor, self._runner, self._inner, state, task.config, ids)

    def _give(
        self, delivered: Delivered, turn: Turn, places: list[int], answered: list[Answered]
    ) -> Any:  # noqa: ANN401 - as LangGraph's
        messages: list[ToolMessage] = []
        for place, one in zip(places, answered, strict=True):
            intent = turn.intents[place]
            messages.append(write_message(one.answer, intent.tool, intent.tool_call_id))
        return messages if delivered.form == "messages" else {self._messages_key: messages}
