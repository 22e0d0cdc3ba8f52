"""Prove: tree hashes and proofs are RFC 6962's, whatever the size, over tiles."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.ledger.merkle import (
    EMPTY_ROOT,
    TILE_WIDTH,
    Growth,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    leaf_hash,
    node_hash,
    root_at,
    root_from_inclusion,
    root_of,
    tile_path,
)

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first n leaves. Source: certificate-transparency, merkle_tree_test."""

INCLUSION = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (1, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""Proofs by leaf, from 0, and size. Source: as above."""

CONSISTENCY = {
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 5): (
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}
"""Proofs by old and new size. Source: as above."""

SIZES = st.integers(1, 700)


class Kept:
    """A tree's tiles, kept as a ledger keeps them."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.growth, self.tiles = Growth(), dict[tuple[int, int], bytes]()
        self.add(leaves)

    def add(self, leaves: list[bytes]) -> None:
        for leaf in leaves:
            self.growth.add(leaf_hash(leaf))
        for level, index, hashes in (*self.growth.filled(), *self.growth.unfinished()):
            self.tiles[level, index] = hashes

    def at(self, level: int, index: int) -> bytes:
        return self.tiles.get((level, index), b"")


def numbered(count: int) -> list[bytes]:
    """Return so many leaves that differ."""
    return [str(at).encode() for at in range(count)]


def naive_root(leaves: list[bytes]) -> bytes:
    """Compute a root as RFC 9162 section 2.1.1 defines it, by recursion."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


MANY = Kept(numbered(70_000))


class TestVectors:
    def test_roots(self) -> None:
        """The published roots come out, of the empty tree too."""
        assert EMPTY_ROOT.hex().startswith("e3b0c44298fc1c149afbf4c8996fb924")
        assert [Kept(LEAVES[: at + 1]).growth.root().hex() for at in range(8)] == ROOTS

    @pytest.mark.parametrize(("leaf", "size"), list(INCLUSION))
    def test_inclusion(self, leaf: int, size: int) -> None:
        """The published inclusion proofs come out."""
        proof = inclusion_proof(leaf, size, Kept(LEAVES).at)

        assert [step.hex() for step in proof] == list(INCLUSION[leaf, size])

    @pytest.mark.parametrize(("old", "new"), list(CONSISTENCY))
    def test_consistency(self, old: int, new: int) -> None:
        """The published consistency proofs come out."""
        proof = consistency_proof(old, new, Kept(LEAVES).at)

        assert [step.hex() for step in proof] == list(CONSISTENCY[old, new])


class TestLaws:
    @given(SIZES, SIZES)
    def test_growing_in_parts_is_growing_at_once(self, one: int, other: int) -> None:
        """A tree that goes on from its tiles has the root that its definition gives."""
        first = Kept(numbered(one))
        growth = Growth(one, first.at)
        for leaf in numbered(one + other)[one:]:
            growth.add(leaf_hash(leaf))

        assert growth.root() == naive_root(numbered(one + other))
        assert root_at(one, MANY.at) == first.growth.root()

    @given(st.data(), st.integers(1, 70_000))
    def test_inclusion_proofs_lead_to_the_root(self, data: st.DataObject, size: int) -> None:
        """Every leaf's proof leads to the root of every size; another leaf's does not."""
        leaf = data.draw(st.integers(0, size - 1))
        proof, root = inclusion_proof(leaf, size, MANY.at), root_at(size, MANY.at)

        assert root_from_inclusion(leaf_hash(str(leaf).encode()), leaf, size, proof) == root
        assert root_from_inclusion(leaf_hash(b"other"), leaf, size, proof) != root

    @given(st.data(), st.integers(1, 70_000))
    def test_consistency_proofs_hold(self, data: st.DataObject, new: int) -> None:
        """Every size is a prefix of every later one, and a changed root is not."""
        old = data.draw(st.integers(1, new))
        proof = consistency_proof(old, new, MANY.at)
        roots = root_at(old, MANY.at), root_at(new, MANY.at)

        assert is_consistent(old, roots[0], new, roots[1], proof)
        assert not is_consistent(old, leaf_hash(b"x"), new, roots[1], proof)
        assert not is_consistent(old, roots[0], new, leaf_hash(b"x"), proof)

    def test_tiles_are_full_but_the_last(self) -> None:
        """70,000 leaves are 273 full tiles and a part, their roots one full tile and a part."""
        widths = {where: len(hashes) // 32 for where, hashes in MANY.tiles.items()}

        assert widths[0, 272] == TILE_WIDTH
        assert widths[0, 273] == 70_000 % TILE_WIDTH
        assert widths[1, 0] == TILE_WIDTH
        assert widths[1, 1] == 273 - TILE_WIDTH
        assert widths[2, 0] == 1
        assert len(widths) == 274 + 2 + 1


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (1, 5, 7, "tile/1/005.p/7"),
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        ("entries", 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_paths(level: int | str, index: int, width: int, path: str) -> None:
    """Tiles lie where C2SP tlog-tiles says."""
    assert tile_path(level, index, width) == path


def test_what_is_not_there_has_no_proof() -> None:
    """A leaf outside, a tree that is not larger, a tile that is too short: each is an error."""
    few = Kept(numbered(3))
    with pytest.raises(ValueError, match="not among"):
        inclusion_proof(3, 3, few.at)
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(0, 3, few.at)
    with pytest.raises(ValueError, match="too short"):
        root_at(4, few.at)
    with pytest.raises(ValueError, match="fewer"):
        Growth(4, few.at)
    for proof in ([], [leaf_hash(b"")] * 5):
        with pytest.raises(ValueError, match="the proof is too"):
            root_from_inclusion(leaf_hash(b""), 0, 3, proof)
    assert not is_consistent(2, leaf_hash(b""), 3, leaf_hash(b""), [])
    assert root_of([]) == EMPTY_ROOT
