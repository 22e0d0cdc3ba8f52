"""Run: a support agent whose every tool call goes through Interlock.

The loop is a plain LangGraph one: the model speaks, its tool calls go to the node `tools`, their
answers go back to the model. Only that node knows the gate. This folder is loaded by path, from a
checkout or from wherever a package carries it, and is no package itself.

Settings: `INTERLOCK_DEMO_DIR` holds the shop and the threads, `INTERLOCK_LEDGER` names the ledger,
`INTERLOCK_MODEL` a model by LangChain's name (`provider:model`); without it a script plays.
"""

import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool
from langgraph.graph import END, START, MessagesState, StateGraph

from interlock import Gate
from interlock.errors import InterlockError
from interlock.graph.schemas import declared_schema
from interlock.settings import default_ledger, state_dir
from interlock.testing.scenarios import load_all
from interlock.testing.scripted import ScriptedChatModel

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph
    from shop import Shop

HERE: Final = Path(__file__).resolve().parent
HOST: Final = "customer_support"
"""The name under which the ledger knows this application's threads."""
POLICY: Final = HERE.parents[1] / "policies" / HERE.name
SCENARIOS: Final = HERE / "scenarios"

SYSTEM: Final = """You are the support agent of a mail-order house for outdoor gear.
Look things up before you change anything, follow the house rules (`policies.read`), and keep
answers short. Some calls need a colleague's approval and some are refused: an answer to a call says
what happened and what you may do next. Never repeat a refused call unchanged.
With each change, declare how sure you are in the argument `_interlock`."""


def beside(name: str) -> ModuleType:
    """Load the file `name` of this folder, once."""
    path = HERE / f"{name}.py"
    if (known := sys.modules.get(str(path))) is not None:
        return known
    spec = spec_from_file_location(str(path), path)
    if spec is None or spec.loader is None:
        raise InterlockError(f"`{path}` cannot be loaded; expected a Python file")
    module = sys.modules[str(path)] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Speaker:
    """The node `model`: the conversation in, the model's next message out."""

    def __init__(self, gate: Gate, model: BaseChatModel, tools: Sequence[BaseTool]) -> None:
        """Let `model` know the tools, each with the argument for the agent's own confidence."""
        self._gate = gate
        self._names = {wire(tool.name): tool.name for tool in tools}
        self._model = model.bind_tools([shown(tool) for tool in tools])

    def speak(self, state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        """Ask the model for its next message, over a history in which every call is answered."""
        whole = self._gate.repair(state["messages"], config, host=HOST)
        said = self._model.invoke(self._sent(whole))
        return {"messages": [self._heard(said)]}

    async def aspeak(self, state: MessagesState, config: RunnableConfig) -> dict[str, Any]:
        """Do as `speak`, awaiting the model."""
        whole = await asyncio.to_thread(self._gate.repair, state["messages"], config, host=HOST)
        said = await self._model.ainvoke(self._sent(whole))
        return {"messages": [self._heard(said)]}

    def _sent(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        return [SystemMessage(SYSTEM), *(renamed(message, wire) for message in messages)]

    def _heard(self, said: BaseMessage) -> BaseMessage:
        return renamed(said, lambda name: self._names.get(name, name))


def build(
    gate: Gate, shop: "Shop", model: BaseChatModel, saver: "BaseCheckpointSaver[Any] | None"
) -> "CompiledStateGraph":
    """Compile the agent over one shop; every tool call goes through `gate`."""
    tools = beside("tools").build_tools(shop)
    speaker = Speaker(gate, model, tools)
    builder = StateGraph(MessagesState)
    builder.add_node("model", RunnableLambda(speaker.speak, speaker.aspeak, name="model"))
    builder.add_node("tools", gate.tool_node(tools, agent="support-bot", host=HOST))
    builder.add_edge(START, "model")
    builder.add_conditional_edges("model", after_model, ["tools", END])
    builder.add_edge("tools", "model")
    return builder.compile(checkpointer=saver, name=HOST)


def apps() -> dict[str, "CompiledStateGraph"]:
    """Return the agent as `interlock resume` finds it: over the files that a demo left.

    Raises `InterlockError` where there are none: a wrong folder must not make a new shop.
    """
    folder = Path(os.environ.get("INTERLOCK_DEMO_DIR") or state_dir() / "demo")
    for name in ("shop.db", "threads.db"):
        if not (folder / name).is_file():
            raise InterlockError(
                f"no `{name}` in {folder}; set INTERLOCK_DEMO_DIR to the folder of a demo"
            )
    gate = Gate.open(POLICY, ledger=default_ledger())
    shop = beside("shop").Shop.open(folder / "shop.db")
    return {HOST: build(gate, shop, chat_model(), gate.saver(threads(folder / "threads.db")))}


def chat_model(name: str | None = None) -> BaseChatModel:
    """Return the model called `name`, else `INTERLOCK_MODEL`, else one that plays the scenarios.

    Raises `InterlockError` when LangChain or the provider's package is missing.
    """
    if not (wanted := name or os.environ.get("INTERLOCK_MODEL")):
        return scripted()
    try:
        from langchain.chat_models import init_chat_model
    except ImportError as error:
        raise InterlockError(
            f"model `{wanted}` needs LangChain; install `interlock[models]`"
        ) from error
    try:
        return init_chat_model(wanted)
    except (ImportError, ValueError) as error:
        raise InterlockError(f"model `{wanted}` cannot be used: {one_line(error)}") from error


def scripted() -> ScriptedChatModel:
    """Return a model that plays each scenario to whoever opens with its first words."""
    return ScriptedChatModel(scripts={played.says: played.turns for played in load_all(SCENARIOS)})


def threads(path: Path) -> "BaseCheckpointSaver[Any]":
    """Open the file that keeps the threads."""
    from langgraph.checkpoint.sqlite import SqliteSaver

    return SqliteSaver(sqlite3.connect(path, check_same_thread=False))


def after_model(state: MessagesState) -> str:
    """Go to the tools while the model calls any."""
    last = state["messages"][-1]
    return "tools" if isinstance(last, AIMessage) and last.tool_calls else END


def shown(tool: BaseTool) -> dict[str, Any]:
    """Return a tool as the model sees it, with the argument for the agent's own confidence."""
    function = {"name": wire(tool.name), "description": tool.description}
    return {"type": "function", "function": {**function, "parameters": declared_schema(tool)}}


def wire(name: str) -> str:
    """Write a tool's name without dots, which some providers do not take in function names."""
    return name.replace(".", "__")


def renamed(message: BaseMessage, rename: Callable[[str], str]) -> BaseMessage:
    """Return the message with its tools renamed; a provider's own content blocks go."""
    if isinstance(message, ToolMessage) and message.name:
        return message.model_copy(update={"name": rename(message.name)})
    if not isinstance(message, AIMessage) or not message.tool_calls:
        return message
    calls = [{**call, "name": rename(call["name"])} for call in message.tool_calls]
    extra = {k: v for k, v in message.additional_kwargs.items() if k != "tool_calls"}
    parts = {"content": message.text, "tool_calls": calls, "additional_kwargs": extra}
    return message.model_copy(update=parts)


def one_line(error: Exception) -> str:
    """Return the first line of what an error says."""
    return str(error).strip().partition("\n")[0]
