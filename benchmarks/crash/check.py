"""Check: an exported log and the journals of tools and people against the invariants I1 to I18.

`uv run python -m benchmarks.crash.check EXPORT JOURNALS [--earlier DIR]… [--again DIR]` prints, for
each invariant, how much was looked at, what breaks it, and what cannot be seen from here; exit 1
when one is broken. `--earlier` are exports of the same log taken before, oldest first; `--again` is
one taken after recovering once more. It shares no code with Interlock, as a test holds.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.crash import calls, effects
from benchmarks.crash.evidence import (
    GENESIS,
    LEDGER,
    Entry,
    Evidence,
    Head,
    leaf_hash,
    read,
    read_entries,
    read_head,
    root_of,
    tiles_of,
)
from benchmarks.crash.finding import Finding


def check(
    export: Path, journals: Path, earlier: Sequence[Path] = (), again: Path | None = None
) -> dict[str, Finding]:
    """Check every invariant; return what each came to, in their order."""
    evidence = read(export, journals)
    found = {name: law(evidence) for name, law in {**effects.LAWS, **calls.LAWS}.items()}
    found["I10"] = contiguous(evidence, [*earlier])
    found["I15"] = recovered_twice(evidence, again)
    return dict(sorted(found.items(), key=lambda item: int(item[0][1:])))


def contiguous(evidence: Evidence, earlier: Sequence[Path]) -> Finding:
    """I10: the log is contiguous, verifies, and every signed head is a prefix of the next."""
    broken = list(_unlinked(evidence.entries))
    head = read_head(evidence.folder)
    if head is None:
        why = "no signed head: the tree and its signature were not checked"
        return Finding(len(evidence.entries), tuple(broken), why)
    leaves = [leaf_hash(entry.hash) for entry in evidence.entries]
    broken += _head_faults("the head", head, leaves)
    broken += _tile_faults(evidence.folder, evidence.entries, leaves)
    for folder in earlier:
        older = read_head(folder)
        if older is not None:
            broken += _head_faults(f"the head of size {older.size}", older, leaves[: older.size])
            if older.origin != head.origin:
                broken.append(f"the head of size {older.size} is of another log")
    unseen = "" if earlier else "one head only: that it grew from earlier ones was not checked"
    return Finding(len(evidence.entries), tuple(broken), unseen)


def _unlinked(entries: Sequence[Entry]) -> Iterator[str]:
    tips: dict[str, str] = {}
    places: dict[str, int] = {}
    for place, entry in enumerate(entries):
        if entry.index != place:
            yield f"entry `{entry.id}` has number {entry.index} where {place} is due"
        if entry.own_hash != entry.hash:
            yield f"entry `{entry.id}` does not match its hash"
        if entry.previous != tips.get(entry.chain, GENESIS):
            yield f"entry `{entry.id}` does not follow the one before it in `{entry.chain}`"
        if entry.chain == LEDGER and entry.position != places.get(LEDGER, 0):
            yield f"entry `{entry.id}` has position {entry.position} in its chain"
        tips[entry.chain] = entry.hash
        places[entry.chain] = entry.position + 1


def _head_faults(name: str, head: Head, leaves: Sequence[bytes]) -> Iterator[str]:
    if not head.signed:
        yield f"{name} is not signed by the log's key"
    if head.size != len(leaves):
        yield f"{name} says {head.size} entries and {len(leaves)} are here"
    elif head.root != root_of(leaves):
        yield f"{name} has another root than the entries"


def _tile_faults(folder: Path, entries: Sequence[Entry], leaves: Sequence[bytes]) -> Iterator[str]:
    for name, hashes in tiles_of(leaves):
        path = folder / name
        if not path.exists():
            yield f"{name} is missing"
        elif path.read_bytes() != hashes:
            yield f"{name} has other hashes than the entries"
    kept = b"".join(
        path.read_bytes() for path in sorted((folder / "tile" / "entries").rglob("*"), key=_place)
        if path.is_file()
    )  # fmt: skip
    if kept != b"".join(b"\0\x20" + bytes.fromhex(entry.hash) for entry in entries):
        yield "the entry tiles hold other entries than entries.jsonl"


def _place(path: Path) -> tuple[int, ...]:
    """Sort entry tiles by what they hold; the partial one is the last."""
    whole = path.parent.name if path.parent.name.endswith(".p") else path.name
    deeper = path.parent.parent if path.parent.name.endswith(".p") else path.parent
    groups = [
        part for part in (*deeper.parts, whole) if part.lstrip("x").removesuffix(".p").isdigit()
    ]
    return tuple(int(part.lstrip("x").removesuffix(".p")) for part in groups)


def recovered_twice(evidence: Evidence, again: Path | None) -> Finding:
    """I15: recovering twice equals recovering once."""
    if again is None:
        return Finding(0, (), "a recovery that changes nothing leaves no entry; needs --again")
    later = [entry for entry in read_entries(again) if entry.chain != LEDGER]
    known = {entry.id for entry in evidence.entries}
    new = [entry for entry in later if entry.id not in known]
    gone = len({entry.chain for entry in later} ^ evidence.calls.keys())
    broken = [f"recovering again made `{entry.kind}` of `{entry.chain}`" for entry in new]
    broken += [f"recovering again lost or made {gone} calls"] if gone else []
    return Finding(len(evidence.calls), tuple(broken))


def violations(found: dict[str, Finding]) -> dict[str, int]:
    """Count what breaks each invariant."""
    return {name: len(finding.violations) for name, finding in found.items()}


def as_json(found: dict[str, Finding], most: int = 20) -> dict[str, Any]:
    """Write what was found; of each invariant's violations the first few in words."""
    return {
        name: {
            **asdict(finding),
            "violated": len(finding.violations),
            "violations": finding.violations[:most],
        }
        for name, finding in found.items()
    }


def main(arguments: list[str] | None = None) -> int:
    """Check, print, and return 1 when an invariant is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("journals", type=Path)
    parser.add_argument("--earlier", type=Path, action="append", default=[])
    parser.add_argument("--again", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    found = check(options.export, options.journals, options.earlier, options.again)
    if options.json:
        print(json.dumps(as_json(found), ensure_ascii=False))
    else:
        for name, finding in found.items():
            unseen = f"  (not seen: {finding.unseen})" if finding.unseen else ""
            broken = len(finding.violations)
            print(f"{name:4} checked {finding.checked:7}  violated {broken:4}{unseen}")
            for line in finding.violations[:20]:
                print(f"     {line}")
    return 1 if any(violations(found).values()) else 0


if __name__ == "__main__":
    sys.exit(main())
