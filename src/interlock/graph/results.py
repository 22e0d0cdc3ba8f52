"""Translate: between what a tool returns in LangChain's terms and what the gate carries.

JSON text that would be written back as it came is carried as its structure, other text as text;
content blocks stay blocks. What a result holds beside content, artifact and status is dropped.
"""

import json
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import partial
from pathlib import PurePath
from types import SimpleNamespace
from typing import Any, Final, cast
from uuid import UUID

from langchain_core.messages import ToolMessage
from langgraph.types import Command
from pydantic import BaseModel
from pydantic.v1 import BaseModel as BaseModelV1

from interlock.canon import MAX_DEPTH, MAX_INTEGER_BITS, type_name
from interlock.path.blocks import EMBEDDED_CHARS, blocks_in
from interlock.path.execution import Done
from interlock.path.release import Answer

_UNWRITTEN: Final = (int, bytes, bytearray, memoryview, Iterator, AsyncIterator, Awaitable)
"""Types whose text says nothing, or is no text; what would still have to run is not run."""

TOO_DEEP: Final = "The tool ran; its result is nested too deeply to be inspected and was dropped."
NOT_READ: Final = "The tool ran; its result could not be read and was dropped."
NO_MESSAGE: Final = (
    "The tool ran; it gave commands to the graph instead of a result. They were not carried out: "
    "a gated tool answers with a result."
)


def read_result(returned: object, tool_call_id: str) -> Done:
    """Take the answer to one call out of what a `ToolNode` returned."""
    for message in _messages(returned):
        if isinstance(message, ToolMessage) and message.tool_call_id == tool_call_id:
            return read_message(message)
    return Done(NO_MESSAGE, status="error")


def read_message(message: ToolMessage) -> Done:
    """Turn a tool's message into JSON."""
    status = "error" if message.status == "error" else "success"
    content: Any = message.content
    try:
        content = read_text(content) if isinstance(content, str) else carried(content)
        return Done(content, carried(message.artifact), status)
    except (_TooDeep, RecursionError):
        return Done(TOO_DEEP, status=status)
    except Exception:  # noqa: BLE001 - a value may raise wherever it is touched
        return Done(NOT_READ, status=status)


def read_text(text: str) -> Any:  # noqa: ANN401 - JSON
    """Read text that is a JSON object or array just as it would be written; other text is text.

    What nothing is found in is thus delivered character for character.
    """
    plain = _valid(text)
    if plain[:1] not in ("{", "[") or len(plain) > EMBEDDED_CHARS:  # longer is not looked into
        return plain
    try:
        value = as_text(carried(json.loads(plain)))
    except ValueError:
        return plain
    return value if write_content(value) == plain else plain


