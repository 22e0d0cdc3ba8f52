"""Allow path: the bar and the ratios, on timings by hand."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from benchmarks import allow_path
from benchmarks.pace import call, turn


def figures(ledger_ms: float) -> dict[str, Any]:
    """Work out a call whose ledger part takes `ledger_ms` beside commits of 1 ms."""
    spent = {
        call.TOOL: [0.0],
        call.COMMITS: [1.0],
        call.LEDGER: [ledger_ms + 0.5],
        call.WALK: [0.5],
        call.INSPECT: [1.5],
        call.GATED: [ledger_ms + 2],
        call.GRAPH: [ledger_ms + 3],
        call.SAVED: [ledger_ms + 7],
    }
    return allow_path.call_figures(spent)


def test_the_bar_is_three_times_two_commits() -> None:
    """At three times it holds, above it does not, and the ratio is given either way."""
    assert figures(3.0)["bar"] == {"at_most": 3.0, "ratio": 3.0, "met": True}
    assert figures(3.1)["bar"] == {"at_most": 3.0, "ratio": 3.1, "met": False}


def test_each_part_is_what_it_adds() -> None:
    """Inspection stands alone, graphs count over what lies inside them, the whole over the tool."""
    added = {name: part["median"] for name, part in figures(3.0)["added_ms"].items()}

    assert added == {
        "ledger, decide, guard": 3.0,
        "Presidio and the other detectors": 1.5,
        "LangGraph without a saver": 1.0,
        "LangGraph with the SQLite saver": 5.0,
        "all of it, without a saver": 6.0,
        "all of it, with the SQLite saver": 10.0,
    }


def test_turns_compare_by_their_medians() -> None:
    """Ratios are medians over medians."""
    turns = {turn.CREATED: [2.0], turn.MIDDLEWARE: [4.0], turn.LOOP: [2.0], turn.GATED: [6.0]}

    assert allow_path.turn_figures(turns)["turn_ratios"] == {
        "gate over the plain loop": 3.0,
        "LangChain's guards over plain create_agent": 2.0,
        "gate over LangChain's guards": 1.5,
    }


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ([], True),
        (["--json"], True),
        (["--rounds", "5"], False),
        (["--warm-up", "1"], False),
        (["--folder", "/"], False),
        (["--rounds", "5", "--write"], True),
    ],
)
def test_only_a_usual_run_replaces_the_results(
    words: list[str], kept: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of other rounds, or on another disk, leaves the results alone unless told to write."""
    turns = {turn.CREATED: [2.0], turn.MIDDLEWARE: [4.0], turn.LOOP: [2.0], turn.GATED: [6.0]}
    taken = {**figures(3.0), **allow_path.turn_figures(turns)}
    monkeypatch.setattr(allow_path, "measure", lambda *_: taken)
    monkeypatch.setattr(allow_path, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(allow_path.tempfile, "TemporaryDirectory", lambda **_: nullcontext("."))

    assert allow_path.main(words) == 0
    assert (tmp_path / "results" / "allow_path.json").is_file() is kept
    assert (tmp_path / "results" / "allow_path.md").is_file() is kept
