"""Translate: between what a tool returns in LangChain's terms and what the gate carries.

JSON text is read, so that its members are inspected one by one, and written back as JSON text;
content blocks stay blocks. What a result holds beside content, artifact and status is dropped.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any, Final, cast

from langchain_core.messages import ToolMessage
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES
from langgraph.types import Command
from pydantic import BaseModel

from interlock.canon import MAX_DEPTH, type_name
from interlock.path.execution import Done
from interlock.path.release import Answer

TOO_DEEP: Final = "The tool ran; its result is nested too deeply to be inspected and was dropped."
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


def read_text(text: str) -> Any:  # noqa: ANN401 - JSON
    """Read text that is a JSON object or array; any other text is text."""
    if text.lstrip()[:1] not in ("{", "["):
        return _valid(text)
    try:
        value = json.loads(text, parse_constant=str, parse_float=_finite)
    except ValueError:
        return _valid(text)
    return carried(value)


def carried(value: object, depth: int = 0) -> Any:  # noqa: ANN401 - JSON
    """Return a value as JSON; what has no such form becomes a note of its type, never its text."""
    if depth > MAX_DEPTH - 10:
        raise _TooDeep
    match value:
        case None | bool() | int() | str():
            return _valid(value) if isinstance(value, str) else value
        case float():
            return value if math.isfinite(value) else str(value)
        case Mapping():
            members = cast("Mapping[object, object]", value)
            return {_valid(str(key)): carried(item, depth + 1) for key, item in members.items()}
        case list() | tuple():
            return [carried(item, depth + 1) for item in cast("Sequence[object]", value)]
        case BaseModel():
            return carried(value.model_dump(mode="json"), depth + 1)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return carried(asdict(value), depth + 1)
        case _:
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
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    return f"{notice}\n\n{text}" if notice else text


def is_blocks(content: object) -> bool:
    """Whether content is a list of LangChain's content blocks."""
    if not isinstance(content, list) or not content:
        return False
    return all(
        isinstance(block, dict)
        and cast("dict[str, object]", block).get("type") in TOOL_MESSAGE_BLOCK_TYPES
        for block in cast("list[object]", content)
    )


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


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _valid(text: str) -> str:
    """Replace lone surrogates, which no JSON reader carries."""
    return text.encode("utf-8", "replace").decode()
