"""Read: a JSON object that somebody gives on the command line."""

import json
import sys
from pathlib import Path
from typing import Any, Final, cast

import typer

FILE_MAX_BYTES: Final = 1_000_000
"""Largest file of arguments that is read."""

_DIGITS_MAX: Final = 4000
"""Longest whole number that is read, digits; more is no number that a call can carry."""


def read_object(text: str, option: str) -> dict[str, Any]:
    """Read a JSON object from an option: JSON itself, a file, or `-` for stdin."""
    written = text if text.lstrip().startswith(("{", "[")) else _contents(text, option)
    try:
        value = json.loads(
            written, parse_constant=_no_number, parse_int=_whole, object_pairs_hook=_no_twice
        )
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(
            f'{option}: no JSON: {error}; expected an object like {{"a": 1}}'
        ) from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f'{option}: expected a JSON object like {{"a": 1}}')
    return cast("dict[str, Any]", value)


def _contents(name: str, option: str) -> str:
    try:
        if name == "-":
            return sys.stdin.read(FILE_MAX_BYTES + 1)
        path = Path(name)
        if path.exists() and not path.is_file():
            raise typer.BadParameter(f"{option}: {name} is not a regular file")
        if path.stat().st_size > FILE_MAX_BYTES:
            raise typer.BadParameter(f"{option}: {name} is larger than {FILE_MAX_BYTES} bytes")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"{option}: {name}: {(error.strerror or 'cannot be read').lower()}; "
            "expected a file, `-`, or a JSON object"
        ) from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{option}: {name} is no UTF-8 text") from error


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS_MAX:
        raise ValueError(f"a number has {len(digits)} digits; write it as text")
    return int(digits)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice; readers disagree about which one counts."""
    seen = dict(pairs)
    if len(seen) != len(pairs):
        twice = next(key for at, (key, _) in enumerate(pairs) if key in dict(pairs[:at]))
        raise ValueError(f"key `{twice}` stands there twice")
    return seen
