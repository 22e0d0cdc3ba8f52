"""Prove: from an export alone, what a call's entries were, also of calls that were archived since.

Nothing of the folder is believed: each entry must give its hash, and each hash lead to the head
that the verifier key signed.
"""

import json
from pathlib import Path
from typing import Any, Final

from interlock.canon import decode, encode
from interlock.errors import LedgerError, TamperError, UnknownId
from interlock.ledger.export import proved
from interlock.ledger.merkle import TILE_WIDTH, leaf_hash, root_from_inclusion, tile_path
from interlock.ledger.notes import Head, Verifier, open_note
from interlock.path.record import Entry, rehash

_MEMBERS: Final = tuple(name for name in Entry._fields if name not in ("body", "written"))


def proof_from(folder: Path, call_id: str, key: str | None = None) -> dict[str, Any]:
    """Prove that a call's entries are in the record that was exported to a folder.

    `key` is the verifier key that must have signed it; without it the folder's own, which proves
    that the folder agrees with itself. Raises `LedgerError` for what is no export, `TamperError`,
    `UnknownId`.
    """
    try:
        line = key or (folder / "key").read_text(encoding="utf-8").strip()
        note = (folder / "checkpoint").read_text(encoding="utf-8")
        entries = _entries(folder, call_id)
        head = open_note(note, Verifier.read(line))
        made = proved(call_id, line, note, head.size, entries, _Tiles(folder, head.size))
        _check(made, head, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LedgerError(
            f"{folder}: no whole export of a record; see interlock audit export"
        ) from error
    return made


def _entries(folder: Path, call_id: str) -> list[dict[str, Any]]:
    with (folder / "entries.jsonl").open(encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines if call_id in line]
    mine = [entry for entry in found if entry["chain"] == call_id]
    if not mine:
        raise UnknownId(f"no entry of `{call_id}` in {folder}; give the whole id")
    return mine


def _check(made: dict[str, Any], head: Head, folder: Path) -> None:
    for one in made["entries"]:
        entry, steps = one["entry"], [bytes.fromhex(step) for step in one["proof"]]
        leaf = leaf_hash(bytes.fromhex(entry["hash"]))
        root = root_from_inclusion(leaf, int(entry["index"]), head.size, steps)
        if root != head.root or rehash(entry_of(entry)) != entry["hash"]:
            raise TamperError(
                f"{folder}: entry `{entry['id']}` is not the one that was signed for: it was edited"
            )


def entry_of(said: dict[str, Any]) -> Entry:
    """Read an entry as `entry_line` wrote it; raises where it has not its members."""
    body = decode(json.dumps(said["body"]).encode())
    parts = {name: said[name] for name in _MEMBERS}
    return Entry(**parts, body=body, written=encode(body, "entry").decode())


class _Tiles:
    """The tiles of a folder, read when they are asked for."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder, self._size = folder, size

    def __call__(self, level: int, index: int) -> bytes:
        """Return the hashes of a tile."""
        width = min(TILE_WIDTH, (self._size >> 8 * level) - index * TILE_WIDTH)
        return (self._folder / tile_path(level, index, width)).read_bytes()
