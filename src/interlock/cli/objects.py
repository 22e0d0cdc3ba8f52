"""Read: a JSON object that somebody gives on the command line."""

import sys
from pathlib import Path
from typing import Any, Final

import typer

from interlock.desk.editing import read_json_object

FILE_MAX_BYTES: Final = 1_000_000
"""Largest file of arguments that is read."""


def read_object(text: str, option: str) -> dict[str, Any]:
    """Read a JSON object from an option: JSON itself, a file, or `-` for stdin."""
    written = text if text.lstrip().startswith(("{", "[")) else _contents(text, option)
    try:
        return read_json_object(written)
    except ValueError as error:
        raise typer.BadParameter(
            f'{option}: no JSON object: {error}; expected one like {{"a": 1}}'
        ) from error


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
