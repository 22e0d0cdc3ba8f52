"""Attest: whether who had the record's key stands behind what is here.

Keys that follow each other, entries that say what was archived, and heads that were kept elsewhere.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from interlock.errors import LedgerError, TamperError
from interlock.ledger.notes import Head, Verifier, open_note
from interlock.ledger.replay import Archived, KeyChange
from interlock.ledger.sealing import statement


class Anchor(NamedTuple):
    """A head of the record that was kept elsewhere."""

    note: str
    where: str


def sizes(anchors: Sequence[Anchor]) -> set[int]:
    """Return the sizes at which the root is wanted beside checkpoints."""
    sizes: set[int] = set()
    for anchor in anchors:
        try:
            sizes.add(Head.read(anchor.note).size)
        except ValueError:
            continue
    return sizes


def unannounced(
    lines: Sequence[tuple[str, int]], changes: Sequence[KeyChange], pinned: str | None
) -> Iterator[str]:
    """Check that each key was put in place by the one before it."""
    if pinned and lines and pinned not in [key for key, _ in lines]:
        yield (
            f"the record is signed with another key than `{pinned}`: "
            f"with `{lines[-1][0]}`; it was signed anew, or give --key its verifier key"
        )
    for (old, _), (new, size) in pairwise(lines):
        if not any(_is_change(change, old, new) for change in changes):
            yield (
                f"from the checkpoint of {size} entries on another key signs, `{new}`, "
                "and the one before it did not say so"
            )


def _is_change(change: KeyChange, old: str, new: str) -> bool:
    said = change.said
    if (said.get("from"), said.get("to")) != (old, new) or len(change.signatures) != 2:
        return False
    signed = statement(dict(said))
    pairs = zip((old, new), change.signatures, strict=True)
    return all(_signed(line, signature, signed) for line, signature in pairs)


def _signed(line: str, signature: str, signed: bytes) -> bool:
    try:
        return Verifier.read(line).holds(bytes.fromhex(signature), signed)
    except ValueError:
        return False


def unmarked(told: Iterable[Archived], keys: Sequence[str]) -> Iterator[str]:
    """Check that whoever archived entries had the record's key."""
    for one in told:
        signed = statement(dict(one.said))
        if not any(_signed(key, one.signature, signed) for key in keys):
            yield (
                f"entry `{one.entry}` says that entries were archived, "
                "and no key of this record signed it"
            )


def disagreements(
    anchors: Sequence[Anchor], keys: Sequence[str], roots: Mapping[int, bytes], size: int
) -> Iterator[str]:
    """Compare with what was kept elsewhere; an anchor of this record that agrees gives "".

    `roots` are the record's own, by the sizes of the anchors; `size` is how many are sealed.
    """
    origins = {key.partition("+")[0] for key in keys if key}
    mine = [anchor for anchor in anchors if anchor.note.partition("\n")[0] in origins]
    if anchors and not mine:
        yield f"{anchors[0].where}: no anchor of this record; the record is another one"
    for anchor in mine:
        head = _opened(anchor, keys)
        if head is None:
            yield f"{anchor.where}: an anchor that no key of this record signed"
        elif head.size > size:
            yield (
                f"{anchor.where}: {head.size} entries were anchored and {size} are "
                "sealed here: an older copy was restored, or the end was cut off"
            )
        elif head.size and roots.get(head.size) != head.root:
            yield (
                f"{anchor.where}: the anchor of {head.size} entries does not fit the entries: "
                "the record was rewritten"
            )
        else:
            yield ""


def _opened(anchor: Anchor, keys: Sequence[str]) -> Head | None:
    for key in keys:
        try:
            return open_note(anchor.note, Verifier.read(key))
        except (TamperError, ValueError):
            continue
    return None


def read_anchors(path: Path) -> list[Anchor]:
    """Read the anchors that a file has, one a line. Raises `LedgerError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise LedgerError(f"{path}: no file of anchors; see interlock audit anchor") from error
    return [
        parsed_anchor(line, f"{path}:{at}")
        for at, line in enumerate(lines, start=1)
        if line.strip()
    ]


def parsed_anchor(line: str, where: str) -> Anchor:
    """Read one line as `interlock audit anchor` writes it. Raises `LedgerError`."""
    try:
        return Anchor(str(json.loads(line)["note"]), where)
    except (ValueError, KeyError, TypeError) as error:
        raise LedgerError(f"{where}: in no file of anchors; see interlock audit anchor") from error
