"""Draw: medians over sizes, both axes logarithmic, as SVG; pure."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 460, 70, 40, 240, 50
XMLNS, FONT = "http://www.w3.org/2000/svg", 'font-family="sans-serif" font-size="12"'
COLOURS = (
    "#000000", "#7a7a7a", "#c0392b", "#2471a3", "#1e8449", "#b7950b", "#7d3c98",
    "#d35400", "#117a65", "#884ea0", "#5d6d7e", "#a04000", "#2e4053",
)  # fmt: skip


def svg(
    title: str,
    lines: Mapping[str, Mapping[int, float]],
    unit: str = "µs",
    size: str = "rules",
) -> str:
    """Draw a line for each contender, from `size` to `unit`."""
    sizes = sorted({each for points in lines.values() for each in points})
    values = [value for points in lines.values() for value in points.values()]
    decades = range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)

    def x(each: float) -> float:
        low, high = math.log10(sizes[0]), math.log10(sizes[-1])
        return LEFT + (math.log10(each) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        share = (math.log10(value) - decades[0]) / (decades[-1] - decades[0])
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="{XMLNS}" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    for decade in decades:
        at = y(10.0**decade)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
        )
        said = f"{10.0**decade:,g} {unit}"
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{said}</text>')
    foot = f'y="{HEIGHT - BOTTOM + 20}" text-anchor="middle"'
    parts += [f'<text x="{x(each):.1f}" {foot}>{each:,} {size}</text>' for each in sizes]
    for name, colour, label in _labels(lines, [y(points[sizes[-1]]) for points in lines.values()]):
        dots = [(x(each), y(value)) for each, value in sorted(lines[name].items())]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down in dots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{WIDTH - RIGHT + 10}" y="{label + 4:.1f}" fill="{colour}">'
            f"{escape(name)}</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _labels(
    lines: Mapping[str, Mapping[int, float]], ends: Sequence[float]
) -> list[tuple[str, str, float]]:
    """Place each name at its line's end, none over another."""
    order = sorted(zip(ends, lines, range(len(ends)), strict=True))
    placed: list[tuple[str, str, float]] = []
    below = 0.0
    for end, name, at in order:
        below = max(end, below + 15)
        placed.append((name, COLOURS[at % len(COLOURS)], below))
    return placed
