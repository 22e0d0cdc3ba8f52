"""Check an export with the code of others; imports nothing of ours.

Run by a test in an environment of its own: `python outsider.py EXPORT PROOF`. Merkle proofs and the
signed note are checked by sigstore, JSON is canonical by rfc8785, the signature by cryptography.
"""

import base64
import hashlib
import json
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

merkle: Any = import_module("sigstore._internal.merkle")
notes: Any = import_module("sigstore._internal.rekor.checkpoint")

MEMBERS = ("id", "chain", "position", "at", "kind", "state", "actor", "auth", "previous")


class Keys:
    """The one key that the export names, as sigstore asks for it."""

    def __init__(self, line: str) -> None:
        self.name, key_id, encoded = line.strip().split("+", 2)
        self.id = bytes.fromhex(key_id)
        self._key = Ed25519PublicKey.from_public_bytes(base64.b64decode(encoded)[1:])

    def verify(self, *, key_id: bytes, signature: bytes, data: bytes) -> None:
        self._key.verify(signature, data)


def entry_hash(entry: dict[str, Any]) -> str:
    """Compute an entry's hash as docs/record.md says."""
    members = {name: entry[name] for name in MEMBERS}
    members["written"] = rfc8785.dumps(entry["body"]).decode()
    return hashlib.sha256(b"interlock/entry/v1\0" + rfc8785.dumps(members)).hexdigest()


def head_of(note: str, keys: Keys) -> Any:
    """Return a checkpoint that the key signed; raises otherwise."""
    signed = notes.SignedCheckpoint.from_text(note)
    signed.signed_note.verify(keys, keys.id)
    assert signed.checkpoint.origin == keys.name
    return signed.checkpoint


def included(leaf: str, index: int, proof: list[str], size: int, root: str) -> None:
    """Check an inclusion proof; raises otherwise."""
    claim = SimpleNamespace(
        log_index=index,
        tree_size=size,
        hashes=[bytes.fromhex(step) for step in proof],
        root_hash=bytes.fromhex(root),
    )
    body = SimpleNamespace(inclusion_proof=claim, canonicalized_body=bytes.fromhex(leaf))
    merkle.verify_merkle_inclusion(SimpleNamespace(_inner=body))


def root_of(leaves: list[bytes]) -> bytes:
    """Compute a tree's root by its definition in RFC 6962."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    parts = root_of(leaves[:split]) + root_of(leaves[split:])
    return hashlib.sha256(b"\x01" + parts).digest()


def tiled(folder: Path, size: int, level: str, width: int) -> bytes:
    """Return what lies in the tiles of a level, `width` bytes each entry; 256 entries a tile."""
    found = b""
    for index in range(-(-size // 256)):
        count = min(256, size - index * 256)
        name = f"{index:03d}" if count == 256 else f"{index:03d}.p/{count}"
        tile = (folder / "tile" / level / name).read_bytes()
        assert len(tile) == count * width
        found += tile
    return found


def main(folder: Path, proof: dict[str, Any]) -> None:
    keys = Keys((folder / "key").read_text())
    head = head_of((folder / "checkpoint").read_text(), keys)
    entries = [json.loads(line) for line in (folder / "entries.jsonl").read_text().splitlines()]
    assert [entry["index"] for entry in entries] == [*range(head.log_size)]
    chains: dict[str, str] = {}
    for entry in entries:
        assert entry_hash(entry) == entry["hash"]
        assert entry["previous"] == chains.get(entry["chain"], "0" * 64)
        chains[entry["chain"]] = entry["hash"]
    datas = [bytes.fromhex(entry["hash"]) for entry in entries]
    leaves = [hashlib.sha256(b"\0" + data).digest() for data in datas]
    assert root_of(leaves).hex() == head.log_hash
    assert tiled(folder, len(leaves), "0", 32) == b"".join(leaves)
    assert tiled(folder, len(leaves), "entries", 34) == b"".join(b"\0\x20" + d for d in datas)
    later = head_of(proof["checkpoint"], keys)
    for one in proof["entries"]:
        entry = one["entry"]
        assert entry_hash(entry) == entry["hash"]
        included(entry["hash"], entry["index"], one["proof"], later.log_size, later.log_hash)
    sys.stdout.write(f"accepted {len(entries)} entries and {len(proof['entries'])} proofs\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
