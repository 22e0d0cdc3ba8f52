"""Read: what a result holds in another form: JSON in a text, and content blocks.

A block shows a model something: text, or a picture, a sound, a file, a link. What it holds is read
where it is text or JSON; whether the rest may pass is for the inspection to say.
"""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

BYTE_ORDER_MARK: Final = "\ufeff"
BLANK: Final = BYTE_ORDER_MARK + " \t\r\n"
"""What may stand around JSON: white space and a byte order mark."""

EMBEDDED_CHARS: Final = 1_000_000
"""Longest text that is read as JSON; what no detector would look at either."""

BLOCK_TYPES: Final = frozenset(
    {
        "audio",
        "custom_tool_call_output",
        "document",
        "file",
        "image",
        "image_url",
        "json",
        "search_result",
        "text",
        "video",
    }
)
"""Types of the content blocks that a model is shown. Source: LangChain, `ToolMessage.content`."""

_WRITTEN: Final = frozenset({"custom_tool_call_output", "json", "search_result", "text"})
"""Types of blocks that hold texts; what they say is inspected as text."""

_PAYLOADS: Final = (
    "base64",
    "blob",
    "data",
    "file",
    "file_id",
    "image_url",
    "input_audio",
    "source",
    "url",
)
"""Members in which a block holds, or refers to, what it shows."""

_BYTES: Final = ("base64", "blob", "data")
"""Those that hold it. Source: LangChain content blocks; MCP, `blob` and `data`."""

_NEVER_TEXT: Final = ("base64", "blob", "file_id", "image_url", "input_audio")
"""Those in which a block of any type shows something else than text."""

_TEXTUAL: Final = re.compile(
    r"text/|application/([\w.-]+\+)?(json|octet-stream|x-ndjson|xml|(x-)?yaml)(;|$)"
)
"""Types of bytes that may be text."""


def embedded(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return the object or array that a text is as a whole, None for any other text.

    Raises `ValueError` for JSON that two readers may read differently: a name given twice, and what
    is too long, too deep or too large.
    """
    bare = text.strip(BLANK)
    if bare[:1] not in ("{", "["):
        return None
    if len(bare) > EMBEDDED_CHARS:
        raise ValueError(f"longer than {EMBEDDED_CHARS} characters")
    try:
        return _READER.decode(bare)
    except json.JSONDecodeError:
        return None
    except RecursionError:
        raise ValueError("nested too deeply") from None


class Structure(NamedTuple):
    """An object or array, and where in a text it stands: characters, end exclusive."""

    start: int
    end: int
    value: Any


def structures(text: str) -> list[Structure]:
    """Return the objects and arrays that stand in a text among other things, in order.

    A fence, a prefix or a line around them hides nothing; what is broken off is text. Raises
    `ValueError` as `embedded` does, and for a text with so many broken ones that it is no prose.
    """
    found: list[Structure] = []
    if "{" not in text and "[" not in text:
        return found
    at = wasted = 0
    while start := _START.search(text, at):
        if len(text) > EMBEDDED_CHARS:
            raise ValueError(f"longer than {EMBEDDED_CHARS} characters")
        try:
            value, at = _READER.raw_decode(text, start.start())
        except json.JSONDecodeError as error:
            at = start.start() + 1
            wasted += error.pos - start.start()
            if wasted > _WASTE * len(text) + EMBEDDED_CHARS:
                raise ValueError("broken off too often") from None
        except RecursionError:
            raise ValueError("nested too deeply") from None
        else:
            found.append(Structure(start.start(), at, value))
    return found


_START: Final = re.compile(r'\{\s*"|\[\s*["\[{]')
"""What begins an object with members, or an array of more than numbers and constants."""

_WASTE: Final = 16
"""How often a text may be read in vain; one that is cut off is, once for each level."""


class Piece(NamedTuple):
    """A member of an object or an item of an array, and where it stands in its text."""

    key: str | int
    start: int
    """After the bracket or comma before it."""
    value_start: int
    value_end: int
    end: int
    """At the comma or bracket after it."""
    value: Any


def parts_of(text: str, start: int) -> Iterator[Piece]:
    """Yield what the object or array that begins at `start` holds; the text is JSON."""
    named = text[start] == "{"
    at, end = 0, start
    if text[_blank(text, start + 1)] in "]}":
        return
    while text[end] not in "]}":
        first = end + 1
        key, value_start = at, _blank(text, first)
        if named:
            key, after = _READER.raw_decode(text, value_start)
            value_start = _blank(text, _blank(text, after) + 1)
        value, value_end = _READER.raw_decode(text, value_start)
        end = _blank(text, value_end)
        yield Piece(key, first, value_start, value_end, end, value)
        at += 1


def _blank(text: str, at: int) -> int:
    """Return where the white space at a place ends."""
    while text[at] in " \t\r\n":
        at += 1
    return at


def written(value: object) -> str:
    """Write a value as JSON text."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def finite(text: str) -> float | str:
    """Read a number; one beyond any float stays text."""
    number = float(text)
    return number if math.isfinite(number) else text


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name is given twice")
    return members


_READER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=str, parse_float=finite, strict=False
)


