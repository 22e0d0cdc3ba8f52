"""Read what an outsider has: an exported log, and the journals of tools and people.

Nothing here comes from Interlock. Hashes, tree and signature are computed as their specifications
say: `docs/record.md` for an entry's bytes, RFC 6962 section 2.1 for the tree, C2SP `signed-note`
and `tlog-tiles` for the signed head and its layout.
"""

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

GENESIS: Final = "0" * 64
"""What the first entry of a chain stands on."""

LEDGER: Final = "ledger"
"""Chain of what concerns no single call."""

TILE: Final = 256
"""Hashes in a full tile. Source: C2SP tlog-tiles."""

_HASHED: Final = ("id", "chain", "position", "at", "kind", "state", "actor", "auth", "previous")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the exported log."""

    index: int
    id: str
    chain: str
    position: int
    at: str
    kind: str
    state: str
    actor: str
    auth: str
    body: dict[str, Any]
    previous: str
    hash: str

    @property
    def own_hash(self) -> str:
        """Compute the hash that these members give."""
        members = {name: getattr(self, name) for name in _HASHED}
        members["written"] = rfc8785.dumps(self.body).decode()
        return hashlib.sha256(b"interlock/entry/v1\0" + rfc8785.dumps(members)).hexdigest()


@dataclass(frozen=True, slots=True)
class Effect:
    """One run of a tool, as the tool itself noted it before and after its effect."""

    key: str
    """The idempotency key that the tool was given: the call's digest."""
    fence: int | None
    at: str
    tool: str
    args: dict[str, Any]
    pid: int
    ended: bool
    planted: str | None
    """A text in its result that nobody may read unredacted."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person was shown, as noted before they answered."""

    request: str
    digest: str
    args: dict[str, Any]
    by: str
    answer: str


@dataclass
class Call:
    """The entries of one call, in their order."""

    id: str
    entries: list[Entry] = field(default_factory=list[Entry])

    def first(self, kind: str) -> Entry | None:
        """Return the first entry of a kind."""
        return next((entry for entry in self.entries if entry.kind == kind), None)

    def all(self, *kinds: str) -> list[Entry]:
        """Return the entries of some kinds."""
        return [entry for entry in self.entries if entry.kind in kinds]

    @property
    def proposed(self) -> dict[str, Any]:
        """What was proposed; empty when no entry says so."""
        entry = self.first("proposed")
        return entry.body if entry else {}

    @property
    def state(self) -> str:
        """The state that the last entry leaves it in."""
        return self.entries[-1].state


@dataclass
class Evidence:
    """Everything an outsider has."""

    folder: Path
    entries: list[Entry]
    calls: dict[str, Call]
    effects: list[Effect]
    shown: list[Shown]

    @property
    def notes(self) -> list[Entry]:
        """Entries that concern no single call."""
        return [entry for entry in self.entries if entry.chain == LEDGER]


def read(export: Path, journals: Path) -> Evidence:
    """Read an exported log and the journals beside it."""
    entries = list(read_entries(export))
    calls: dict[str, Call] = {}
    for entry in entries:
        if entry.chain != LEDGER:
            calls.setdefault(entry.chain, Call(entry.chain)).entries.append(entry)
    lines = list(journal_lines(journals))
    return Evidence(export, entries, calls, effects(lines), shown(lines))


def read_entries(export: Path) -> Iterator[Entry]:
    """Yield the entries of an export, as they stand in it."""
    with (export / "entries.jsonl").open(encoding="utf-8") as file:
        for line in file:
            said = json.loads(line)
            yield Entry(**{name: said[name] for name in Entry.__slots__})


def journal_lines(journals: Path) -> Iterator[dict[str, Any]]:
    """Yield every whole line of every journal; a line that a kill tore is no line."""
    for path in sorted(journals.glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n"):
            try:
                yield json.loads(line)
            except ValueError:
                continue


def effects(lines: Sequence[dict[str, Any]]) -> list[Effect]:
    """Return the runs that began, with whether they are known to have ended."""
    ended = {line["run"] for line in lines if line["what"] == "end"}
    return [
        Effect(
            key=line["key"],
            fence=line.get("fence"),
            at=line["at"],
            tool=line["tool"],
            args=line["args"],
            pid=line["pid"],
            ended=line["run"] in ended,
            planted=line.get("planted"),
        )
        for line in lines
        if line["what"] == "begin"
    ]


def shown(lines: Sequence[dict[str, Any]]) -> list[Shown]:
    """Return what people were shown before they answered."""
    names = Shown.__slots__
    return [
        Shown(**{name: line[name] for name in names}) for line in lines if line["what"] == "shown"
    ]


def by_key(found: Sequence[Effect]) -> dict[str, list[Effect]]:
    """Group runs by the key they carried."""
    groups: dict[str, list[Effect]] = defaultdict(list)
    for effect in found:
        groups[effect.key].append(effect)
    return groups


# The tree ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """A signed tree head."""

    origin: str
    size: int
    root: bytes
    signed: bool
    """Whether the export's own key signed it."""


def leaf_hash(entry_hash: str) -> bytes:
    """Hash one leaf. Source: RFC 6962 section 2.1; the leaf is the entry's hash, 32 bytes."""
    return hashlib.sha256(b"\0" + bytes.fromhex(entry_hash)).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Hash a tree of leaf hashes. Source: RFC 6962 section 2.1."""
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, leaf
        while stack and stack[-1][0] == height:
            node = _node(stack.pop()[1], node)
            height += 1
        stack.append((height, node))
    if not stack:
        return hashlib.sha256().digest()
    node = stack.pop()[1]
    while stack:
        node = _node(stack.pop()[1], node)
    return node


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def read_head(export: Path) -> Head | None:
    """Read the signed head of an export; None where it has none. Source: C2SP signed-note."""
    path = export / "checkpoint"
    if not path.exists():
        return None
    text, _, signatures = path.read_text(encoding="utf-8").partition("\n\n")
    origin, size, root = text.split("\n")[:3]
    key = (export / "key").read_text(encoding="utf-8").strip()
    signed = any(_signs(key, text + "\n", line) for line in signatures.splitlines())
    return Head(origin, int(size), base64.b64decode(root), signed)


def _signs(key: str, text: str, line: str) -> bool:
    """Whether a signature line of a note is the key's. Source: C2SP signed-note, Ed25519."""
    name, _, rest = key.partition("+")
    number, _, written = rest.partition("+")
    algorithm_and_key = base64.b64decode(written)
    told = hashlib.sha256(name.encode() + b"\n" + algorithm_and_key).digest()[:4]
    dash, said, signature = line.split(" ", 2)
    raw = base64.b64decode(signature)
    if dash != "\u2014" or said != name or raw[:4] != told or told.hex() != number:
        return False
    if algorithm_and_key[:1] != b"\x01":
        return False
    try:
        Ed25519PublicKey.from_public_bytes(algorithm_and_key[1:]).verify(raw[4:], text.encode())
    except InvalidSignature:
        return False
    return True


def tile_path(level: int | str, index: int, width: int = TILE) -> str:
    """Name a tile's file. Source: C2SP tlog-tiles, Tile path."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def tiles_of(leaves: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield every tile of a tree: its path, and the bytes that must stand there."""
    level, hashes = 0, list(leaves)
    while hashes:
        for start in range(0, len(hashes), TILE):
            part = hashes[start : start + TILE]
            yield tile_path(level, start // TILE, len(part)), b"".join(part)
        full = len(hashes) // TILE
        hashes = [root_of(hashes[at * TILE : (at + 1) * TILE]) for at in range(full)]
        level += 1
