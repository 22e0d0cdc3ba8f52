"""Export: others verify the record with their own programs."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import LedgerError, UnknownId
from interlock.ledger.merkle import leaf_hash, root_from_inclusion
from interlock.ledger.notes import Verifier, open_note

from .conftest import SQLITE, fill, play  # isort: skip

OUTSIDER = Path(__file__).with_name("outsider.py")


def outsider(folder: Path, proof: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of others in an environment without us."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["uv", "run", "-q", "--isolated", "--no-project", "--python", version]
    packages = ["--with", "sigstore>=4,<5", "--with", "rfc8785"]
    return subprocess.run(
        [*command, *packages, "python", str(OUTSIDER), str(folder), str(proof)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.parent,
    )


@pytest.mark.timeout(60)  # uv makes an environment with sigstore, whose import takes seconds
def test_independent_code_accepts_it(gate: Gate, tmp_path: Path) -> None:
    """Sigstore accepts head, signature and proofs; a byte of an entry changed, nobody does."""
    calls = play(gate, 3)
    fill(gate, 300)
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(gate.audit.proof(calls[1])))
    manifest = gate.audit.export(tmp_path / "out")
    ran = outsider(tmp_path / "out", proof)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"accepted {manifest['size']} entries and 8 proofs")
    lines = tmp_path / "out" / "entries.jsonl"
    lines.write_text(lines.read_text().replace('"actor":"ana"', '"actor":"eve"', 1))
    again = outsider(tmp_path / "out", proof)
    assert again.returncode != 0
    assert "AssertionError" in again.stderr


def test_layout(gate: Gate, tmp_path: Path) -> None:
    """Files lie where C2SP tlog-tiles says, and the manifest tells what they are."""
    fill(gate, 600)
    manifest = gate.audit.export(tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*")}
    size, rest = manifest["size"], manifest["size"] % 256

    assert {"checkpoint", "key", "manifest.json", "entries.jsonl", "tile/0/000"} <= found
    assert {f"tile/0/{size // 256:03d}.p/{rest}", f"tile/1/000.p/{size // 256}"} <= found
    assert {"tile/entries/000", f"tile/entries/{size // 256:03d}.p/{rest}"} <= found
    assert manifest["entries"] == size
    assert manifest["attested"] == "self-attested"
    key = Verifier.read((tmp_path / "out" / "key").read_text())
    head = open_note((tmp_path / "out" / "checkpoint").read_text(), key)
    assert (head.size, head.root.hex(), head.origin) == (size, manifest["root"], manifest["ledger"])


def test_a_proof_of_one_call(gate: Gate) -> None:
    """Each entry of a call leads to the signed root, and only with its own hash."""
    calls = play(gate)
    proof = gate.audit.proof(calls[0])
    head = open_note(proof["checkpoint"], Verifier.read(proof["key"]))

    for one in proof["entries"]:
        leaf, steps = bytes.fromhex(one["leaf_hash"]), [bytes.fromhex(s) for s in one["proof"]]
        assert leaf == leaf_hash(bytes.fromhex(one["entry"]["hash"]))
        assert root_from_inclusion(leaf, one["entry"]["index"], head.size, steps) == head.root
    assert {one["entry"]["chain"] for one in proof["entries"]} == {calls[0]}
    with pytest.raises(UnknownId):
        gate.audit.proof("call_nobody")


def test_a_folder_with_files_is_left_alone(gate: Gate, tmp_path: Path) -> None:
    """Nothing is written over, and an empty record is no export."""
    with pytest.raises(LedgerError, match="nothing is recorded"):
        gate.audit.export(tmp_path / "empty")
    play(gate, 1)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(LedgerError, match="has files"):
        gate.audit.export(tmp_path / "full")
    with pytest.raises(LedgerError, match="name another folder"):
        gate.audit.export(tmp_path / "full" / "mine")


@SQLITE
def test_two_exports_into_one_folder(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find it empty and one has it: a second would write over what the first archived."""
    play(gate, 1)
    out = tmp_path / "out"
    look = Path.iterdir

    def overtaken(folder: Path) -> Iterator[Path]:
        found = list(look(folder))
        monkeypatch.undo()
        gate.audit.export(out)
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", overtaken)
    with pytest.raises(LedgerError, match="has files already"):
        gate.audit.export(out)
    assert (out / "checkpoint").exists()
