"""Export: the record as files that others verify with their own programs.

Tiles and checkpoint lie as C2SP tlog-tiles says; each leaf is an entry's hash, 32 bytes, so that
they can be published without what entries say. `entries.jsonl` holds that. How an entry's hash is
computed stands in `docs/record.md`.
"""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from interlock.errors import LedgerError, UnknownId
from interlock.ledger import tables
from interlock.ledger.merkle import (
    HASH_BYTES,
    TILE_WIDTH,
    Tiles,
    inclusion_proof,
    leaf_hash,
    tile_path,
)
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.sealing import Checkpoint, latest, seal, tile
from interlock.ledger.store import SqlLedger
from interlock.path.record import TRANSITIONS

FORMAT: Final = 1
"""Version of the export's form."""

_ENTRIES: Final = tables.entries.c
_NAMES: Final = (
    "leaf_index", "id", "chain", "position", "at", "kind", "state", "actor", "auth", "body",
    "previous", "hash",
)  # fmt: skip
_LINE: Final = select(*(_ENTRIES[name] for name in _NAMES)).order_by(_ENTRIES.leaf_index)
_CLAIMED: Final = "entries.jsonl"
"""The file whose making says that a folder is taken."""
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
        manifest = {**_manifest(db, head, written), "archived": archives(db)}
    (folder / "key").write_text(head.key + "\n", encoding="utf-8")
    text = json.dumps(manifest, indent=1)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    (folder / "checkpoint").write_text(head.note, encoding="utf-8")
    return manifest


def _prepare(folder: Path) -> None:
    """Make the folder this export's own, also beside another that begins at the same time."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        filled = any(folder.iterdir()) or _is_claimed(folder)
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror}; name another folder") from error
    if filled:
        raise LedgerError(f"{folder}: has files already; name an empty or a new folder")


def _is_claimed(folder: Path) -> bool:
    """Whether another export took the folder; else this one has it now."""
    try:
        (folder / _CLAIMED).touch(exist_ok=False)
    except FileExistsError:
        return True
    return False


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
    with (folder / _CLAIMED).open("w", encoding="utf-8") as lines:
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


def archives(db: Connection) -> list[dict[str, Any]]:
    """Return what each `archived` entry says, with its id and time, oldest first."""
    query = (
        select(_ENTRIES.id, _ENTRIES.at, _ENTRIES.body)
        .where(_ENTRIES.chain == LEDGER_CHAIN, _ENTRIES.kind == "archived")
        .order_by(_ENTRIES.position)
    )
    found = ((row, json.loads(row.body)) for row in db.execute(query))
    return [
        {"entry": row.id, "at": row.at, **{name: said.get(name) for name in _ARCHIVE}}
        for row, said in found
    ]


_ARCHIVE: Final = ("before", "ranges", "root", "to")


def proof(ledger: SqlLedger, call_id: str) -> dict[str, Any]:
    """Prove that each entry of a call is in the record, by the newest checkpoint.

    Raises `UnknownId`. Anyone checks it with RFC 9162 section 2.1.3.2 and the verifier key.
    """
    seal(ledger)
    with ledger.read() as db:
        head = latest(db)
        entries = entries_of(db, _ENTRIES.chain == call_id, head.size) if head else []
        if head is None or not entries:
            raise UnknownId(
                where_archived(db, call_id) or f"no sealed entry of `{call_id}` in {ledger.url}"
            )
        made = proved(call_id, head.key, head.note, head.size, entries, partial(tile, db))
        return {**made, "ended": ended(entries)}


def ended(entries: Sequence[dict[str, Any]]) -> bool:
    """Whether nothing can follow a call's last entry, so that none was cut off behind it."""
    return not TRANSITIONS[entries[-1]["state"]]


def entries_of(db: Connection, which: ColumnElement[bool], size: int) -> list[dict[str, Any]]:
    """Return what a condition picks of the first `size` entries, in the form of an export."""
    lines = db.execute(_LINE.where(which, _ENTRIES.leaf_index < size)).mappings()
    return [json.loads(entry_line(dict(line))) for line in lines]


def proved(
    call_id: str, key: str, note: str, size: int, entries: list[dict[str, Any]], tiles: Tiles
) -> dict[str, Any]:
    """Return the proof of some entries by a head of `size` leaves, whose tiles `tiles` returns."""
    return {
        "call": call_id,
        "key": key,
        "checkpoint": note,
        "entries": [
            {
                "entry": entry,
                "leaf_hash": leaf_hash(bytes.fromhex(entry["hash"])).hex(),
                "proof": [step.hex() for step in inclusion_proof(int(entry["index"]), size, tiles)],
            }
            for entry in entries
        ],
    }


def where_archived(db: Connection, call_id: str) -> str:
    """Say with which archive a call went, found by the leaf of its last entry; empty if none."""
    query = select(tables.calls.c.head).where(tables.calls.c.id == call_id)
    leaf = leaf_hash(bytes.fromhex(db.execute(query).scalar() or ""))
    for one in archives(db):
        for first, last in one["ranges"]:
            if _has_leaf(db, leaf, first, last):
                to = one["to"] or "the folder that it was exported to"
                return (
                    f"`{call_id}` was archived on {one['at']} (entry `{one['entry']}`, in leaves "
                    f"{first} to {last}): interlock audit proof {call_id} --from {to}"
                )
    return ""


def _has_leaf(db: Connection, leaf: bytes, first: int, last: int) -> bool:
    for index in range(first // TILE_WIDTH, last // TILE_WIDTH + 1):
        hashes = tile(db, 0, index)
        if any(hashes[at : at + HASH_BYTES] == leaf for at in range(0, len(hashes), HASH_BYTES)):
            return True
    return False
