"""Part: what a tool returned, into passages, each a value of its own or a text that says things.

A value that fills its passage was given as data (`sender: ana@example.com`); one that stands among
other words was said by somebody. So whoever writes a record's text cannot make it look like
further fields: a quoted text is one passage whatever it holds, and lines that go on belong to what
they go on from. A result that is plain text all through has only its own layout to be read by, and
its author can imitate fields. The work is linear in the text.
"""

import html
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from interlock.folding import plain
from interlock.signals.scalars import parsed, scalars


class Passage(NamedTuple):
    """One value or text of a result."""

    place: str
    """Where it stands: a member path (`[2].sender`), a field's name, or nothing."""
    text: str
    """As it was returned."""


_QUOTE_OPENS: Final = re.compile(
    r"""(?:[\[{(:=]|^[ \t]*(?:[-*][ \t]+)?|(?:["'\]})>\d]|None|True|False),)\s*(["'])""",
    re.MULTILINE,
)
"""A quote where a value may begin: at a line's start, or after what parts values."""
_QUOTE_CLOSES: Final = re.compile(r"""(?<!\\)(["'])(?!\1)(?=\s*(?:[,\]}):;>\n]|/>|$))""")
"""A quote that is not escaped, where a value may end."""
_PARTS: Final = "<>[]{}|"
_LINE: Final = re.compile(rf"[^\n{re.escape(_PARTS)}]+|[{re.escape(_PARTS)}]")
_LETTER: Final = re.compile(r"[^\W_]")
_FIELD: Final = re.compile(
    r"[\s,*\u2022-]*([A-Za-z][\w-]{0,39}(?:[ ][\w-]{1,39}){0,2})[ *_`]*[:=](?:\s+|$|(?<==))"
    r"|\s*[-*\u2022]\s+|\s*\d{1,4}[.)]\s+"
)
"""The name of a field of at most three words, or what begins an item of a list."""
_SEPARATORS: Final = ("\t", ",", ";")
_ROWS: Final = 3
"""Lines, the names of columns among them, from which a paragraph may be a table."""
_NAMES: Final = re.compile(r"\s*:")
"""What follows a quoted text that names a field."""
_PERCENT: Final = re.compile(r"(?:%[\dA-Fa-f]{2})+", re.ASCII)
_ESCAPE: Final = re.compile(r"\\[nrt]")


def passages(result: Any) -> Iterator[Passage]:  # noqa: ANN401 - JSON
    """Yield the passages of a result, JSON or text; text that is JSON is read as JSON."""
    structured = parsed(result) if isinstance(result, str) else result
    if structured is None and isinstance(result, str):
        yield from _laid_out(result)
        return
    for scalar in scalars(structured):
        yield Passage(scalar.path, scalar.text)


def folded(text: str) -> str:
    """Write a text in one way, as its readers would take it.

    Case, look-alikes, invisible characters, escapes of HTML, of addresses and of line ends.
    """
    text = _ESCAPE.sub(" ", text) if "\\" in text else text
    text = _PERCENT.sub(_decoded, text) if "%" in text else text
    text = html.unescape(text) if "&" in text else text
    return plain(text).text.casefold()


def _decoded(escapes: re.Match[str]) -> str:
    return bytes.fromhex(escapes[0].replace("%", "")).decode(errors="replace")


def _laid_out(text: str) -> Iterator[Passage]:
    """Yield the passages of a text by its quotes, fields and lines."""
    at, place = 0, ""
    for start, end in _quoted(text):
        for passage in _lines(text, at, start - 1, place):
            place = passage.place
            yield from _cells(passage)
        yield Passage(place, text[start:end])
        names = _NAMES.match(text, end + 1)
        place = text[start:end] if names else ""
        at = names.end() if names else end + 1
    for passage in _lines(text, at, len(text), place):
        yield from _cells(passage)


def _cells(passage: Passage) -> Iterator[Passage]:
    """Yield the cells of a table with their columns' names; what is no table as it is."""
    rows = [line for line in passage.text.splitlines() if line.strip()]
    for separator in _SEPARATORS if len(rows) >= _ROWS else ():
        table = [row.split(separator) for row in rows]
        if len(table[0]) > 1 and len({len(row) for row in table}) == 1:
            names = [name.strip() for name in table[0]]
            for row in table:
                yield from map(Passage, names, row)
            return
    yield passage


def _quoted(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each quoted text stands, its quotes left out."""
    closes: dict[str, list[int]] = {'"': [], "'": []}
    for close in _QUOTE_CLOSES.finditer(text):
        closes[close[1]].append(close.start())
    at = 0
    while opens := _QUOTE_OPENS.search(text, at):
        ends, start = closes[opens[1]], opens.end()
        next_end = bisect_left(ends, start)
        if next_end == len(ends):
            at = start
        else:
            at = ends[next_end]  # the closing quote says whether a value may follow
            yield start, at


def _lines(text: str, start: int, end: int, place: str) -> Iterator[Passage]:
    """Yield fields and paragraphs, of which the first is called `place`.

    A line without a field's name goes on from the one before, but an empty line ends a field. The
    name of a field is a passage too.
    """
    begins = ends = -1
    for part in _LINE.finditer(text, start, end):
        bracket = part[0] in _PARTS
        field = None if bracket else _FIELD.match(text, *part.span())
        over = bracket or field or (place and text.count("\n", ends, part.start()) > 1)
        if begins >= 0 and over:
            yield Passage(place, text[begins:ends])
            begins, place = -1, ""
        if field:
            place, begins, ends = field[1] or "", field.end(), part.end()
            yield Passage(place, place)
        elif not bracket and _LETTER.search(part[0]):
            begins, ends = (begins if begins >= 0 else part.start()), part.end()
    if begins >= 0:
        yield Passage(place, text[begins:ends])
