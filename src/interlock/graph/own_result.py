"""Keep: a tool's own result as JSON, before LangChain writes it as text.

LangChain writes what JSON does not know with Python's `repr`, in which no field can be found by
its name. The inner `ToolNode` therefore gets copies of the tools that hand on JSON.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from typing import Any, Final, NamedTuple, Protocol, cast, get_type_hints

from langchain_core.messages.tool import ToolOutputMixin
from langchain_core.runnables.config import RunnableConfig, run_in_executor
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode

from interlock.errors import InterlockError
from interlock.graph.results import NOT_READ, json_result, plain_json
from interlock.graph.schemas import host_arguments, schema_of
from interlock.graph.turns import Terms, plainly
from interlock.policy.constraints import RunTerms

_PAIR: Final = "content_and_artifact"
"""LangChain's `response_format` of tools that return two things."""


class Caller(Protocol):
    """What calls a tool and holds it to its constraints: the module `interlock.tools.run`."""

    def call(self, run: Callable[[], Any], function: object, args: dict[str, Any]) -> Any:  # noqa: ANN401 - as the tool's
        """Call it: `run` here, or `function` elsewhere with `args` and `kwargs` of `args`."""
        ...

    async def acall(
        self, run: Callable[[], Awaitable[Any]], function: object, args: dict[str, Any]
    ) -> Any:  # noqa: ANN401 - as the tool's
        """Do so, awaiting."""
        ...

    def place_of(self, function: object) -> str:
        """Return where another process finds a function. Raises `InterlockError`."""
        ...


def inner_node(
    tools: Sequence[Any],
    caller: Caller,
    messages_key: str = "messages",
    terms: Terms = plainly,
) -> ToolNode:
    """Make the node that calls the tools: it raises what they raise and reads what they return.

    Raises `InterlockError` for a tool that cannot be run as `terms` say.
    """
    made = ToolNode(tools).tools_by_name.values()
    for tool in made:
        require_runnable(tool, caller, terms(tool.name))
    kept = [keeping(tool, caller) for tool in made]
    return ToolNode(kept, handle_tool_errors=False, messages_key=messages_key)


def require_runnable(tool: BaseTool, caller: Caller, terms: RunTerms) -> None:
    """Refuse a tool that cannot be run on some terms. Raises `InterlockError`."""
    key = terms.idempotency_argument
    if key is not None and key not in schema_of(tool).get("properties", {}):
        raise InterlockError(
            f"tool `{tool.name}` has no argument `{key}` for its idempotency key; "
            "add it to the tool, or correct `idempotency_argument` in the policy"
        )
    if terms.isolation == "subprocess":
        _require_isolable(tool, caller)


def _require_isolable(tool: BaseTool, caller: Caller) -> None:
    function = function_of(tool)
    try:
        caller.place_of(function)
        why = "it is given the run's state or configuration" if _takes_host(tool) else ""
    except InterlockError as error:
        why = str(error)
    if why:
        raise InterlockError(
            f"tool `{tool.name}` cannot run in a worker process (`isolation: subprocess`): {why}; "
            "make it of a function of a module that takes what the model gives and nothing else"
        )


def function_of(tool: BaseTool) -> object:
    """Return the function that a tool was made of; None for one that is a class of its own."""
    return getattr(tool, "func", None) or getattr(tool, "coroutine", None)


def _takes_host(tool: BaseTool) -> bool:
    hints = get_type_hints(cast("Any", function_of(tool)))
    return bool(host_arguments(tool)) or any(hint is RunnableConfig for hint in hints.values())


def keeping(tool: BaseTool, caller: Caller) -> BaseTool:
    """Return a copy of a tool that runs the tool itself and returns its result as JSON.

    Handlers that the tool has of its own stay behind: they would be told what it returns.
    """
    copy = tool.model_copy(update={"callbacks": None})
    is_pair, function = tool.response_format == _PAIR, function_of(tool)
    run: Callable[..., Any] = tool._run  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - LangChain's name for the method that subclasses define
    arun: Callable[..., Awaitable[Any]] = tool._arun  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as above

    @wraps(run)
    def run_and_keep(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the tool's
        def here() -> _Kept:
            return _Kept(kept(run(*args, **kwargs), is_pair))

        return _kept_once(caller.call(here, function, _given(args, kwargs)), is_pair)

    @wraps(arun)
    async def arun_and_keep(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the tool's
        if type(tool)._arun is BaseTool._arun:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as above; it only moves `_run` to a thread
            return await run_in_executor(None, run_and_keep, *args, **kwargs)

        async def here() -> _Kept:
            return _Kept(kept(await arun(*args, **kwargs), is_pair))

        return _kept_once(await caller.acall(here, function, _given(args, kwargs)), is_pair)

    object.__setattr__(copy, "_run", run_and_keep)
    object.__setattr__(copy, "_arun", arun_and_keep)
    return copy


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return what the tool's own function is given, without what LangChain adds."""
    own = {name: value for name, value in kwargs.items() if name not in ("config", "run_manager")}
    return {"args": list(args), "kwargs": own}


class _Kept(NamedTuple):
    """What a run in this process came to, read within its time."""

    value: Any


def _kept_once(ended: object, is_pair: bool) -> Any:  # noqa: ANN401 - what LangChain is given
    """Return what was kept; what comes from another process is JSON that was not yet."""
    return ended.value if isinstance(ended, _Kept) else kept(ended, is_pair)


def kept(result: object, is_pair: bool = False) -> Any:  # noqa: ANN401 - what LangChain is given
    """Return a result as JSON, an artifact too; messages and commands stay what they are."""
    try:
        if is_pair:
            parts = cast("tuple[object, ...]", result) if isinstance(result, tuple) else ()
            # Anything but two is refused by LangChain, in its words.
            return (
                (kept(parts[0]), plain_json(parts[1]))
                if len(parts) == 2
                else cast("object", result)
            )
        if isinstance(result, str | ToolOutputMixin) or _holds_messages(result):
            return result
        return json_result(result)
    except Exception:  # noqa: BLE001 - the tool ran, whatever its result raises
        return NOT_READ


def _holds_messages(result: object) -> bool:
    if not isinstance(result, list):
        return False
    return any(isinstance(item, ToolOutputMixin) for item in cast("list[object]", result))
