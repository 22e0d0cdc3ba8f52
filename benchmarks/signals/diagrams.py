"""Draw: committed figures of confidence and anomaly: `python -m benchmarks.signals.diagrams`.

Pure but for the files: each drawing is made of the figures beside it, and of nothing else.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from benchmarks.policy.plot import COLOURS, FONT, XMLNS

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
SIDE: Final = 280
EDGE: Final = 56
ROW: Final = 22
NAMES: Final = 330
BAR: Final = 420


def reliability(title: str, bins: Sequence[Mapping[str, Any]]) -> str:
    """Draw how often calls were right against what was said, with 95 % intervals and counts."""

    def x(share: float) -> float:
        return EDGE + share * SIDE

    def y(share: float) -> float:
        return EDGE + (1 - share) * SIDE

    parts = [f'<text x="{EDGE}" y="24" font-size="14">{escape(title)}</text>']
    parts.append(_line(x(0), y(0), x(1), y(1), "#999", ' stroke-dasharray="4"'))
    for fifth in range(6):
        at = fifth / 5
        parts.append(_line(x(0), y(at), x(1), y(at), "#ddd"))
        parts.append(f'<text x="{EDGE - 8}" y="{y(at) + 4:.1f}" text-anchor="end">{at:g}</text>')
        parts.append(
            f'<text x="{x(at):.1f}" y="{y(0) + 18:.1f}" text-anchor="middle">{at:g}</text>'
        )
    for each in bins:
        low, high = each["95"]
        at, right = x(each["said"]), y(each["right"])
        parts.append(_line(at, y(low), at, y(high), COLOURS[0]))
        parts.append(f'<circle cx="{at:.1f}" cy="{right:.1f}" r="4" fill="{COLOURS[0]}"/>')
        parts.append(f'<text x="{at + 6:.1f}" y="{right + 4:.1f}" fill="#555">{each["of"]}</text>')
    foot = "said; upwards: right, of as many calls as stand there"
    parts.append(f'<text x="{x(0.5)}" y="{y(0) + 40:.1f}" text-anchor="middle">{foot}</text>')
    return _svg(2 * EDGE + SIDE, 2 * EDGE + SIDE, parts)


def methods(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Draw each method's recall at 5 % false positives with its interval, and its AUROC."""
    parts = [f'<text x="12" y="24" font-size="14">{escape(title)}</text>']
    for at, (name, row) in enumerate(rows.items()):
        top, cell = 44 + at * ROW, row["whole"]
        (low, high), recall, colour = cell["recall_95"], cell["recall"], COLOURS[at % len(COLOURS)]
        middle = top + ROW / 2 - 3
        parts.append(f'<text x="{NAMES}" y="{top + 13}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<rect x="{NAMES + 8}" y="{top}" width="{recall * BAR:.1f}" height="{ROW - 6}" '
            f'fill="{colour}"/>'
        )
        parts.append(_line(NAMES + 8 + low * BAR, middle, NAMES + 8 + high * BAR, middle, "black"))
        said = f"{recall:.2f}, AUROC {cell['auroc']:.3f}"
        parts.append(f'<text x="{NAMES + 16 + high * BAR:.1f}" y="{top + 13}">{said}</text>')
    return _svg(NAMES + BAR + 160, 56 + len(rows) * ROW, parts)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{more}/>'
    )


def _svg(width: float, height: float, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="{XMLNS}" viewBox="0 0 {width} {height}" {FONT}>'
    paper = f'<rect width="{width}" height="{height}" fill="white"/>'
    return "\n".join([head, paper, *parts, "</svg>", ""])


def drawn() -> dict[str, str]:
    """Return each file's name and drawing, of the committed figures."""
    confidence, anomaly = (
        json.loads((RESULTS / f"signals_{name}.json").read_text(encoding="utf-8"))
        for name in ("confidence", "anomaly")
    )
    found = {
        f"signals_confidence_{source}.svg": reliability(f"{source}: said and right", bins)
        for source, bins in confidence["bins"].items()
    }
    for setting in ("cold", "recurring"):
        title = f"Attacks found at 5 % false positives, {setting}"
        rows = anomaly[setting]["methods"]
        found[f"signals_anomaly_{setting}.svg"] = methods(title, rows)
    return found


def main() -> int:
    """Write the drawings."""
    for name, text in drawn().items():
        (RESULTS / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
