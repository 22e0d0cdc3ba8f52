"""Verify: the record, by its entries alone.

`verify` trusts nothing but the entries: it recomputes every hash, follows every chain, walks every
state through the table of transitions, follows the tree and its signed heads, and compares calls,
requests and arguments with what their entries say. It names each entry that does not fit.

Two passes, by chain and by leaf, each over a stream: a long record takes time, not memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, exists, func, select, text

from interlock.errors import InterlockError, LedgerError, LedgerReadOnly
from interlock.ledger import tables
from interlock.ledger.attesting import Anchor
from interlock.ledger.belt import belt
from interlock.ledger.chains import check_chains
from interlock.ledger.faults import Absent, Faults
from interlock.ledger.leftovers import leftovers
from interlock.ledger.replay import Story
from interlock.ledger.sealing import latest, seal
from interlock.ledger.store import SqlLedger
from interlock.ledger.tree import Listener, Tree, archived_ranges, check_tree

_ENTRIES: Final = tables.entries.c


@dataclass(frozen=True, slots=True)
class Verification:
    """What `verify` found."""

    ok: bool
    entries: int
    calls: int
    problems: tuple[str, ...]
    """One line each, naming the entry, call or checkpoint; what follows from one cause is one."""
    sealed: int = 0
    """Entries that the newest signed head covers."""
    checkpoints: int = 0
    """Signed heads, each a prefix of the next."""
    key: str = ""
    """Verifier key of the newest head, as a line."""
    anchors: int = 0
    """Heads kept elsewhere that the record agrees with."""
    archived: tuple[tuple[int, int], ...] = ()
    """First and last leaf of each run whose entries were archived, and are not here."""

    unsealable: str = ""
    """Why what is here is right and nothing new can be sealed."""

    @property
    def attested(self) -> str:
        """`anchored`, or `self-attested`: who has the key could have written it all anew."""
        return "anchored" if self.anchors else "self-attested"


def nobody(_: int) -> None:
    """Hear nothing."""


def verify(
    ledger: SqlLedger,
    key: str | None = None,
    anchors: Sequence[Anchor] = (),
    progress: Listener = nobody,
) -> Verification:
    """Check the whole record on one snapshot; seal what is not sealed yet when all is right.

    What is told of heads is how they stand after that. `key` is a verifier key's line; without it,
    the key that lies here. `progress` hears of each entry twice.
    """
    signed_here = ledger.heads.note()  # before the snapshot, which has all that was signed by then
    own = [Anchor(signed_here, str(ledger.heads.path))] if signed_here else []
    with ledger.read() as db:
        line, missing_key = _key_here(ledger, db)
        found = examine(db, key or line, anchors, progress, own, ledger.heads.advice)
    note = missing_key
    if found.ok and not note:
        try:
            found = _sealed(ledger, found)
        except LedgerReadOnly:
            pass  # what is here is right
        except InterlockError as error:
            note = str(error)
    return replace(found, unsealable=note)


def _sealed(ledger: SqlLedger, found: Verification) -> Verification:
    """Seal, and return what was found with the heads that there are now."""
    head = seal(ledger)
    if head is None:
        return found
    with ledger.read() as db:
        heads = db.execute(select(func.count()).select_from(tables.checkpoints)).scalar_one()
    return replace(found, sealed=head.size, checkpoints=heads, key=head.key)


def examine(
    db: Connection,
    pinned: str | None,
    anchors: Sequence[Anchor] = (),
    progress: Listener = nobody,
    own: Sequence[Anchor] = (),
    own_advice: str = "see docs/record.md",
) -> Verification:
    """Check the record that a connection sees; changes nothing.

    `pinned` is the verifier key that must have signed it, `own` the newest head signed here.
    """
    problems, story, calls = [*belt(db)], Story(), 0
    for found, count in check_chains(db, story, progress):
        problems += found
        calls += count
    tree = check_tree(db, story, pinned, anchors, progress, own, own_advice)
    problems += tree.problems
    unsealed = _unsealed(db, tree)
    problems += _passed_over(db)
    problems += leftovers(db, story)
    problems += _missing(story.faults, [*tree.missing, *unsealed], tree.strayed)
    return Verification(
        not problems,
        db.execute(select(func.count()).select_from(tables.entries)).scalar_one(),
        calls,
        tuple(dict.fromkeys(problems)),
        tree.size,
        tree.checkpoints,
        tree.key,
        tree.anchors,
        tuple(archived_ranges(story.archived)),
    )


def _missing(faults: Faults, leaves: Sequence[Absent], strayed: int) -> Iterator[str]:
    """Name what is missing, by its chain where that tells all of it, else by its leaf as well.

    An entry that was edited and moved leaves a gap behind, and was named.
    """
    gaps = faults.gaps if faults.lost != faults.moved else []
    lines = [each.line for each in leaves]
    if sum(each.entries for each in leaves) - strayed == faults.lost - faults.moved:
        lines = lines if len(gaps) == len(lines) == 1 else []
        gaps = [": ".join([*gaps, *lines])] if lines else gaps
        lines = []
    yield from (*gaps, *lines)


def _key_here(ledger: SqlLedger, db: Connection) -> tuple[str | None, str]:
    """Return the verifier key of the key that lies here, and what is wrong with that key."""
    last = latest(db)
    if last is None:
        return None, ""
    try:
        found = ledger.audit_key.verifier(last.origin)
    except LedgerError as error:
        return None, f"nothing new can be sealed: {error}"
    if found is None:
        return None, _NO_KEY
    return found.line, ""


_NO_KEY: Final = (
    "nothing new can be sealed: the record's key is not here; restore audit.key to the state "
    "directory, or give it as INTERLOCK_KEY"
)


def _unsealed(db: Connection, tree: Tree) -> list[Absent]:
    """Check on SQLite, whose numbers have no gaps, that nothing is missing among the newest."""
    if db.dialect.name != "sqlite" or tree.is_cut:
        return []
    last = db.execute(
        select(func.max(_ENTRIES.seq)).where(_ENTRIES.leaf_index.is_not(None))
    ).scalar()
    expected = (last or 0) + 1
    found: list[Absent] = []
    newest = select(_ENTRIES.seq).where(_ENTRIES.leaf_index.is_(None), _ENTRIES.seq >= expected)
    for seq in db.execute(newest.order_by(_ENTRIES.seq)).scalars():
        if seq != expected:
            found.append(_gone(expected, seq - 1))
        expected = seq + 1
    query = text("select seq from sqlite_sequence where name = 'entries'")
    written = db.execute(query).scalar() or 0
    if written >= expected:
        found.append(_gone(expected, written))
    return found


def _passed_over(db: Connection) -> Iterator[str]:
    """Name entries that are not sealed, though what came after them is: they lost their number.

    SQLite has one writer, so that numbers are in the order of commits. On PostgreSQL only the chain
    has an order; no clock tells, as clocks step back.
    """
    later = tables.entries.alias()
    after = (later.c.chain == _ENTRIES.chain) & (later.c.position > _ENTRIES.position)
    overtaken = exists().where(after, later.c.leaf_index.is_not(None))
    if db.dialect.name == "sqlite":
        sealed = select(func.max(_ENTRIES.seq)).where(_ENTRIES.leaf_index.is_not(None))
        overtaken |= _ENTRIES.seq < sealed.scalar_subquery()
    query = select(_ENTRIES.id, _ENTRIES.seq).where(_ENTRIES.leaf_index.is_(None), overtaken)
    for row in db.execute(query.order_by(_ENTRIES.seq)):
        yield (
            f"entry `{row.id}` (number {row.seq}) is not sealed and later ones are: "
            "its place in the tree was taken from it"
        )


def _gone(first: int, last: int) -> Absent:
    if first == last:
        told = f"entry number {first} is missing: it was removed before it was sealed"
    else:
        told = f"entries number {first} to {last} are missing: removed before they were sealed"
    return Absent(last - first + 1, told)
