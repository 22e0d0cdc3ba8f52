"""Scale: the bars, on figures by hand."""

from typing import Any

import pytest

from benchmarks.policy import scale


def sizes(medians: tuple[float, ...], agree: int = 9, load_s: float = 1.0) -> dict[int, Any]:
    return {
        size: {"decide_us": {"median": median}, "agree": agree, "calls": 9, "load_s": load_s}
        for size, median in zip(scale.SIZES, medians, strict=True)
    }


@pytest.mark.parametrize(
    ("figures", "expression_us", "broken"),
    [
        (sizes((10.0, 15.0, 15.0)), 6.0, ()),
        (sizes((10.1, 10.1, 10.1)), 6.0, ("µs a decision",)),
        (sizes((8.0, 8.0, 12.1)), 6.0, ("times as much at 10,000",)),
        (sizes((8.0, 12.1, 8.0)), 6.0, ("times as much at 1,000",)),
        (sizes((8.0, 8.0, 8.0)), 6.1, ("µs more",)),
        (sizes((8.0, 8.0, 8.0), load_s=4.1), 1.0, ("seconds to load",)),
        (
            sizes((8.0, 8.0, 8.0), agree=8),
            1.0,
            ("calls of 100", "calls of 1,000", "calls of 10,000"),
        ),
    ],
)
def test_each_bar_can_be_missed(
    figures: dict[int, Any], expression_us: float, broken: tuple[str, ...]
) -> None:
    """At its limit a bar holds, beyond it does not, and says by what figure."""
    missed = [bar["law"] for bar in scale.bars(figures, expression_us) if not bar["met"]]

    assert len(missed) == len(broken)
    assert all(says.startswith(begins) for says, begins in zip(missed, broken, strict=True))


def test_the_quietest_round_counts() -> None:
    """A round that other work disturbed says nothing about a decision."""
    assert (
        scale.quietest([[9.0, 30.0, 31.0], [8.0, 9.0, 40.0], [10.0, 11.0, 12.0]])["median"] == 9.0
    )
