"""Read: the argument types that a tool's JSON Schema file gives, written out as `args`.

So a loaded policy stands alone: its digest covers the types, and its text needs no other file.
"""

import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast, get_args

from interlock.policy.document import ArgumentType
from interlock.policy.file.source import Member, Node, fault

MAX_SCHEMA_BYTES: Final = 256 * 1024
"""Size of one schema file. Source: `docs/policy.md`, limits."""
_TYPES: Final[Mapping[str, ArgumentType]] = {each: each for each in get_args(ArgumentType)}
_MORE: Final = ("additionalProperties", "patternProperties", "unevaluatedProperties")
"""Keywords that speak of members beside the named; false speaks of none."""


def schemas_in(root: Node) -> dict[str, Mapping[str, Any]]:
    """Return what the schema files say, by tool; `root` still names them. Raises `PolicyError`."""
    tools = root.value.get("tools") if isinstance(root.value, dict) else None
    entries = tools.node.value if tools and isinstance(tools.node.value, dict) else {}
    named = {
        name: member.node.value.get("schema")
        for name, member in entries.items()
        if isinstance(member.node.value, dict)
    }
    written = {name: each.node for name, each in named.items() if each}
    return {name: _schema(node) for name, node in written.items() if isinstance(node.value, str)}


def with_types(root: Node) -> Node:
    """Return the policy with `args` in the place of every tool's `schema`.

    The file's name is relative to the policy file that names it. Raises `PolicyError`.
    """
    tools = root.value.get("tools") if isinstance(root.value, dict) else None
    if tools is None or not isinstance(tools.node.value, dict):
        return root
    entries = {name: _typed(member) for name, member in tools.node.value.items()}
    changed = tools._replace(node=tools.node._replace(value=entries))
    return root._replace(value={**cast("dict[str, Member]", root.value), "tools": changed})


def _typed(tool: Member) -> Member:
    if not isinstance(tool.node.value, dict):
        return tool
    named = tool.node.value.get("schema")
    if named is None or not isinstance(named.node.value, str) or "args" in tool.node.value:
        return tool  # what is wrong with it is said where the section is read
    types = {
        name: Member(named.node.mark, Node(kind, named.node.mark))
        for name, kind in _types(named.node).items()
    }
    args = Member(named.key, Node(types, named.node.mark))
    rest = {key: member for key, member in tool.node.value.items() if key != "schema"}
    return tool._replace(node=tool.node._replace(value={**rest, "args": args}))


def _types(node: Node) -> dict[str, str]:
    schema = _schema(node)
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise fault(node.mark, f"`{node.value}` has no `properties`; it must describe an object")
    return {
        name: _type(said) for name, said in cast("dict[str, object]", properties).items() if name
    }


def types_of(schema: Mapping[str, Any]) -> dict[str, ArgumentType] | None:
    """Return the types that a JSON Schema gives to arguments; None where it speaks of more."""
    named = schema.get("properties")
    if not isinstance(named, Mapping) or any(schema.get(more) for more in _MORE):
        return None
    return {name: _type(said) for name, said in cast("Mapping[str, object]", named).items()}


def _type(said: object) -> ArgumentType:
    """Return a property's type; `any` for one of several, or one that is not said."""
    kind = cast("Mapping[str, object]", said).get("type") if isinstance(said, Mapping) else None
    return _TYPES.get(kind, "any") if isinstance(kind, str) else "any"


def _schema(node: Node) -> Mapping[str, Any]:
    name = PurePosixPath(str(node.value))
    if name.is_absolute() or ".." in name.parts:
        raise fault(node.mark, f"`{name}` lies outside the policy's folder; put it beside the file")
    path = Path(node.mark.file).parent / name
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SCHEMA_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "unknown error").lower()
        raise fault(node.mark, f"schema file `{name}` cannot be read: {why}") from None
    if len(raw) > MAX_SCHEMA_BYTES:
        raise fault(node.mark, f"schema file `{name}` is over {MAX_SCHEMA_BYTES} bytes")
    try:
        schema = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise fault(node.mark, f"schema file `{name}` is no JSON: {error}") from None
    if not isinstance(schema, dict):
        raise fault(node.mark, f"schema file `{name}` holds no JSON object")
    return cast("dict[str, Any]", schema)
