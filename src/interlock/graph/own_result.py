"""Keep: a tool's own result as JSON, before LangChain writes it as text.

LangChain writes what JSON does not know with Python's `repr`, in which no field can be found by
its name. The inner `ToolNode` therefore gets copies of the tools that hand on JSON.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Final, cast

from langchain_core.messages.tool import ToolOutputMixin
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode

from interlock.graph.results import json_result

_PAIR: Final = "content_and_artifact"
"""LangChain's `response_format` of tools that return two things."""


def inner_node(tools: Sequence[Any], messages_key: str = "messages") -> ToolNode:
    """Make the node that calls the tools: it raises what they raise and reads what they return."""
    made = ToolNode(tools).tools_by_name.values()
    kept = [keeping(tool) for tool in made]
    return ToolNode(kept, handle_tool_errors=False, messages_key=messages_key)


def keeping(tool: BaseTool) -> BaseTool:
    """Return a copy of a tool that runs the tool itself and returns its result as JSON.

    Handlers that the tool has of its own stay behind: they would be told what it returns.
    """
    copy = tool.model_copy(update={"callbacks": None})
    is_pair = tool.response_format == _PAIR
    run: Callable[..., Any] = tool._run  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - LangChain's name for the method that subclasses define
    arun: Callable[..., Awaitable[Any]] = tool._arun  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as above

    @wraps(run)
    def run_and_keep(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the tool's
        return kept(run(*args, **kwargs), is_pair)

    @wraps(arun)
    async def arun_and_keep(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the tool's
        return kept(await arun(*args, **kwargs), is_pair)

    object.__setattr__(copy, "_run", run_and_keep)
    object.__setattr__(copy, "_arun", arun_and_keep)
    return copy


def kept(result: object, is_pair: bool = False) -> Any:  # noqa: ANN401 - what LangChain is given
    """Return a result as JSON; messages and commands stay what they are, an artifact too."""
    if is_pair:
        parts = cast("tuple[object, ...]", result) if isinstance(result, tuple) else ()
        # Anything but two is refused by LangChain, in its words.
        return (kept(parts[0]), parts[1]) if len(parts) == 2 else cast("object", result)
    if isinstance(result, str | ToolOutputMixin) or _holds_messages(result):
        return result
    return json_result(result)


def _holds_messages(result: object) -> bool:
    if not isinstance(result, list):
        return False
    return any(isinstance(item, ToolOutputMixin) for item in cast("list[object]", result))
