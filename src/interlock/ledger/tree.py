"""Check: that the tree covers the entries, and that each signed head is a prefix of the next.

One pass in the order of leaves, holding one tile a level. What follows from one cause is one line:
a leaf whose entry is gone is taken from its tile, so that later heads still tell their own tale.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import Connection, Select, select

from interlock.errors import TamperError
from interlock.ledger import tables
from interlock.ledger.attesting import Anchor, disagreements, sizes, unannounced, unmarked
from interlock.ledger.faults import Absent, Series, unlike
from interlock.ledger.merkle import HASH_BYTES, TILE_WIDTH, Growth, leaf_hash
from interlock.ledger.notes import Verifier, open_note
from interlock.ledger.replay import Archived, Story
from interlock.ledger.sealing import Checkpoint, latest, tile

_ENTRIES: Final = tables.entries.c
_COLUMNS: Final = [tables.checkpoints.c[name] for name in Checkpoint._fields]
_AT_ONCE: Final = 2000

Listener = Callable[[int], None]
"""Hears how many entries more were looked at."""


@dataclass(slots=True)
class Tree:
    """What was found of the tree."""

    size: int = 0
    checkpoints: int = 0
    anchors: int = 0
    """Anchors of this record that it agrees with."""
    key: str = ""
    """Line of the key that signed the newest head."""
    is_cut: bool = False
    """Whether entries are missing at its end."""
    missing: list[Absent] = field(default_factory=list[Absent])
    """Leaves whose entries are gone, and were not archived."""
    strayed: int = 0
    """Entries with a number that no leaf has; as many leaves lack theirs."""
    problems: list[str] = field(default_factory=list[str])


def check_tree(
    db: Connection,
    story: Story,
    pinned: str | None,
    anchors: Sequence[Anchor],
    progress: Listener,
    own: Sequence[Anchor] = (),
    own_advice: str = "",
) -> Tree:
    """Check the tree, its heads and anchors; `story` has heard what concerns no single call.

    `own` is the newest head that was signed here, which counts as no anchor; `own_advice` says what
    to do where the record lacks it.
    """
    walk = _Walk(db, archived_ranges(story.archived), story.faults.edited)
    found = walk.found
    try:
        walk.go(sizes([*anchors, *own]), progress)
    except ValueError as error:
        found.problems.append(f"the tree cannot be followed any further: {error}")
        found.is_cut = True
        return found
    keys = [key for key, _ in walk.lines]
    found.size = walk.growth.size
    found.problems += unannounced(walk.lines, story.key_changes, pinned)
    found.problems += unmarked(story.archived, keys)
    disagreeing = [*disagreements(anchors, [*keys, pinned or ""], walk.roots, found.size)]
    remembered = disagreements(own, [*keys, pinned or ""], walk.roots, found.size)
    cut = [
        f"{line}: the record was cut back or forged; {own_advice}" for line in remembered if line
    ]
    found.problems += [line for line in disagreeing if line] + cut
    found.anchors = disagreeing.count("")
    found.key = keys[-1] if keys else ""
    return found


def archived_ranges(told: Iterable[Archived]) -> list[tuple[int, int]]:
    """Return the runs of leaves that were archived, in order, first and last."""
    return sorted(one for each in told for one in each.ranges)


_Leaf: TypeAlias = tuple[int, str, str, int]
"""Index, hash of the entry, its id and its number."""


def _named(row: _Leaf) -> str:
    index, _, entry_id, seq = row
    return f"entry `{entry_id}` (number {seq}, leaf {index})"


class _Walk:
    """The way along the leaves."""

    def __init__(
        self, db: Connection, archived: list[tuple[int, int]], named: Collection[str]
    ) -> None:
        self._db, self._archived, self._named = db, archived, named
        self.growth, self.found = Growth(), Tree()
        self.roots: dict[int, bytes] = {}
        """Roots at the sizes of anchors."""
        self.lines: list[tuple[str, int]] = []
        """Line of each key that signed, and the size from which on."""
        self._wanted: set[int] = set()
        self._tile = b""
        self._gone: set[int] = set()
        """Tiles without leaves that entries have."""
        self._doubted: list[tuple[str, int]] = []
        """Entries that are not what their tile says, and the tile's index."""
        self._other = Growth()
        """The tree by those entries, where it differs from that by the tiles."""
        last = latest(db)
        self._size = last.size if last else 0
        """Leaves that the newest head covers."""
        heads = select(*_COLUMNS).order_by(tables.checkpoints.c.size)
        found = db.execution_options(yield_per=_AT_ONCE).execute(heads)
        self._heads = (Checkpoint(*row) for row in found)
        self._next = next(self._heads, None)
        self._forked = Series("does not fit the entries: the tree was forked or rewritten")
        self._unsigned = Series("is not signed by the key that it names")

    def go(self, wanted: set[int], progress: Listener) -> None:
        """Follow all leaves."""
        self._wanted = wanted
        leaves = (
            select(_ENTRIES.leaf_index, _ENTRIES.hash, _ENTRIES.id, _ENTRIES.seq)
            .where(_ENTRIES.leaf_index.is_not(None))
            .order_by(_ENTRIES.leaf_index)
        )
        try:
            self._leaves(leaves, progress)
            self._end()
        finally:
            self.found.problems += [*self._forked.lines(), *self._unsigned.lines()]

    def _leaves(self, leaves: "Select[Any, Any, Any, Any]", progress: Listener) -> None:
        found = self._db.execution_options(yield_per=_AT_ONCE).execute(leaves)
        for part in found.partitions():
            for row in cast("Sequence[_Leaf]", part):
                index = row[0]
                if index > max(self.growth.size, self._size):
                    where = f"{_named(row)} is not in the tree"
                    self.found.problems.append(f"{where}: its number was edited")
                    self.found.strayed += 1
                    continue
                if index > self.growth.size:
                    self._missing(index)
                if index < self.growth.size:
                    raise ValueError(f"entry `{row[2]}` is numbered {index}")
                self._leaf(row)
            progress(len(part))

    def _leaf(self, row: _Leaf) -> None:
        index, hashed, entry_id, _ = row
        sealed = self._sealed(index)
        try:
            leaf = leaf_hash(bytes.fromhex(hashed))
        except ValueError:
            leaf = b""
        if not sealed:
            self._gone.add(index // TILE_WIDTH)
        elif leaf != sealed and leaf and entry_id not in self._named:
            if not self._doubted:
                self._other = deepcopy(self.growth)
            self._doubted.append((_named(row), index // TILE_WIDTH))
        self._push(sealed or leaf, leaf)

    def _spoilt(self, index: int, level: int = 0) -> None:
        line = f"tile {level}/{index} was edited or is gone"
        if line not in self.found.problems[-1:]:
            self.found.problems.append(line)

    def _settle(self, root: str) -> None:
        """Say whether entries or their tiles were edited: a signed head has one of the two roots.

        Without such a head it is the entries.
        """
        if self._doubted and root == self._other.root().hex() != self.growth.root().hex():
            self.growth = self._other
            for index in sorted({index for _, index in self._doubted}):
                self._spoilt(index)
        else:
            for index, few in groupby(self._doubted, key=itemgetter(1)):
                self.found.problems += unlike([name for name, _ in few], index)
        self._doubted = []

    def _sealed(self, index: int) -> bytes:
        """Return the hash of a leaf as its tile has it; empty where there is none."""
        place = index % TILE_WIDTH
        if place == 0 or not self._tile:
            self._tile = tile(self._db, 0, index // TILE_WIDTH)
        return self._tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _missing(self, end: int, *, at_end: bool = False) -> None:
        """Take leaves up to `end` from their tiles; name those whose entries were not archived."""
        first = self.growth.size
        for start, stop in _outside(first, end - 1, self._archived):
            which = f"leaf {start}" if start == stop else f"leaves {start} to {stop}"
            where = " at its end" if at_end and stop == end - 1 else ""
            count = stop - start + 1
            what = "1 sealed entry is" if count == 1 else f"{count} sealed entries are"
            line = f"{what} missing{where}: {which} of the tree"
            self.found.missing.append(Absent(count, line))
            self.found.is_cut |= bool(where)
        for index in range(first, end):
            leaf = self._sealed(index)
            if not leaf:
                raise ValueError(
                    f"tile 0/{index // TILE_WIDTH} was edited or is gone, and has no leaf {index}"
                )
            self._push(leaf)

    def _push(self, leaf: bytes, other: bytes = b"") -> None:
        if len(leaf) != HASH_BYTES:
            raise ValueError(f"leaf {self.growth.size} has no hash")
        self.growth.add(leaf)
        if self._doubted:
            self._other.add(other or leaf)
        size = self.growth.size
        if self._next is not None and self._next.size <= size:
            self._head(self._next)
            self._next = next(self._heads, None)
        if size in self._wanted:
            self.roots[size] = self.growth.root()
        if size % TILE_WIDTH == 0 and not self._doubted:
            self._compare_full()

    def _compare_full(self) -> None:
        for level, index, hashes in self.growth.filled():
            if level:
                self._compare(level, index, hashes)

    def _compare(self, level: int, index: int, hashes: bytes) -> None:
        if tile(self._db, level, index) != hashes:
            self._spoilt(index, level)

    def _head(self, head: Checkpoint) -> None:
        """Check one checkpoint against the leaves before it."""
        self.found.checkpoints += 1
        name = f"the checkpoint of {head.size} entries ({head.at})"
        self._settle(head.root)
        root = self.growth.root()
        if head.size != self.growth.size or head.root != root.hex():
            self._forked.add(name)
        if not self.lines or self.lines[-1][0] != head.key:
            self.lines.append((head.key, head.size))
        try:
            said = open_note(head.note, Verifier.read(head.key))
            if (said.size, said.root.hex()) != (head.size, head.root):
                self._forked.add(name)
        except (TamperError, ValueError):
            self._unsigned.add(name)

    def _end(self) -> None:
        if self._size > self.growth.size:
            self._missing(self._size, at_end=True)
        self._settle("")
        for index in sorted(self._gone):
            self._spoilt(index)
        if self.growth.size > self._size:
            self.found.problems.append(
                f"{self.growth.size} entries are numbered and the newest checkpoint covers "
                f"{self._size}: checkpoints were removed"
            )
        self._compare_full()
        for level, index, hashes in self.growth.unfinished():
            if level or len(self._tile) // HASH_BYTES != self.growth.size % TILE_WIDTH:
                self._compare(level, index, hashes)


def _outside(first: int, last: int, ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Return the parts of a run that lie in none of the ranges."""
    for start, stop in ranges:
        if stop < first or start > last:
            continue
        if start > first:
            yield first, start - 1
        first = max(first, stop + 1)
    if first <= last:
        yield first, last
