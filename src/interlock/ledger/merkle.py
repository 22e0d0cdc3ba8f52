"""Prove: that an entry is in the record, and that a later record begins with an earlier one.

Merkle tree hashes, inclusion and consistency proofs as in RFC 6962 and RFC 9162, over tiles of 256
hashes. Pure: whoever calls brings the tiles.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

HASH_BYTES: Final = 32
TILE_WIDTH: Final = 256
"""Hashes in a full tile. Source: C2SP tlog-tiles, Merkle tree."""

_TILE_LEVELS: Final = 8
_TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of a tree without leaves. Source: RFC 9162 section 2.1.1."""

Tiles: TypeAlias = Callable[[int, int], bytes]
"""Returns the hashes of the tile at a level and index, as many as it has."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf's data. Source: RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one. Source: RFC 9162 section 2.1.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over subtrees of one size, of which the last may be smaller."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        odd = [row.pop()] if len(row) % 2 else []
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)] + odd
    return row[0]


class Growth:
    """A tree that grows at its right edge, and the tiles that growing fills.

    It holds one unfinished tile a level, however large it is.
    """

    def __init__(self, size: int = 0, tiles: Tiles | None = None) -> None:
        """Go on from a tree of `size` leaves, whose unfinished tiles `tiles` returns."""
        self.size = size
        self._edge: list[bytearray] = []
        self._peaks: list[bytes] = []
        self._full: list[tuple[int, int, bytes]] = []
        for level, index, width in right_edge(size):
            hashes = tiles(level, index) if tiles else b""
            if len(hashes) < width * HASH_BYTES:
                raise ValueError(f"tile {level}/{index} has fewer than {width} hashes")
            self._edge.append(bytearray(hashes[: width * HASH_BYTES]))
        for edge in reversed(self._edge):
            self._peaks += _peaks(_split(edge))

    def add(self, leaf: bytes) -> None:
        """Append a leaf by its hash."""
        self._edge_at(0).extend(leaf)
        carried, bit = leaf, 0
        while self.size >> bit & 1:
            carried = node_hash(self._peaks.pop(), carried)
            bit += 1
            if bit % _TILE_LEVELS == 0:
                self._finish(bit // _TILE_LEVELS, carried)
        self._peaks.append(carried)
        self.size += 1

    def _finish(self, level: int, root: bytes) -> None:
        """Take the full tile below `level` off the edge and put its root one level up."""
        below = self._edge[level - 1]
        index = (self.size + 1 >> level * _TILE_LEVELS) - 1
        self._full.append((level - 1, index, bytes(below)))
        below.clear()
        self._edge_at(level).extend(root)

    def _edge_at(self, level: int) -> bytearray:
        if level == len(self._edge):
            self._edge.append(bytearray())
        return self._edge[level]

    def root(self) -> bytes:
        """Return the root of all that was added."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, root = self._peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def filled(self) -> list[tuple[int, int, bytes]]:
        """Return level, index and hashes of the tiles that were filled since the last time."""
        full, self._full = self._full, []
        return full

    def unfinished(self) -> Iterator[tuple[int, int, bytes]]:
        """Return level, index and hashes of the tiles at the edge."""
        for level, edge in enumerate(self._edge):
            if edge:
                yield level, self.size >> (level + 1) * _TILE_LEVELS, bytes(edge)


def right_edge(size: int) -> Iterator[tuple[int, int, int]]:
    """Return level, index and width of each level's last tile; width 0 where it is complete."""
    level = 0
    while (count := size >> level * _TILE_LEVELS) or level == 0:
        yield level, count // TILE_WIDTH, count % TILE_WIDTH
        level += 1


def _split(hashes: bytes | bytearray) -> list[bytes]:
    return [bytes(hashes[at : at + HASH_BYTES]) for at in range(0, len(hashes), HASH_BYTES)]


def _peaks(hashes: list[bytes]) -> Iterator[bytes]:
    """Return the roots of the largest complete subtrees, from the left."""
    while hashes:
        take = 1 << len(hashes).bit_length() - 1
        yield root_of(hashes[:take])
        hashes = hashes[take:]


def root_at(size: int, tiles: Tiles) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range_root(0, size, tiles) if size else EMPTY_ROOT


def _range_root(begin: int, end: int, tiles: Tiles) -> bytes:
    size = end - begin
    if size & (size - 1) == 0:
        return _node(size.bit_length() - 1, begin // size, tiles)
    split = _split_at(size)
    left = _range_root(begin, begin + split, tiles)
    return node_hash(left, _range_root(begin + split, end, tiles))


def _split_at(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _node(bit: int, index: int, tiles: Tiles) -> bytes:
    """Return the hash over 2^bit leaves, from the tile that holds it."""
    level, inner = divmod(bit, _TILE_LEVELS)
    first = index << inner
    tile, place = divmod(first, TILE_WIDTH)
    hashes = _split(tiles(level, tile))[place : place + (1 << inner)]
    if len(hashes) != 1 << inner:
        raise ValueError(f"tile {level}/{tile} is too short")
    return root_of(hashes)


def inclusion_proof(index: int, size: int, tiles: Tiles) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves.

    Raises `ValueError` when it is not. Source: RFC 9162 section 2.1.3.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among {size}")
    begin, end, proof = 0, size, list[bytes]()
    while end - begin > 1:
        middle = begin + _split_at(end - begin)
        if index < middle:
            proof.append(_range_root(middle, end, tiles))
            end = middle
        else:
            proof.append(_range_root(begin, middle, tiles))
            begin = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, tiles: Tiles) -> list[bytes]:
    """Prove that the tree of `new` leaves begins with the tree of `old`.

    Raises `ValueError` when `old` is larger or 0. Source: RFC 9162 section 2.1.4.1.
    """
    if not 0 < old <= new:
        raise ValueError(f"no proof from {old} to {new} leaves")
    begin, end, proof = 0, new, list[bytes]()
    while old != end:
        middle = begin + _split_at(end - begin)
        if old <= middle:
            proof.append(_range_root(middle, end, tiles))
            end = middle
        else:
            proof.append(_range_root(begin, middle, tiles))
            begin = middle
    if begin > 0:
        proof.append(_range_root(begin, end, tiles))
    return proof[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to from a leaf's hash; compare it with a signed one.

    Raises `ValueError` for a proof of the wrong length. Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among {size}")
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if node & 1 or node == last:
            found = node_hash(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return found


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a proof shows that one tree begins with the other.

    Source: RFC 9162 section 2.1.4.2.
    """
    if old == new:
        return old_root == new_root and not proof
    if not 0 < old < new or not proof:
        return False
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, step)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def tile_path(level: int | str, index: int, width: int) -> str:
    """Return where a tile lies in an export; `level` is a number or `entries`.

    Source: C2SP tlog-tiles, Merkle tree.
    """
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"
