"""Write: small tables in HTML that no text inside them can break out of.

Texts from agents come here as `desk.display` writes them, and are escaped on top of it; what is
styled stands in attributes, so that nothing needs a script or a style sheet.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

_CELL: Final = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;white-space:pre-wrap"
_HEAD: Final = _CELL + ";font-weight:600;border-bottom:1px solid #8888"
_TONES: Final = {
    "good": "#1a7f37",
    "warn": "#9a6700",
    "bad": "#cf222e",
    "held": "#8250df",
    "calm": "#57606a",
}


class Badge(NamedTuple):
    """A word in a colour that says whether it is good."""

    text: str
    tone: str
    """`good`, `warn`, `bad`, `held` or `calm`."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Badge]], caption: str = "") -> str:
    """Write a table; every cell is text, escaped, read left to right."""
    head = "".join(f'<th style="{_HEAD}">{escape(each)}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(_cell(each) for each in row)}</tr>" for row in rows)
    above = f'<caption style="text-align:left">{escape(caption)}</caption>' if caption else ""
    return (
        f'<table dir="ltr" style="border-collapse:collapse;font-size:0.9em">{above}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _cell(cell: str | Badge) -> str:
    if isinstance(cell, str):
        return f'<td style="{_CELL}">{escape(cell)}</td>'
    colour = _TONES[cell.tone]
    return f'<td style="{_CELL};color:{colour};font-weight:600">{escape(cell.text)}</td>'
