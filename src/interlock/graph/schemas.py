"""Describe: what a tool takes, and why some arguments do not fit.

Arguments that cannot work are answered at once; no human is asked about them.
"""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, cast

from langchain_core.tools import BaseTool
from pydantic import BaseModel, ValidationError

from interlock.path.proposal import RESERVED_ARGUMENT

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


def schema_of(tool: BaseTool) -> dict[str, Any]:
    """Return the JSON Schema of the arguments that the model supplies."""
    schema = tool.tool_call_schema
    return schema if isinstance(schema, dict) else cast("Any", schema).model_json_schema()


def declared_schema(tool: BaseTool) -> dict[str, Any]:
    """Return a tool's schema with the argument in which an agent may declare its confidence."""
    schema = schema_of(tool)
    properties = {**schema.get("properties", {}), RESERVED_ARGUMENT: dict(CLAIM_SCHEMA)}
    return {**schema, "properties": properties}


def why_invalid(tool: BaseTool, args: Mapping[str, Any]) -> str | None:
    """Say why arguments do not fit the tool's own schema; None when they do."""
    plain = {name: value for name, value in args.items() if name != RESERVED_ARGUMENT}
    of_host = host_arguments(tool)
    if smuggled := sorted(plain.keys() & of_host):
        return f"`{smuggled[0]}` is filled in by the host; leave it out"
    # The schema for calls lacks the checks of the tool's own; the other wants the host's arguments.
    schema = tool.tool_call_schema if of_host else tool.args_schema or tool.tool_call_schema
    if isinstance(schema, dict):
        return _misfit(schema, plain)
    if issubclass(schema, BaseModel):
        return _refusal(schema, plain)
    return None


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


def _refusal(schema: type[BaseModel], args: dict[str, Any]) -> str | None:
    try:
        schema.model_validate(args)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        places = [(".".join(str(step) for step in one["loc"]), one["msg"]) for one in found]
        return _told(places)
    except Exception as error:  # noqa: BLE001 - a validator of the application; the call does not run
        return f"the tool's own check failed ({type(error).__name__})"
    return None


def _misfit(schema: dict[str, Any], args: dict[str, Any]) -> str | None:
    """Check against a plain JSON Schema; references out of it are not fetched."""
    checker: Any = import_module("jsonschema")
    referencing: Any = import_module("referencing")
    kind = checker.validators.validator_for(schema, checker.Draft202012Validator)
    try:
        kind.check_schema(schema)
        found = list(kind(schema, registry=referencing.Registry()).iter_errors(args))
    except Exception as error:  # noqa: BLE001 - a schema of the application; the call does not run
        return f"the tool's schema cannot be read ({type(error).__name__})"
    return _told([(str(one.json_path).removeprefix("$."), str(one.message)) for one in found])


def _told(found: list[tuple[str, str]]) -> str | None:
    lines = [f"`{place or 'arguments'}`: {words[:_SHOWN_CHARS]}" for place, words in found]
    return "; ".join(lines[:_SHOWN_ERRORS]) or None
