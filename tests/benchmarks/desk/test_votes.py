"""Measure answers: voters of both kinds answer all of theirs; a short tail is the longest."""

import argparse
from pathlib import Path

import pytest
from benchmarks.ledger.figures import percentiles

from benchmarks.desk import votes


@pytest.mark.slow
@pytest.mark.timeout(90)  # starts two voters
def test_a_small_run_is_whole(tmp_path: Path) -> None:
    """Each voter's every answer is counted, by name and signed, beside as many bare commits."""
    options = argparse.Namespace(votes=2, rounds=1)
    sizes = votes.row_sizes(tmp_path / "sizes")
    found = votes.measured(tmp_path, ("", ""), 2, options, sizes)

    assert {kind: one["n"] for kind, one in found.items()} == dict.fromkeys(votes.KINDS, 4)
    assert [found[kind]["share"] for kind in votes.BESIDE.values()] == [1, 1]
    with votes.opened("", str(tmp_path)) as gate:
        assert gate.inbox.count() == 0
        assert gate.audit.verify().ok
        voted = [one["auth"] for one in gate.audit.log() if one["kind"] == "voted"]
    assert {"local", "signed"} == {*voted}


def test_a_tail_of_few_answers_is_their_longest() -> None:
    """A 99th percentile of thirty is no percentile."""
    few, more = (list(map(float, range(count))) for count in (votes.TAIL - 1, votes.TAIL + 1))

    assert votes._tail({"n": len(few), **percentiles(few)}) == f"{max(few)} (longest)"
    assert votes._tail({"n": len(more), **percentiles(more)}) == f"{max(more) - 1} (p99)"
