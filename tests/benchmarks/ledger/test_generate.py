"""Generate: what is made quickly is as right as what is made one by one."""

from pathlib import Path

import pytest

from benchmarks.ledger import generate, inbox, verifying
from interlock import Gate


def test_a_generated_ledger_is_honest(tmp_path: Path) -> None:
    """Every call ran to its answer, has all its entries, and the whole record verifies."""
    heard: list[int] = []
    url = f"sqlite:///{tmp_path / 'ledger.db'}"

    generate.allowed(url, tmp_path, 7, heard.append)

    with Gate.open(None, ledger=url, state=tmp_path) as gate:
        found = gate.audit.verify()
        states = {call.state for call in gate.audit.calls()}
    assert (found.problems, found.calls, found.entries) == ((), 7, 7 * generate.ENTRIES)
    assert (states, heard) == ({"released"}, [7])


def test_a_generated_queue_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call is asked about, in commits of several, and the queue is read to its end."""
    monkeypatch.setattr(generate, "BATCH", 20)
    heard: list[int] = []

    figures = inbox.measure(tmp_path / "queue", 55, 2, heard.append)

    assert (figures["pending"], figures["page"], heard) == (55, inbox.PAGE, [20, 40, 55])
    assert not inbox.bars(figures)[0]["met"], "fewer calls than the bar is about"


@pytest.mark.timeout(60)  # a process of its own is started
def test_what_is_timed_is_a_verification(tmp_path: Path) -> None:
    """The child verifies the whole record, and a record that is short or wrong meets no bar."""
    figures = verifying.measure(tmp_path / "made", 12, lambda _: None)

    assert (figures["ok"], figures["entries"], figures["calls"]) == (True, 12, 2)
    assert not verifying.bars(figures)[0]["met"]
    long = figures | {"entries": verifying.ENTRIES, "seconds": verifying.SECONDS}
    assert verifying.bars(long)[0]["met"]
    assert not verifying.bars(long | {"ok": False})[0]["met"]