def json_result(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a tool's result as JSON; a value of a foreign type as the text that Python shows.

    A tool that returned has run, whatever its result makes of being read.
    """
    known = plain_json(value)
    if _is_list(known) and not is_blocks(known):
        return json.dumps(known, ensure_ascii=False)  # as LangChain would, which may take offence
    if known != _note(value) or isinstance(value, _UNWRITTEN) or _reader(value) is not None:
        return known
    try:
        return _valid(str(value))
    except Exception:  # noqa: BLE001 - what cannot be written is named, not shown
        return known


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def plain_json(value: object) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON; what is nested too deeply, or cannot be read, is named."""
    try:
        return carried(value)
    except (_TooDeep, RecursionError):
        return TOO_DEEP
    except Exception:  # noqa: BLE001 - a value may raise wherever it is touched
        return NOT_READ


def carried(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON; what has no such form becomes a note of its type, never its text."""
    if depth > MAX_DEPTH - 10:
        raise _TooDeep
    match value:
        case Enum():
            return carried(value.value, depth + 1)
        case None | bool() | int() | float() | str():
            return _scalar(value)
        case Mapping():
            return _members(cast("Mapping[object, object]", value), depth)
        case list() | tuple() | set() | frozenset():
            return [carried(item, depth + 1) for item in cast("Iterable[object]", value)]
        case datetime() | date() | time():
            return value.isoformat()
        case Decimal() | UUID() | timedelta() | PurePath():
            return _valid(str(value))
        case _:
            return carried(_read(value), depth + 1)


def _members(value: Mapping[object, object], depth: int) -> dict[str, Any]:
    """Carry an object; of two members with one name the first is carried, the other is named."""
    members: dict[str, Any] = {}
    for at, (key, item) in enumerate(value.items()):
        name = _name(key)
        if name not in members:
            members[name] = carried(item, depth + 1)
        else:
            members[f"{name} ({at})"] = "[a second member of this name: not carried]"
    return members


def _scalar(value: str | float | None) -> str | float | None:
    match value:
        case str():
            return _valid(value)
        case int() if value.bit_length() > MAX_INTEGER_BITS:
            return _note(value)
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def _name(key: object) -> str:
    """Write a key; the name of a member is text."""
    return _valid(str(key.value if isinstance(key, Enum) else key))


def _read(value: object) -> object:
    """Return what a structured value of an application consists of; a note for any other."""
    try:
        reader = _reader(value)
        return _note(value) if reader is None else reader()
    except RecursionError:
        raise
    except Exception:  # noqa: BLE001 - a value that cannot be read is named, not shown
        return _note(value)


def _reader(value: object) -> Callable[[], object] | None:
    """Return what reads the members of a structured value; None for a value of a foreign type."""
    match value:
        case BaseModel():
            return partial(value.model_dump, mode="json")
        case BaseModelV1():
            return cast("Callable[[], object]", cast("Any", value).dict)
        case SimpleNamespace():
            return partial(vars, value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            names = [one.name for one in fields(value)]
        case _ if not isinstance(value, type) and hasattr(value, "__attrs_attrs__"):
            names = [one.name for one in cast("Any", value).__attrs_attrs__]
        case _:
            return None
    return lambda: {name: getattr(value, name) for name in names}


def _note(value: object) -> str:
    return f"[{type_name(value)}: not carried]"


def write_message(answer: Answer, name: str, tool_call_id: str) -> ToolMessage:
    """Write the message that answers one call; the same answer has the same id."""
    artifact: dict[str, Any] = {"interlock": answer.record}
    if answer.artifact is not None:
        artifact["artifact"] = answer.artifact
    return ToolMessage(
        content=write_content(answer.content, str(answer.record.get("notice", ""))),
        name=name,
        tool_call_id=tool_call_id,
        status=answer.status,
        artifact=artifact,
        id=f"answer-{answer.record.get('call_id', tool_call_id)}",
    )


def write_content(content: Any, notice: str = "") -> str | list[str | dict[str, Any]]:  # noqa: ANN401
    """Write content as text, or as the blocks it came as; a notice goes before it."""
    if is_blocks(content):
        blocks = cast("list[str | dict[str, Any]]", content)
        return [{"type": "text", "text": notice}, *blocks] if notice else blocks
    plain = content[0] if _is_wrapped(content) else content
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    return f"{notice}\n\n{text}" if notice else text


def is_blocks(content: object) -> bool:
    """Whether content is a list of LangChain's content blocks."""
    return bool(blocks_in(content))


def as_text(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Mark JSON that came as text and looks like blocks: one list more around it.

    Text must not become an image that is fetched or a document that is read. `write_content` takes
    the list away again.
    """
    return [value] if is_blocks(value) or _is_wrapped(value) else value


def _is_wrapped(value: object) -> bool:
    """Whether a value is blocks within one or more lists of one item."""
    inner = value
    while isinstance(inner, list) and len(cast("list[object]", inner)) == 1:
        inner = cast("list[object]", inner)[0]
        if is_blocks(inner):
            return True
    return False


def message_json(message: ToolMessage) -> dict[str, Any]:
    """Write a tool's message as JSON that `langchain_core.messages.ToolMessage` reads."""
    names = ("content", "name", "tool_call_id", "status", "artifact", "id")
    return {"type": "tool", **{name: getattr(message, name) for name in names}}


class _TooDeep(Exception):
    """A value nested deeper than the canonical form carries."""


def _messages(returned: object) -> list[object]:
    """Return the messages in what a `ToolNode` returned for one call; commands hold none."""
    match returned:
        case ToolMessage():
            return [returned]
        case Mapping():
            members = cast("Mapping[str, object]", returned)
            return [found for value in members.values() for found in _messages(value)]
        case Command():
            return []
        case list():
            items = cast("list[object]", returned)
            return [found for item in items for found in _messages(item)]
        case _:
            return []


def _valid(text: str) -> str:
    """Replace lone surrogates, which no JSON reader carries."""
    return str.encode(text, "utf-8", "replace").decode()
