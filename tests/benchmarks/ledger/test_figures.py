"""Figures: rates, shares and bars, on timings by hand."""

from collections.abc import Iterator

from benchmarks.ledger import figures


class Scripted:
    """A crew that took what is written down."""

    def __init__(self, *rates: float) -> None:
        """Take so many calls a second, window by window; each call took as many milliseconds."""
        self._rates: Iterator[float] = iter(rates)

    def take(self, seconds: float) -> dict[str, object]:
        """Return the next window."""
        rate = next(self._rates) / seconds
        return {"calls_s": rate, "ms": [rate]}


def test_a_share_is_taken_round_by_round() -> None:
    """A slow minute hits both crews of a round, and so leaves their share alone."""
    ready = {"bare": Scripted(100, 10, 100), "gate": Scripted(50, 5, 40)}

    found = figures.in_turns(ready, 3, 1.0, "bare")

    assert {name: one["share"] for name, one in found.items()} == {"bare": 1.0, "gate": 0.5}
    assert found["gate"] == {
        "calls_s": 40,
        "p50_ms": 40,
        "p95_ms": 50,
        "p99_ms": 50,
        "share": 0.5,
        "n": 3,
    }


def test_percentiles_are_of_all_calls() -> None:
    """Of 1 to 1,000 ms they are the calls that as many took less than, by nearest rank."""
    found = figures.percentiles([float(ms) for ms in range(1000, 0, -1)])

    assert found == {"p50_ms": 500, "p95_ms": 950, "p99_ms": 990}


def test_a_bar_is_met_at_its_very_figure() -> None:
    """What is as good as the bar meets it, in both directions, and what is worse does not."""
    assert figures.at_most("ms", 50.0, 50) == {"law": "ms: at most 50", "figure": 50.0, "met": True}
    assert not figures.at_most("ms", 50.1, 50)["met"]
    assert figures.at_least("share", 0.8, 0.8)["met"]
    assert not figures.at_least("share", 0.79, 0.8)["met"]