def unread(block: dict[str, object]) -> bool:
    """Whether a block holds, or refers to, what its own texts do not say."""
    kind = _type(block)
    shows = _PAYLOADS if kind in BLOCK_TYPES - _WRITTEN else _NEVER_TEXT
    return kind != "" and any(name in block for name in shows)


def blocks_in(content: object) -> list[dict[str, object]]:
    """Return content that is a list of content blocks; empty for any other."""
    items = cast("list[object]", content) if isinstance(content, list) else []
    found = [cast("dict[str, object]", item) for item in items if isinstance(item, dict)]
    is_all = len(found) == len(items)
    return found if is_all and all(_type(item) in BLOCK_TYPES for item in found) else []


def _type(block: dict[str, object]) -> str:
    named = block.get("type")
    return named if isinstance(named, str) else ""


def bytes_in(value: dict[str, object]) -> list[str]:
    """Return in which members an object that says of what type they are has bytes."""
    if not _mime(value):
        return []
    held = ((name, value.get(name)) for name in _BYTES)
    return [name for name, one in held if isinstance(one, str) and _bytes(one)]


_DATA_URL: Final = re.compile(
    r"data:([^\s,;]{0,64})(?:;[^\s,;]{0,64}){0,4};base64,([\w+/=%-]+)", re.IGNORECASE
)


_ESCAPED: Final = re.compile("%([0-9A-Fa-f]{2})")


def data_urls(text: str) -> Iterator[tuple[dict[str, object], int, int]]:
    """Yield the bytes that stand in a text as addresses, as blocks with where they begin and end.

    Source: RFC 2397.
    """
    for url in _DATA_URL.finditer(text):
        held = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), url[2])
        yield {"mime_type": url[1] or "text/plain", "base64": held}, *url.span(2)


def decoded(block: dict[str, object]) -> object:
    """Return the text or JSON that a block holds; None where it holds anything else.

    A type that a sender gives to bytes counts only if they are UTF-8 text.
    """
    source = block.get("source")
    holder = cast("dict[str, object]", source) if isinstance(source, dict) else block
    kind = _mime(holder)
    held = [holder[name] for name in _PAYLOADS if name in holder]
    if len(held) != 1 or not isinstance(held[0], str) or not _TEXTUAL.match(kind):
        return None
    if holder.get("type") == "text":
        return held[0]
    given = _bytes(held[0]) if any(name in holder for name in _BYTES) else None
    try:
        text = None if given is None else given.decode()
        return json.loads(text) if text and kind.startswith("application/json") else text
    except (ValueError, RecursionError):
        return None


def _mime(holder: dict[str, object]) -> str:
    kind = holder.get("mime_type") or holder.get("media_type") or holder.get("mimeType")
    return kind.lower() if isinstance(kind, str) else ""


def _bytes(text: str) -> bytes | None:
    """Read base64 in either alphabet, in lines or one, padded or not."""
    bare = "".join(text.split()).translate(_STANDARD)
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None


_STANDARD: Final = str.maketrans("-_", "+/")
"""From base64 for addresses to the usual. Source: RFC 4648 section 5."""
