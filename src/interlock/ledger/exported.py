"""Prove: from an export alone, what a call's entries were, also of calls that were archived since.

Nothing of the folder is believed: each entry must give its hash, each hash lead to the head that
the verifier key signed, and the entries follow each other from the call's first one on.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from interlock.canon import decode, encode
from interlock.errors import CanonError, InvariantError, LedgerError, TamperError, UnknownId
from interlock.ledger.export import ended, proved
from interlock.ledger.merkle import (
    HASH_BYTES,
    TILE_WIDTH,
    leaf_hash,
    root_from_inclusion,
    tile_path,
)
from interlock.ledger.notes import Head, Verifier, open_note
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.path.record import GENESIS, Entry, check, rehash

_MEMBERS: Final = tuple(name for name in Entry._fields if name not in ("body", "written"))
_LINE: Final = frozenset({*_MEMBERS, "body", "index"})
_UNREADABLE: Final = (
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError),
    CanonError,
)


def proof_from(folder: Path, call_id: str, key: str | None = None) -> dict[str, Any]:
    """Prove that a call's entries are in the record that was exported to a folder.

    `key` is the verifier key that must have signed it; without it the folder's own, which proves
    that the folder agrees with itself. Raises `LedgerError` for what is no export, `TamperError`,
    which names file and line, `UnknownId`.
    """
    try:
        line = key if key is not None else _text(folder / "key").strip()
        note = _text(folder / "checkpoint")
        head = _opened(folder, note, line, "--key" if key is not None else str(folder / "key"))
        lines = [*_lines(folder / "entries.jsonl", call_id, head.size)]
    except OSError as error:
        raise LedgerError(
            f"{folder}: no whole export of a record; see interlock audit export"
        ) from error
    if not lines:
        raise UnknownId(f"no entry of `{call_id}` in {folder}; give the whole id")
    entries = [entry for _, entry in lines]
    _follow(call_id, lines)
    made = proved(call_id, line, note, head.size, entries, _Tiles(folder, head.size))
    for (place, _), one in zip(lines, made["entries"], strict=True):
        _lead(folder, place, one, head)
    return {**made, "ended": ended(entries)}


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace")


def _opened(folder: Path, note: str, line: str, where: str) -> Head:
    """Return what the key signed; `where` the key stands."""
    try:
        key = Verifier.read(line)
    except ValueError as error:
        raise TamperError(f"{where}: no verifier key, which is one line, as `key` holds") from error
    try:
        return open_note(note, key)
    except TamperError as error:
        raise TamperError(f"{folder / 'checkpoint'}: {error}") from error


def _lines(file: Path, call_id: str, size: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a call's entries, each with file and line; each gives its hash."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if call_id.encode() not in line:
                continue
            place = f"{file}:{number}"
            try:
                entry = json.loads(line)
                if entry["chain"] != call_id:
                    continue
                is_whole = entry.keys() == _LINE and _is_leaf(entry["index"], size)
                is_whole = is_whole and rehash(entry_of(entry)) == entry["hash"]
            except _UNREADABLE as error:
                raise TamperError(f"{place}: no entry of a record: it was edited") from error
            if not is_whole:
                raise TamperError(f"{place}: not the entry that was signed for: it was edited")
            yield place, entry


def _is_leaf(index: object, size: int) -> bool:
    return type(index) is int and 0 <= index < size


def _follow(call_id: str, lines: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Refuse a chain with holes or doubles, or whose states cannot follow each other."""
    previous, state = GENESIS, "new"
    for position, (place, entry) in enumerate(lines):
        if (entry["position"], entry["previous"]) != (position, previous):
            raise TamperError(
                f"{place}: entry {entry['position']} of `{call_id}` stands where its entry "
                f"{position} belongs: one was removed, doubled or moved"
            )
        try:
            state = entry["state"] if call_id == LEDGER_CHAIN else check(state, [entry["state"]])
        except InvariantError as error:
            raise TamperError(f"{place}: {error}") from error
        previous = entry["hash"]


def _lead(folder: Path, place: str, one: dict[str, Any], head: Head) -> None:
    """Refuse an entry whose hash does not lead to the head."""
    leaf, steps = leaf_hash(bytes.fromhex(one["entry"]["hash"])), map(bytes.fromhex, one["proof"])
    if root_from_inclusion(leaf, one["entry"]["index"], head.size, [*steps]) != head.root:
        raise TamperError(
            f"{place}: not the entry that was signed for, or {folder / 'tile'} is not its tree: "
            "one of them was edited"
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
        """Return the hashes of a tile. Raises `TamperError`, `LedgerError` where it is not here."""
        width = min(TILE_WIDTH, (self._size >> 8 * level) - index * TILE_WIDTH)
        file = self._folder / tile_path(level, index, width)
        try:
            hashes = file.read_bytes()
        except OSError as error:
            raise LedgerError(f"{file}: missing; this is no whole export of a record") from error
        if len(hashes) != width * HASH_BYTES:
            raise TamperError(f"{file}: {len(hashes)} bytes, not {width} hashes: it was edited")
        return hashes
