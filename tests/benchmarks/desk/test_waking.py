"""Measure waking: every thread is resumed, and its figures are held against the bar."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.desk import waking


def at(p99_ms: float, *, once: bool = True) -> dict[str, Any]:
    """Make a database's figures."""
    return {"one_by_one_ms": {"p99": p99_ms}, "effects_once": once}


def test_a_bar_is_missed_by_what_is_above_it() -> None:
    """A second is kept; more, or a tool that ran twice or never, is not."""
    found = waking.bars({"databases": {"A": at(1000), "B": at(1000.1), "C": at(1, once=False)}})

    assert [bar["met"] for bar in found] == [True, True, False, True, True, False]


@pytest.mark.slow
@pytest.mark.timeout(60)  # starts a worker
def test_a_small_one_is_whole(tmp_path: Path) -> None:
    """A few threads are resumed by a worker of the real program, each once."""
    options = waking._options(["--threads", "8", "--votes", "6"])
    found = waking.measured(str(tmp_path / "ledger.db"), tmp_path, options)

    assert found["effects_once"]
    assert found["one_by_one_ms"]["n"] == 1
