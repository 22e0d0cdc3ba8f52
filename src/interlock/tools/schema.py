"""Check: arguments against a tool's JSON Schema."""

import json
from typing import Any


def misfit(schema: dict[str, Any], args: dict[str, Any]) -> str | None:
    """Say in one line why arguments do not fit a schema; None when they do.

    Source: JSON Schema 2020-12, through `jsonschema`.
    """
    from jsonschema import Draft202012Validator

    check: Any = Draft202012Validator(schema)
    errors = sorted(check.iter_errors(args), key=lambda error: error.json_path)
    if not errors:
        return None
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    path = errors[0].json_path.replace("$", "args", 1)
    return f"`{path}`: {_short(errors[0].message)}{more}"


def read_schema(text: str) -> dict[str, Any]:
    """Read a schema that the ledger keeps."""
    return json.loads(text)


def _short(message: str) -> str:
    return message if len(message) <= 200 else message[:200] + "…"
