"""Check: arguments against a tool's JSON Schema.

What is said names places and what the schema expects, never a value: the words are read by a model
and kept in the record. A schema that cannot be read takes nothing.
"""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, cast

from interlock.desk.naming import stranger

SHOWN_ERRORS: Final = 5
_SHOWN_CHARS: Final = 80
_PLAIN_STEP: Final = re.compile(r"[A-Za-z_][\w\-]{0,39}")

_BOUNDS: Final = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
    "minLength": "a length of at least",
    "maxLength": "a length of at most",
    "minItems": "an item count of at least",
    "maxItems": "an item count of at most",
    "minProperties": "a member count of at least",
    "maxProperties": "a member count of at most",
    "pattern": "text of the pattern",
    "format": "the format",
    "const": "the value",
    "enum": "one of",
}
"""Words for what a schema expects. Source: JSON Schema 2020-12, validation vocabulary."""


def misfit(schema: dict[str, Any], args: dict[str, Any]) -> str | None:
    """Say in one line why arguments do not fit a schema; None when they do. Never raises.

    The draft is the one that `$schema` names, 2020-12 without it; references are not fetched. A
    name that the schema does not name is a misfit too, unless it speaks of more.
    """
    checker: Any = import_module("jsonschema")
    referencing: Any = import_module("referencing")
    try:
        kind = checker.validators.validator_for(schema, checker.Draft202012Validator)
        kind.check_schema(schema)
        errors: list[Any] = list(kind(schema, registry=referencing.Registry()).iter_errors(args))
        said = dict.fromkeys(line for error in errors for line in _lines(error))
        return told(list(said)) or stranger(schema, args)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a schema, nothing runs by it
        return f"the tool's schema cannot be read ({type(error).__name__})"


def told(lines: list[str]) -> str | None:
    """Join what is wrong; the first few and how many more."""
    more = f" (and {len(lines) - SHOWN_ERRORS} more)" if len(lines) > SHOWN_ERRORS else ""
    return "; ".join(lines[:SHOWN_ERRORS]) + more if lines else None


def place_of(steps: list[str | int]) -> str:
    """Write where in the arguments; a name that is no plain word may be a value and is left out."""
    shown = [
        str(step) if isinstance(step, int) or _PLAIN_STEP.fullmatch(step) else "…" for step in steps
    ]
    return f"`{'.'.join(shown) or 'arguments'}`"


def _lines(error: Any) -> Iterator[str]:  # noqa: ANN401 - jsonschema's error
    steps = list(error.absolute_path)
    if error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                yield f"{place_of([*steps, name])}: is required"
    else:
        yield f"{place_of(steps)}: {_words(error.validator, error.validator_value)}"


def _words(validator: str | None, expected: Any) -> str:  # noqa: ANN401 - a part of the schema
    if validator == "type":
        kinds = cast("list[Any]", expected) if isinstance(expected, list) else [expected]
        return "expected " + " or ".join(map(str, kinds))
    if validator in _BOUNDS:
        shown = json.dumps(expected, ensure_ascii=False)
        short = shown if len(shown) <= _SHOWN_CHARS else shown[:_SHOWN_CHARS] + "…"
        return f"expected {_BOUNDS[validator]} {short}"
    if validator in ("additionalProperties", "unevaluatedProperties"):
        return "holds a member that is not allowed"
    return f"does not keep `{validator}` of the schema" if validator else "not allowed"
