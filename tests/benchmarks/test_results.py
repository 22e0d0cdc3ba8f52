"""Results: the committed figures keep the laws that their benchmark states."""

import json
from pathlib import Path

from benchmarks.replay import report

RESULTS = Path(__file__).resolve().parents[2] / "benchmarks" / "results"


def test_agentdojos_figures_break_no_law() -> None:
    """All four suites were played, and every law held."""
    figures = json.loads((RESULTS / "agentdojo.json").read_text(encoding="utf-8"))

    assert figures["complete"]
    assert report.broken(figures) == []


def test_the_table_is_of_the_same_run() -> None:
    """The page for people was written from the figures beside it."""
    figures = json.loads((RESULTS / "agentdojo.json").read_text(encoding="utf-8"))

    assert (RESULTS / "agentdojo.md").read_text(encoding="utf-8") == report.markdown(figures)
