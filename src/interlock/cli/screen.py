"""Print: words, tables and JSON, for people at a terminal and for pipes.

Nothing printed is read as markup. In a pipe nothing is cut or wrapped, so that ids can be copied.
"""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import zip_longest
from typing import Any, Final, TypeAlias, TypeVar

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_PIPE_WIDTH: Final = 10_000
_LABEL_WIDTH: Final = 24
"""Widest column of labels, at most a third of a terminal; a longer one pushes no other text."""

T = TypeVar("T")
Columns: TypeAlias = Mapping[str, Callable[[T], str]]
"""The heads of a table, each with what stands under it for one thing."""


def console(*, to_stderr: bool = False) -> Console:
    """Return a console on the present stdout or stderr."""
    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(
        file=stream, width=width, markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def say(*parts: str | Text) -> None:
    """Print one line."""
    console().print(Text.assemble(*parts))


def note(words: str) -> None:
    """Print one line for a person at a terminal; pipes stay quiet."""
    if sys.stderr.isatty():
        console(to_stderr=True).print(Text(words, style="dim"))


def log(words: str) -> None:
    """Print one line of a service's log on stderr, with its time, terminal or not."""
    now = local(datetime.now().astimezone())
    console(to_stderr=True).print(Text(f"{now}  {words}", style="dim"))


@contextmanager
def advancing(words: str) -> Generator[Callable[[int], None]]:
    """Show a person at a terminal how far long work is, step by step; pipes stay quiet."""
    screen = console(to_stderr=True)
    columns = (TextColumn(words), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=screen, transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task(words, total=None)
        yield lambda steps: progress.advance(task, steps)


def print_json(value: Any, indent: int | None = 2) -> None:  # noqa: ANN401 - JSON
    """Print JSON in ASCII, so that no character takes effect in a terminal."""
    written = json.dumps(value, indent=indent, ensure_ascii=True, default=str)
    sys.stdout.write(written.replace("\x7f", "\\u007f") + "\n")


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print rows under heads; the first column is never cut."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for at, head in enumerate(heads):
        table.add_column(head, no_wrap=at == 0, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    screen = console()
    with screen.capture() as drawn:
        screen.print(table, soft_wrap=False)
    for line in drawn.get().splitlines():
        sys.stdout.write(line.rstrip() + "\n")


def print_listing(things: Sequence[T], columns: Columns[T], nothing: str) -> None:
    """Print things under the heads of `columns`; where there is none, say `nothing`."""
    if things:
        print_table(tuple(columns), ([tell(one) for tell in columns.values()] for one in things))
    else:
        say(nothing)


def print_fields(fields: Sequence[tuple[str, str]], *, typed: bool = False) -> None:
    """Print labels and their texts side by side.

    On a terminal what does not fit goes on in its own column, a label behind `…`: no part of a
    long text stands where another label or heading could. Lines to be `typed` stay whole.
    """
    columns = console().width
    most = min(_LABEL_WIDTH, columns // 3)
    label_width = min(most, max(cell_len(label) for label, _ in fields))
    text_width = columns - label_width - 4
    gap = "  " if label_width else ""
    for label, text in fields:
        labels, texts = [label], [text]
        if sys.stdout.isatty() and not typed:
            first, *more = chop_cells(label, most - 1) or [""]
            labels, texts = [first, *(f"…{part}" for part in more)], chop_cells(text, text_width)
        for head, part in zip_longest(labels, texts, fillvalue=""):
            padded = head + " " * (label_width - cell_len(head))
            say("  ", Text(padded, style="dim"), gap, part)


def local(at: datetime) -> str:
    """Write a time in the reader's zone, with its offset from UTC."""
    return at.astimezone().isoformat(sep=" ", timespec="seconds")


def amount(number: int, noun: str) -> str:
    """Write a number with its noun: `1 rule`, `2 rules`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def span(seconds: float) -> str:
    """Write a duration roughly: `45 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    whole = max(0, round(seconds))
    if whole < 120:
        return f"{whole} s"
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 120:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{days} d {hours % 24} h"
