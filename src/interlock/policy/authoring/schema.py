"""Describe: the policy file as JSON Schema, so that editors complete and check it.

The schema says what the shapes say, with the texts of the fields as descriptions. What it cannot
say (names given twice, unknown facts, two fallbacks) only loading finds.
"""

import ast
import inspect
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, cast

from interlock.policy import authority, constraints, document, match, operations, output
from interlock.policy.file.part import PLACE, Apart
from interlock.policy.file.refused import KEYS
from interlock.policy.file.rule_shapes import RULE
from interlock.policy.file.sections import DOCUMENT
from interlock.policy.file.shape import Json, OneOf, Text
from interlock.policy.file.shorthand import ACTIONS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_REFUSED: Final = " Not enforced by this version: a file that has it is checked and then refused."


def json_schema() -> Json:
    """Return the JSON Schema of a policy file."""
    schema = DOCUMENT.schema()
    _describe(schema, _texts())
    _add_short_forms(schema["properties"])
    shared: dict[str, Json] = {}
    properties = {key: _shared(each, shared) for key, each in schema["properties"].items()}
    title = {"$schema": _DIALECT, **schema, "title": "Interlock policy, version v1"}
    return {**title, "properties": properties, "$defs": shared}


def _describe(schema: Any, texts: Mapping[str, Mapping[str, str]]) -> None:  # noqa: ANN401 - JSON
    """Add descriptions to every section, however deep."""
    match schema:
        case {"title": str(title), "properties": _} if title in texts:
            _describe_part(cast("Json", schema), texts)
        case {"items": inner} | {"additionalProperties": inner}:
            _describe(inner, texts)
        case {"anyOf": [*alternatives]}:
            for each in alternatives:
                _describe(each, texts)
        case _:
            pass


def _describe_part(schema: Json, texts: Mapping[str, Mapping[str, str]]) -> None:
    known, properties = texts[schema["title"]], cast("dict[str, Json]", schema["properties"])
    refused = KEYS.get(schema.pop(PLACE), frozenset())
    schema["description"] = known[""]
    for key, inner in properties.items():
        _describe(inner, texts)
        said = known[key] + (_REFUSED if key in refused else "")
        own = {"allOf": [inner]} if "title" in inner else inner  # a section describes itself too
        properties[key] = {**own, "description": said}
    _describe(schema["additionalProperties"], texts)


def _shared(schema: Any, shared: dict[str, Json]) -> Any:  # noqa: ANN401 - JSON
    """Write every section once, where it is referred to by its title."""
    match schema:
        case {"allOf": [section], **rest}:
            return {**_shared(section, shared), **rest}
        case {"title": str(title), "properties": dict(), **rest}:
            inner = {key: _shared(each, shared) for key, each in rest.items()}
            properties = _shared(schema["properties"], shared)
            section = {"title": title, "properties": properties, **inner}
            names = (title if at == 0 else f"{title}-{at + 1}" for at in count())
            name = next(each for each in names if shared.setdefault(each, section) == section)
            return {"$ref": f"#/$defs/{name}"}
        case dict():
            return {key: _shared(each, shared) for key, each in schema.items()}  # pyright: ignore[reportUnknownVariableType] - JSON
        case list():
            return [_shared(each, shared) for each in schema]  # pyright: ignore[reportUnknownVariableType] - JSON
        case _:
            return schema


def _add_short_forms(properties: Json) -> None:
    rules = properties["rules"]
    full, short = rules["items"], _short_rule(rules["items"])
    rules["items"] = {"anyOf": [full, short]}
    for level in _section(properties["autonomy_levels"]).values():
        _section(level)["rules"]["items"] = {"anyOf": [full, short]}
    output = _section(properties["output"])
    _add_short_output(output)
    _add_short_output(output["per_topic"]["additionalProperties"]["properties"])


def _section(schema: Json) -> Json:
    return schema["allOf"][0]["properties"]


def _add_short_output(output: Json) -> None:
    for key, inner in (("blocked_terms", "terms"), ("max_length", "chars")):
        full = output[key]["allOf"][0]
        plain = dict(full["properties"][inner])
        output[key] = {"description": output[key]["description"], "anyOf": [full, plain]}


def _short_rule(full: Json) -> Json:
    full_form = {"match", "decision"}
    return {
        "title": "Short rule",
        "description": "One tool, or a glob over tools, and what is done about it.",
        "type": "object",
        "properties": {
            "tool": {**Text().schema(), "description": "A tool's name, or a glob."},
            "action": {**OneOf(tuple(ACTIONS)).schema(), "description": "What is decided."},
            **{key: each for key, each in full["properties"].items() if key not in full_form},
        },
        "required": ["action", "tool"],
        "additionalProperties": False,
        "allOf": [_apart(each) for each in RULE.apart],
    }


def _apart(apart: Apart) -> Json:
    """Say what a rule says of its `decision` of a short rule's `action`."""
    return apart.schema("action", tuple(a for a, kind in ACTIONS.items() if kind in apart.values))


def _texts() -> dict[str, dict[str, str]]:
    """Read the documentation of every section from its source: class name to field to text."""
    texts: dict[str, dict[str, str]] = {}
    for module in (authority, constraints, document, match, operations, output):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                texts[node.name] = _fields(node)
    return texts


def _fields(node: ast.ClassDef) -> dict[str, str]:
    fields = {"": ast.get_docstring(node) or ""}
    for field, text in zip(node.body, node.body[1:], strict=False):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(
                value=ast.Constant(value=str(said))
            ):
                fields[name] = said
            case _:
                pass
    return fields
