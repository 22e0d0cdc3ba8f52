"""Lay out: a case as lines that fit a screen, nothing cut, nothing that passes for another line.

Pure. Every text was made visible before: one character is one or two cells, and none is an escape.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from interlock.app.cases import Case
from interlock.desk.display import visible

BLANK: Final = " "
"""An empty line, which widgets that split lines would lose."""

_INDENT: Final = "  "
_NEAR: Final = 2 / 3
"""From which part of a line on a space ends it."""

_WIDE: Final = frozenset("WF")
"""East Asian widths of two cells. Source: Unicode UAX 11."""


class PagePart(NamedTuple):
    """A heading and its rows, each a label and a text."""

    title: str
    rows: Sequence[tuple[str, str]]


def page(parts: Iterable[PagePart], width: int) -> list[str]:
    """Write them as lines of at most `width` cells; what does not fit goes on indented."""
    lines = list[str]()
    for title, rows in parts:
        lines += [BLANK] if lines else []
        lines += wrap(title, width)
        for label, text in rows:
            told = f"{label}: {text}" if label else text
            lines += [_INDENT + part for part in wrap(told, width - len(_INDENT))]
    return lines


def wrap(text: str, width: int) -> list[str]:
    """Cut a text into lines of at most `width` cells, at least one; nothing is left out.

    Behind a space where there is one near the end of a line.
    """
    width = max(2, width)
    if text.isascii() and " " not in text:
        return [text[at : at + width] for at in range(0, len(text), width)] or [BLANK]
    return list(_wrapped(text, width)) if text else [BLANK]


def _wrapped(text: str, width: int) -> Iterator[str]:
    begin = cells = 0
    for at, character in enumerate(text):
        cell = _cells(character)
        if cells + cell > width:
            space = text.rfind(" ", begin, at) + 1
            end = space if space - begin > (at - begin) * _NEAR else at
            yield text[begin:end]
            begin, cells = end, sum(map(_cells, text[end:at]))
        cells += cell
    yield text[begin:]


def _cells(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def row(case: Case, now: datetime, width: int) -> str:
    """Write one waiting call as a line of the queue."""
    same = f" x {len(case.duplicates) + 1}" if case.duplicates else ""
    tool = f"{'halted: ' if case.halt else ''}{visible(case.tool)}"
    told = f"{left(case, now):>8}  {case.risk:<8}  {tool}{same}  {visible(case.agent)}"
    lines: Sequence[str] = wrap(told, width)
    return lines[0] if len(lines) == 1 else wrap(told, width - 1)[0] + "…"


def missing(lacking: Sequence[Mapping[str, Any]]) -> str:
    """Say how many more must approve, and of whom."""
    each = ((one["more"], visible(one["group"])) for one in lacking)
    return ", ".join(f"{more} of {group}" if group else f"{more} more" for more, group in each)


def left(case: Case, now: datetime) -> str:
    """Say how long there is to answer, to the second; else what became of the call."""
    if case.state != "pending":
        return case.state.replace("_", " ")
    if case.expires_at is None:
        return ""
    whole = max(0, int((case.expires_at - now).total_seconds()))
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def became(verb: str, case: Case, after: Case) -> str:
    """Say what an answer came to."""
    if verb == "approve" and after.id == case.id and after.state == "pending":
        return f"your approval of {case.id} counts; {missing(after.missing)} missing"
    name = case.id if after.id == case.id else f"{case.id} was edited: {after.id}"
    but = f", and does not run: {after.halt.why}" if after.halt else ""
    return f"{name} is {after.state.replace('_', ' ')} now{but}"
