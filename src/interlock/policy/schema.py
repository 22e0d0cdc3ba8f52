"""Describe: the policy file as JSON Schema, so that editors complete and check it.

The schema says what the shapes say, with the texts of the fields as descriptions. What it cannot
say (names given twice, unknown facts, two fallbacks) only loading finds.
"""

import ast
import inspect
from collections.abc import Mapping
from typing import Any, Final, cast

from interlock.policy import authority, constraints, document, match, output
from interlock.policy.match import COMPARISONS
from interlock.policy.sections import DOCUMENT
from interlock.policy.shape import Json, OneOf, Text
from interlock.policy.shorthand import ACTIONS

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: Final[Json] = {"type": "number"}
_SCALAR: Final[Json] = {"type": ["string", "number", "boolean"]}
_OPERANDS: Final[Mapping[str, Json]] = {
    **dict.fromkeys(("above", "below", "at_least", "at_most"), _NUMBER),
    "is": _SCALAR,
    "in": {"type": "array", "items": _SCALAR, "minItems": 1},
}


def json_schema() -> Json:
    """Return the JSON Schema of a policy file."""
    schema = DOCUMENT.schema()
    _describe(schema, _texts())
    _add_short_forms(schema["properties"])
    return {"$schema": _DIALECT, **schema, "title": "Interlock policy, version v1"}


def _describe(schema: Any, texts: Mapping[str, Mapping[str, str]]) -> None:  # noqa: ANN401 - JSON
    """Add descriptions to every section, however deep."""
    match schema:
        case {"title": str(title), "properties": _} if title in texts:
            _describe_part(cast("Json", schema), texts)
        case {"items": inner} | {"additionalProperties": inner}:
            _describe(inner, texts)
        case _:
            pass


def _describe_part(schema: Json, texts: Mapping[str, Mapping[str, str]]) -> None:
    known, properties = texts[schema["title"]], cast("dict[str, Json]", schema["properties"])
    schema["description"] = known[""]
    for key, inner in properties.items():
        _describe(inner, texts)
        properties[key] = {**inner, "description": known[key]}
    if schema["title"] == "Match":
        schema["patternProperties"] = {
            f"^.+_{comparison}$": _OPERANDS[comparison] for comparison in COMPARISONS
        }


def _add_short_forms(properties: Json) -> None:
    rules = properties["rules"]
    short = _short_rule(rules["items"])
    rules["items"] = {"anyOf": [rules["items"], short]}
    for level in properties["autonomy_levels"]["properties"].values():
        inner = level["properties"]["rules"]
        inner["items"] = {"anyOf": [inner["items"], short]}
    section = properties["output"]["properties"]
    for key, inner in (("blocked_terms", "terms"), ("max_length", "chars")):
        full = section[key]
        plain = dict(full["properties"][inner])
        section[key] = {"description": full["description"], "anyOf": [full, plain]}


def _short_rule(full: Json) -> Json:
    kept = ("id", "reason", "review", "review_result")
    return {
        "title": "Short rule",
        "description": "One tool, or a glob over tools, and what is done about it.",
        "type": "object",
        "properties": {
            "tool": {**Text().schema(), "description": "A tool's name, or a glob."},
            "action": {**OneOf(tuple(ACTIONS)).schema(), "description": "What is decided."},
            **{key: full["properties"][key] for key in kept},
        },
        "required": ["action", "tool"],
        "additionalProperties": False,
    }


def _texts() -> dict[str, dict[str, str]]:
    """Read the documentation of every section from its source: class name to field to text."""
    texts: dict[str, dict[str, str]] = {}
    for module in (authority, constraints, document, match, output):
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
