"""Draw: rules as points, approvals in a benign run against attacks held, as SVG; pure."""

from collections.abc import Mapping
from html import escape
from typing import Final

from benchmarks.policy.plot import BOTTOM, COLOURS, FONT, HEIGHT, LEFT, TOP, XMLNS

WIDTH: Final = 1120
RIGHT: Final = 600
MOST: Final = 3.5
"""Approvals in a benign run where the axis ends."""


def svg(
    title: str,
    points: Mapping[str, tuple[float, float]],
    chosen: str,
    bar: tuple[float, float],
) -> str:
    """Draw each rule's point and name; the corner that a bar asks for is shaded."""

    def x(approvals: float) -> float:
        return LEFT + min(approvals, MOST) / MOST * (WIDTH - LEFT - RIGHT)

    def y(held: float) -> float:
        return HEIGHT - BOTTOM - held * (HEIGHT - TOP - BOTTOM)

    least, most = bar
    parts = [
        f'<svg xmlns="{XMLNS}" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
        (
            f'<rect x="{x(0)}" y="{y(1):.1f}" width="{x(most) - x(0):.1f}" '
            f'height="{y(least) - y(1):.1f}" fill="#e8f5e9"/>'
        ),
    ]
    for tenth in range(0, 11, 2):
        at = y(tenth / 10)
        parts.append(
            f'<line x1="{x(0)}" x2="{x(MOST)}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
        )
        parts.append(
            f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{tenth * 10} %</text>'
        )
    foot = f'y="{HEIGHT - BOTTOM + 20}" text-anchor="middle"'
    parts += [f'<text x="{x(at / 2):.1f}" {foot}>{at / 2:g}</text>' for at in range(8)]
    parts.append(
        f'<text x="{x(MOST / 2):.1f}" y="{HEIGHT - 8}" text-anchor="middle">'
        "approvals in a benign run; upwards: attacks held</text>"
    )
    ordered = sorted(points.items(), key=lambda point: (-point[1][1], point[1][0]))
    for at, (name, (approvals, held)) in enumerate(ordered):
        colour, label = COLOURS[at % len(COLOURS)], TOP + 12 + at * 20
        weight = ' font-weight="bold"' if name == chosen else ""
        parts.append(
            f'<circle cx="{x(approvals):.1f}" cy="{y(held):.1f}" r="{7 if weight else 5}" '
            f'fill="{colour}"/>'
        )
        parts.append(
            f'<text x="{WIDTH - RIGHT + 12}" y="{label}" fill="{colour}"{weight}>'
            f"{escape(name)} ({approvals:.2f}, {100 * held:.0f} %)</text>"
        )
    return "\n".join([*parts, "</svg>", ""])
