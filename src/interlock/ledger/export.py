"""Export: the record as files that others verify with their own programs.

Tiles and checkpoint lie as C2SP tlog-tiles says; each leaf is an entry's hash, 32 bytes, so that
they can be published without what entries say. `entries.jsonl` holds that. How an entry's hash is
computed stands in `docs/record.md`.
"""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, func, select

from interlock.errors import LedgerError, UnknownId
from interlock.ledger import tables
from interlock.ledger.merkle import HASH_BYTES, TILE_WIDTH, inclusion_proof, leaf_hash, tile_path
from interlock.ledger.sealing import Checkpoint, latest, seal, tile
from interlock.ledger.store import SqlLedger

FORMAT: Final = 1
"""Version of the export's form."""

_ENTRIES: Final = tables.entries.c
_NAMES: Final = (
    "leaf_index", "id", "chain", "position", "at", "kind", "state", "actor", "auth", "body",
    "previous", "hash",
)  # fmt: skip
_LINE: Final = select(*(_ENTRIES[name] for name in _NAMES)).order_by(_ENTRIES.leaf_index)
_ENTRY_LENGTH: Final = HASH_BYTES.to_bytes(2, "big")
"""What stands before each entry of a bundle. Source: C2SP tlog-tiles, Log entries."""


def export(ledger: SqlLedger, folder: Path) -> dict[str, Any]:
    """Seal what there is and write it into an empty folder; return the manifest.

    The checkpoint is written last: a folder without one is half an export. Raises `LedgerError`.
    """
    seal(ledger)
    _prepare(folder)
    with ledger.read() as db:
        head = latest(db)
        if head is None:
            raise LedgerError(f"{ledger.url}: nothing is recorded yet")
        _write_tiles(db, folder, head.size)
        written = _write_entries(db, folder, head.size)
        manifest = _manifest(db, head, written)
    (folder / "key").write_text(head.key + "\n", encoding="utf-8")
    text = json.dumps(manifest, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (folder / "checkpoint").write_text(head.note, encoding="utf-8")
    return manifest


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = any(folder.iterdir())
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror}; name another folder") from error
    if filled:
        raise LedgerError(f"{folder}: has files already; name an empty or a new folder")


def _put(folder: Path, path: str, content: bytes) -> None:
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _write_tiles(db: Connection, folder: Path, size: int) -> None:
    """Write every tile of the first `size` leaves; each level has a 256th of the one below."""
    for level in range(8):
        count = size >> 8 * level
        for index in range(-(-count // TILE_WIDTH)):
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            hashes = tile(db, level, index)[: width * HASH_BYTES]
            _put(folder, tile_path(level, index, width), hashes)


def _write_entries(db: Connection, folder: Path, size: int) -> int:
    """Write entries and their bundles; return how many. Of archived ones there is no bundle."""
    found = db.execution_options(yield_per=2000).execute(_LINE.where(_ENTRIES.leaf_index < size))
    bundle: list[bytes] = []
    written, last = 0, size - 1
    with (folder / "entries.jsonl").open("w", encoding="utf-8") as lines:
        for row in found.mappings():
            lines.write(entry_line(dict(row)) + "\n")
            written += 1
            index = int(row["leaf_index"])
            bundle.append(_ENTRY_LENGTH + bytes.fromhex(row["hash"]))
            width = index % TILE_WIDTH + 1
            if width == TILE_WIDTH or index == last:
                if len(bundle) == width:
                    path = tile_path("entries", index // TILE_WIDTH, width)
                    _put(folder, path, b"".join(bundle))
                bundle = []
    return written


def entry_line(row: dict[str, Any]) -> str:
    """Write one entry as a line of JSON, its body as it was hashed."""
    members = {"index": row["leaf_index"], **{name: row[name] for name in _NAMES[1:]}}
    parts = (
        f"{json.dumps(name)}:{value if name == 'body' else json.dumps(value)}"
        for name, value in members.items()
    )
    return "{" + ",".join(parts) + "}"


def _manifest(db: Connection, head: Checkpoint, written: int) -> dict[str, Any]:
    first, last = db.execute(select(func.min(_ENTRIES.at), func.max(_ENTRIES.at))).one()
    return {
        "format": FORMAT,
        "ledger": head.origin,
        "size": head.size,
        "root": head.root,
        "entries": written,
        "first_at": first,
        "last_at": last,
        "attested": "self-attested",
    }


def proof(ledger: SqlLedger, call_id: str) -> dict[str, Any]:
    """Prove that each entry of a call is in the record, by the newest checkpoint.

    Raises `UnknownId`. Anyone checks it with RFC 9162 section 2.1.3.2 and the verifier key.
    """
    seal(ledger)
    with ledger.read() as db:
        head = latest(db)
        mine = _LINE.where(_ENTRIES.chain == call_id, _ENTRIES.leaf_index.is_not(None))
        lines = [dict(row) for row in db.execute(mine).mappings()]
        if head is None or not lines:
            raise UnknownId(f"no sealed entry of `{call_id}` in {ledger.url}")
        return {
            "call": call_id,
            "key": head.key,
            "checkpoint": head.note,
            "entries": [*_proved(db, head.size, lines)],
        }


def _proved(db: Connection, size: int, lines: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for line in lines:
        index = int(line["leaf_index"])
        steps = inclusion_proof(index, size, partial(tile, db))
        yield {
            "entry": json.loads(entry_line(line)),
            "leaf_hash": leaf_hash(bytes.fromhex(line["hash"])).hex(),
            "proof": [step.hex() for step in steps],
        }
