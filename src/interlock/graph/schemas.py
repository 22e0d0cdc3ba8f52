"""Describe: what a tool takes, and why some arguments do not fit.

Arguments that cannot work are answered at once; no human is asked about them. Those that the tool
takes for others are written as it takes them, before anyone judges them.
"""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Final, NamedTuple, cast

from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolNode
from pydantic import AliasChoices, AliasPath, BaseModel, ValidationError, create_model

from interlock.canon import encode
from interlock.conduct.ports import Misfit
from interlock.desk.naming import stranger
from interlock.errors import CanonError
from interlock.graph.coercion import as_taken
from interlock.path.proposal import RESERVED_ARGUMENT, require_size

CLAIM_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Optional. How sure you are that this call is right, and why.",
    "properties": {
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "why": {"type": "string"},
    },
}
"""What the model is shown for the reserved argument."""

_SHOWN_ERRORS: Final = 5
_SHOWN_CHARS: Final = 200
_PLAIN_STEP: Final = re.compile(r"[A-Za-z_][\w\-]{0,39}")
_PART: Final = re.compile(r"\{\w+\}")
_VALUES: Final = ("{error}", "{tag}", "{object_str}", "{function_name}")
"""Parts of pydantic's messages that hold a value or the words of another check."""


def schema_of(tool: BaseTool) -> dict[str, Any]:
    """Return the JSON Schema of the arguments that the model supplies."""
    schema = tool.tool_call_schema
    return schema if isinstance(schema, dict) else cast("Any", schema).model_json_schema()


def schemas_of(tools: Sequence[BaseTool | Callable[..., Any]]) -> dict[str, dict[str, Any]]:
    """Return the JSON Schemas of tools, and of functions that become tools, by name."""
    return {name: schema_of(one) for name, one in ToolNode(tools).tools_by_name.items()}


def declared_schema(tool: BaseTool) -> dict[str, Any]:
    """Return a tool's schema with the argument in which an agent may declare its confidence."""
    schema = schema_of(tool)
    properties = {**schema.get("properties", {}), RESERVED_ARGUMENT: dict(CLAIM_SCHEMA)}
    return {**schema, "properties": properties}


