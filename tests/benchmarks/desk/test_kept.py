"""Keep: pictures are of the figures."""

import re

from benchmarks.desk import kept


def test_bars_are_as_long_as_their_logarithms() -> None:
    """Each decade is as wide as the next, and each bar says its figure."""
    drawn = kept.bars("T", {"A": {"x": 1.0, "y": 10.0}, "<B>": {"x": 100.0}}, "ms")
    widths = [float(width) for width in re.findall(r'width="([\d.]+)" height="16"', drawn)]

    assert widths == [0.0, widths[2] / 2, widths[2]]
    assert re.findall(r">([\d.]+ ms)<", drawn) == ["1 ms", "10 ms", "100 ms"]
    assert "&lt;B&gt;, x" in drawn
