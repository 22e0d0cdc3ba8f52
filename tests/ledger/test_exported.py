"""Prove: an export proves a call, whatever became of the ledger; nothing of it is believed."""

import json
from pathlib import Path
from typing import Any

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


def _with(folder: Path, name: str, old: str, new: str, call: str) -> dict[str, Any]:
    file = folder / name
    before = file.read_text()
    file.write_text(before.replace(old, new))
    try:
        return proof_from(folder, call)
    finally:
        file.write_text(before)


def _lines(folder: Path, call: str) -> list[str]:
    return [line for line in (folder / "entries.jsonl").read_text().splitlines() if call in line]


@SQLITE
@pytest.mark.parametrize("at", [0, 1, -2])
def test_an_entry_that_was_left_out(gate: Gate, tmp_path: Path, at: int) -> None:
    """A chain with a hole proves nothing, wherever the hole is; file and line are named."""
    call = play(gate, 2)[1]
    gate.audit.export(tmp_path / "out")
    line = _lines(tmp_path / "out", call)[at]

    with pytest.raises(TamperError, match=r"entries.jsonl:\d+: .*removed, doubled or moved"):
        _with(tmp_path / "out", "entries.jsonl", line + "\n", "", call)


@SQLITE
def test_an_entry_that_was_doubled_or_moved(gate: Gate, tmp_path: Path) -> None:
    """An entry counts once, and where it stands."""
    call = play(gate, 2)[1]
    gate.audit.export(tmp_path / "out")
    first, second, *_, last = _lines(tmp_path / "out", call)
    for old, new in ((second, f"{second}\n{second}"), (last, f"{last}\n{last}")):
        with pytest.raises(TamperError, match="removed, doubled or moved"):
            _with(tmp_path / "out", "entries.jsonl", old, new, call)
    with pytest.raises(TamperError, match="removed, doubled or moved"):
        _with(tmp_path / "out", "entries.jsonl", first + "\n", "", call)


@SQLITE
def test_a_tail_that_was_cut_off_is_told(gate: Gate, tmp_path: Path) -> None:
    """What nothing can follow has ended; of all else an export does not prove that it is whole."""
    call = play(gate, 2)[1]
    gate.audit.export(tmp_path / "out")
    *_, last = _lines(tmp_path / "out", call)

    assert proof_from(tmp_path / "out", call)["ended"] is True
    assert _with(tmp_path / "out", "entries.jsonl", last + "\n", "", call)["ended"] is False


@SQLITE
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"index":', '"note":"seen by ana","index":'),
        ('"index":3,', '"index":"3",'),
        ('"index":3,', '"index":true,'),
        ('"index":3,', '"index":1000000,'),
        ('"index":3,', '"index":4,'),
        ('"body":{', '"body":' + '{"a":' * 100_000),
        ('"body":{', '"body":{"a":' + "[" * 80 + "]" * 80 + ","),
        ('"body":{', '"body":{"a":' + "9" * 5000 + ","),
        ('"body":{', '"body":{"a":NaN,'),
        ('"body":{', '"body":{"a":"\\ud800",'),
        ('{"index"', '{{"index"'),
        ('{"index"', '[{"index"'),
        ('"hash":"', '"hash":"x'),
    ],
)
def test_a_line_that_was_edited_is_named(gate: Gate, tmp_path: Path, old: str, new: str) -> None:
    """Whatever a line was made into, file and line are named, and nothing else is told."""
    call = play(gate, 2)[1]
    gate.audit.export(tmp_path / "out")
    line = next(line for line in _lines(tmp_path / "out", call) if '"index":3,' in line)

    with pytest.raises(TamperError, match=r"entries.jsonl:4: .*edited") as told:
        _with(tmp_path / "out", "entries.jsonl", line, line.replace(old, new, 1), call)
    assert len(str(told.value)) < 400


@SQLITE
def test_other_files_that_were_edited_are_named(gate: Gate, tmp_path: Path) -> None:
    """So are a tile, a key and a head; a tile's content is held against the entry that needs it."""
    call = play(gate, 2)[1]
    out = tmp_path / "out"
    gate.audit.export(out)
    (tile,) = (out / "tile" / "0").rglob("000.p/*")
    whole = tile.read_bytes()
    for content, says in ((whole[:-1], "not .* hashes"), (bytes(len(whole)), "is not its tree")):
        tile.write_bytes(content)
        with pytest.raises(TamperError, match=says):
            proof_from(out, call)
    tile.write_bytes(whole)
    for name, says in (("key", "no verifier key"), ("checkpoint", "no checkpoint")):
        before = (out / name).read_bytes()
        (out / name).write_bytes(b"\xff\n" + before)
        with pytest.raises(TamperError, match=f"{name}: {says}"):
            proof_from(out, call)
        (out / name).write_bytes(before)
    with pytest.raises(TamperError, match="no verifier key"):
        proof_from(out, call, "no key")