def without(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a schema of arguments that does not know one of them."""
    known: Mapping[str, Any] = schema.get("properties", {})
    left = {key: known[key] for key in known if key != name}
    required = [key for key in schema.get("required", ()) if key != name]
    return {**schema, "properties": left, "required": required}


class Fitted(NamedTuple):
    """Arguments beside a tool's own schema."""

    args: dict[str, Any]
    """As the tool takes them; as they were given where they do not fit."""
    why: str | None = None
    """Why they do not fit; None when they do."""


def fitted(tool: BaseTool, args: Mapping[str, Any], misfit: Misfit) -> Fitted:
    """Write arguments as the tool's own schema takes them, or say why they do not fit it.

    INVARIANT I8: the text "off" where the tool takes it for false is the value false, before it is
    judged, shown and approved. What the schema makes of that must be the same again.
    """
    given = dict(args)
    try:
        require_size(given)
        if (why := _unfit(tool, given, misfit)) is not None:
            return Fitted(given, why)
        taken = _taken(tool, given)
        before, after = encode(given), encode(taken)
        settled = before == after or encode(_taken(tool, taken)) == after
    except CanonError:
        return Fitted(given)  # what cannot be carried is said where the call is proposed
    except Exception as error:  # noqa: BLE001 - a validator of the application; the call does not run
        return Fitted(
            given, f"the tool's own check changes them otherwise ({type(error).__name__})"
        )
    why = None if settled else "the tool's own check changes them each time"
    return Fitted(taken if settled else given, why)


def why_invalid(tool: BaseTool, args: Mapping[str, Any], misfit: Misfit) -> str | None:
    """Say why arguments may not be handed to the tool as they are; None when they may."""
    taken, why = fitted(tool, args, misfit)
    if why is None and encode(taken) != encode(dict(args)):
        names = sorted(n for n in taken if n not in args or encode([taken[n]]) != encode([args[n]]))
        place = _place(names[:1])
        return (
            f"`{place}` is another value to the tool than it looks; write it as the tool takes it"
        )
    return why


def _taken(tool: BaseTool, args: dict[str, Any]) -> dict[str, Any]:
    """Validate, and write what came of it. Raises whatever the application's validators raise."""
    schema = _own_schema(tool)
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return args
    claim = {name: args[name] for name in args if name == RESERVED_ARGUMENT}
    plain = {name: args[name] for name in args if name != RESERVED_ARGUMENT}
    return {**as_taken(plain, schema.model_validate(plain)), **claim}


def _own_schema(tool: BaseTool) -> Any:  # noqa: ANN401 - a model or a JSON Schema
    own, of_host = tool.args_schema, host_arguments(tool)
    if own is not None and isinstance(own, type) and issubclass(own, BaseModel):
        return _unhosted(own, of_host) if of_host else own
    return tool.tool_call_schema if of_host else own or tool.tool_call_schema


@lru_cache(maxsize=1024)
def _unhosted(schema: type[BaseModel], of_host: frozenset[str]) -> type[BaseModel]:
    """Return a model with all its checks, whose host's arguments may be left out.

    INVARIANT I8: LangChain's schema for calls lacks the checks that write another value.
    """
    absent: dict[str, Any] = dict.fromkeys(of_host & schema.model_fields.keys(), (Any, None))
    return create_model(schema.__name__, __base__=schema, **absent)


def _unfit(tool: BaseTool, args: Mapping[str, Any], misfit: Misfit) -> str | None:
    plain = {name: value for name, value in args.items() if name != RESERVED_ARGUMENT}
    of_host = host_arguments(tool)
    if smuggled := sorted(plain.keys() & of_host):
        return f"`{smuggled[0]}` is filled in by the host; leave it out"
    schema = _own_schema(tool)
    if isinstance(schema, dict):
        return misfit(cast("dict[str, Any]", schema), plain)
    if issubclass(schema, BaseModel):
        shown = schema_of(tool)
        if why := stranger(shown, plain) or _untaken(tool, plain):
            return why
        # What the shown schema can say is said in the words of its check, as everywhere else.
        own = _refusal(schema, plain)
        return None if own is None else misfit(shown, plain) or own
    return misfit(schema_of(tool), plain)


def host_arguments(tool: BaseTool) -> frozenset[str]:
    """Return the names that the host injects and a model must not supply."""
    if isinstance(tool.args_schema, dict):
        return frozenset()
    shown = set(schema_of(tool).get("properties", {}))
    function = getattr(tool, "func", None) or getattr(tool, "coroutine", None)
    taken = set(inspect.signature(function).parameters) if function else set[str]()
    fields = cast("Mapping[str, Any]", cast("Any", tool.get_input_schema()).model_fields)
    known = set(fields) | taken
    return frozenset(known - shown - {"callbacks", "config", "run_manager", "args", "kwargs"})


def _untaken(tool: BaseTool, args: Mapping[str, Any]) -> str | None:
    """Say which argument the tool would leave unread: a field's name where its alias is due."""
    schema: Any = tool.args_schema
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return None
    config = schema.model_config
    if config.get("populate_by_name") or config.get("validate_by_name"):
        return None
    for name in sorted(schema.model_fields.keys() & args.keys()):
        alias = schema.model_fields[name].validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias or name]
        firsts = [one.path[0] if isinstance(one, AliasPath) else one for one in choices]
        if name not in firsts:
            return f"`{name}` is shown and not read by the tool, which takes `{firsts[0]}`"
    return None


def _refusal(schema: type[BaseModel], args: dict[str, Any]) -> str | None:
    try:
        schema.model_validate(args)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        places = [(list(one["loc"]), _words(one["type"], one["msg"])) for one in found]
        return _told(places)
    except Exception as error:  # noqa: BLE001 - a validator of the application; the call does not run
        return f"the tool's own check failed ({type(error).__name__})"
    return None


def _words(kind: str, message: str) -> str:
    """Return pydantic's words where they are its own and hold no value, else only what failed."""
    template = _templates().get(kind)
    if template is None or kind in ("value_error", "assertion_error"):
        return "refused by the tool's own check"
    if any(part in template for part in _VALUES):
        return f"not valid ({kind})"
    # A check of the application may borrow the name of an error for words of its own.
    own = ".*".join(map(re.escape, _PART.split(template)))
    return message if re.fullmatch(own, message) else "refused by the tool's own check"


@cache
def _templates() -> Mapping[str, str]:
    """Return pydantic's own messages by type of error."""
    listed: Any = import_module(ValidationError.__module__).list_all_errors()
    return {one["type"]: one["message_template_python"] for one in listed}


def _told(found: list[tuple[list[str | int], str]]) -> str | None:
    lines = [f"`{_place(steps)}`: {words[:_SHOWN_CHARS]}" for steps, words in found]
    return "; ".join(list(dict.fromkeys(lines))[:_SHOWN_ERRORS]) or None


def _place(steps: Sequence[str | int]) -> str:
    """Write where in the arguments; a name that is no plain word may be a value and is left out."""
    plain = [isinstance(step, int) or bool(_PLAIN_STEP.fullmatch(step)) for step in steps]
    return (
        ".".join(str(s) if ok else "…" for s, ok in zip(steps, plain, strict=True)) or "arguments"
    )
