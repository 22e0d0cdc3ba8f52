"""Prove: an export proves a call, whatever became of the ledger; nothing of it is believed."""

import json
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import LedgerError, TamperError, UnknownId
from interlock.ledger.exported import proof_from

from .conftest import SQLITE, fill, play  # isort: skip


@SQLITE
def test_it_is_the_proof_that_the_ledger_gives(gate: Gate, tmp_path: Path) -> None:
    """From the folder comes the same proof as from the ledger of then."""
    calls = play(gate, 2)
    fill(gate, 300)
    proof = gate.audit.proof(calls[1])
    gate.audit.export(tmp_path / "out")

    assert proof_from(tmp_path / "out", calls[1]) == json.loads(json.dumps(proof))
    assert proof_from(tmp_path / "out", calls[1], proof["key"])["call"] == calls[1]


@SQLITE
def test_a_folder_that_was_edited(gate: Gate, tmp_path: Path) -> None:
    """An edited entry, tile or head proves nothing, and neither does another key's."""
    calls = play(gate, 2)
    out = tmp_path / "out"
    gate.audit.export(out)
    with pytest.raises(TamperError, match="signed"):
        _with(out, "checkpoint", "interlock/", "interlocx/", calls[1])
    with pytest.raises(TamperError, match="was edited"):
        _with(out, "entries.jsonl", '"actor":"ana"', '"actor":"eve"', calls[1])
    with pytest.raises(UnknownId, match="whole id"):
        proof_from(out, calls[1][:-1])
    (out / "tile" / "0" / "000.p").rename(out / "gone")
    with pytest.raises(LedgerError, match="no whole export"):
        proof_from(out, calls[1])


def _with(folder: Path, name: str, old: str, new: str, call: str) -> None:
    file = folder / name
    before = file.read_text()
    file.write_text(before.replace(old, new))
    try:
        proof_from(folder, call)
    finally:
        file.write_text(before)
