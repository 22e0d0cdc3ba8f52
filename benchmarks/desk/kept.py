"""Keep: figures of the review desk, with the page and the pictures that are made of them alone."""

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

RESULTS: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "results"

_LEFT, _RIGHT, _TOP, _BAR = 260, 110, 40, 22
_WIDTH: Final = 760
_COLOURS: Final = ("#2471a3", "#c0392b", "#1e8449", "#b7950b")


def keep(name: str, figures: Mapping[str, Any], page: str, pictures: Mapping[str, str]) -> None:
    """Write the figures of one benchmark, its page, and its pictures by what they are called."""
    text = json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(page, encoding="utf-8")
    for called, drawn in pictures.items():
        (RESULTS / f"{name}_{called}.svg").write_text(drawn, encoding="utf-8")


def parsed(
    parser: argparse.ArgumentParser, arguments: list[str] | None, sizes: Sequence[str]
) -> argparse.Namespace:
    """Read the options; refuse to keep a run of other sizes than the usual ones."""
    parser.add_argument("--write", action="store_true", help="keep the figures of a full run")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    other = [name for name in sizes if getattr(options, name) != parser.get_default(name)]
    if options.write and other:
        parser.error(f"only a full run is kept: leave out {' and '.join(f'--{n}' for n in other)}")
    return options


def bars(title: str, groups: Mapping[str, Mapping[str, float]], unit: str) -> str:
    """Draw horizontal bars, some a group, over one logarithmic scale, as SVG."""
    values = [value for group in groups.values() for value in group.values()]
    low = 10.0 ** math.floor(math.log10(min(values)))
    wide = (_WIDTH - _LEFT - _RIGHT) / max(1, math.ceil(math.log10(max(values) / low)))
    kinds = list(dict.fromkeys(kind for group in groups.values() for kind in group))
    parts, down = list[str](), _TOP
    for name, group in groups.items():
        for kind, value in group.items():
            colour = _COLOURS[kinds.index(kind) % len(_COLOURS)]
            across = math.log10(value / low) * wide
            parts += _bar(down, across, f"{name}, {kind}", colour, f"{value:,.3g} {unit}")
            down += _BAR
        down += _BAR // 2
    size = f'{_WIDTH} {down + 20}" font-family="sans-serif" font-size="12"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}>',
        f'<rect width="{_WIDTH}" height="{down + 20}" fill="white"/>',
        f'<text x="20" y="22" font-size="14">{escape(title)}</text>',
    ]
    foot = f'<text x="{_LEFT}" y="{down + 8}">from {low:g} {unit}, logarithmic</text>'
    return "\n".join([*head, *parts, foot, "</svg>", ""])


def _bar(down: int, across: float, label: str, colour: str, said: str) -> list[str]:
    box = f'x="{_LEFT}" y="{down}" width="{across:.1f}" height="{_BAR - 6}"'
    return [
        f'<text x="{_LEFT - 8}" y="{down + 13}" text-anchor="end">{escape(label)}</text>',
        f'<rect {box} fill="{colour}"/>',
        f'<text x="{_LEFT + across + 6:.1f}" y="{down + 13}">{escape(said)}</text>',
    ]
