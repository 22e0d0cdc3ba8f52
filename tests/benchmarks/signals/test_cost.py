"""The cost of signals in the gate: every part is measured at every size, and the page says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.signals.cost import BAR_US, LOOKS, measured, page

RESULTS = Path(__file__).resolve().parents[3] / "benchmarks" / "results"
CALLS = [{"tool": "pay", "args": {"amount": at, "to": "ana"}, "result": "ok"} for at in range(5)]


@pytest.mark.timeout(60)  # a gate with a ledger, and hundreds of calls through it
def test_each_signal_is_measured_at_each_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking costs more than not looking, and what is looked at was measured at all."""
    monkeypatch.setattr("benchmarks.signals.cost.PROBES", 5)
    found = measured([{"calls": CALLS}], (10, 40))

    assert found.keys() == {"10", "40"}
    for size in found.values():
        parts = size["measuring"]
        assert parts.keys() == LOOKS.keys()
        least = parts.pop("nothing")["p50"]
        assert all(each["p50"] > least for each in parts.values())
        assert size["proposing"]["all"]["cpu_p50"] > 0


def test_the_page_is_of_the_kept_figures() -> None:
    """Nobody edited the page beside the figures, and it says whether the bar is kept."""
    figures: dict[str, Any] = json.loads((RESULTS / "signals_cost.json").read_text("utf-8"))
    told = (RESULTS / "signals_cost.md").read_text("utf-8")
    sizes = [figures[size]["measuring"]["anomaly"]["p50"] for size in figures if size.isdigit()]

    assert told == page(figures)
    assert ("missed" if max(sizes) >= BAR_US else "kept") in told


def test_what_measuring_costs_is_flat() -> None:
    """A hundred times the history does not make a call half as dear again."""
    figures: dict[str, Any] = json.loads((RESULTS / "signals_cost.json").read_text("utf-8"))
    for look in LOOKS:
        first, *_, last = (
            figures[size]["measuring"][look]["p50"] for size in figures if size.isdigit()
        )
        assert last <= 1.5 * first
