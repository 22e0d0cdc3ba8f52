"""Compare: each call once, with what belongs to it, however many there are."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate

from .conftest import by_hand, play  # isort: skip


def test_calls_are_compared_in_parts(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However calls fall into parts, each is compared once, with its requests and votes."""
    monkeypatch.setattr("interlock.ledger.chains._CALLS_AT_ONCE", 2)
    play(gate, 5)
    found = gate.audit.verify()
    assert (found.ok, found.calls) == (True, 10)

    by_hand(tmp_path, "update calls set state = 'approved'")
    said = [line for line in gate.audit.verify().problems if "is approved and its entries" in line]
    assert len(said) == 10
