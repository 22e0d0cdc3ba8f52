"""Verify: the record, by its entries alone.

`verify` trusts nothing but the entries: it recomputes every hash, follows every chain, walks every
state through the table of transitions, follows the tree and its signed heads, and compares calls,
requests and arguments with what their entries say. It names each entry that does not fit.

Two passes, by chain and by leaf, each over a stream: a long record takes time, not memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Select, exists, func, select, text

from interlock.canon import decode
from interlock.clock import parse_stamp, stamp
from interlock.errors import InterlockError, InvariantError, TamperError
from interlock.ledger import tables
from interlock.ledger.attesting import Anchor
from interlock.ledger.differences import differences
from interlock.ledger.leftovers import leftovers
from interlock.ledger.replay import LEDGER_CHAIN, Story, Told
from interlock.ledger.sealing import latest, seal
from interlock.ledger.store import SqlLedger
from interlock.ledger.tree import Listener, Tree, archived_ranges, check_tree
from interlock.path.record import Entry, Step, check, rehash

_COLUMNS: Final = tuple(name for name in Entry.__slots__ if name not in ("body", "written"))
_ENTRIES: Final = tables.entries.c
_STREAM: Final = select(*(_ENTRIES[name] for name in (*_COLUMNS, "body", "seq")))
_CALLS_AT_ONCE: Final = 400
_SEALED_WITHIN: Final = timedelta(hours=1)
"""How old an entry without a number may be when a newer one is sealed; a sealer takes a second."""


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

    `key` is a verifier key's line; without it, the key that lies here. `progress` hears of each
    entry twice.
    """
    signed_here = ledger.heads.note()  # before the snapshot, which has all that was signed by then
    with ledger.read() as db:
        problems, story = [*_belt(db)], Story()
        pinned = key or _key_here(ledger, db)
        calls = 0
        for found, count in _chains(db, story, progress):
            problems += found
            calls += count
        own = [Anchor(signed_here, str(ledger.heads.path))] if signed_here else []
        tree = check_tree(db, story, pinned, anchors, progress, own)
        problems += tree.problems
        problems += [*_unsealed(db, tree), *_passed_over(db)]
        problems += leftovers(db, story)
        entries = db.execute(select(func.count()).select_from(tables.entries)).scalar_one()
    if not problems:
        with suppress(InterlockError):  # read-only, or another's key: what is here is right
            seal(ledger)
    return Verification(
        not problems,
        entries,
        calls,
        tuple(dict.fromkeys(problems)),
        tree.size,
        tree.checkpoints,
        tree.key,
        tree.anchors,
        tuple(archived_ranges(story.archived)),
    )


def _key_here(ledger: SqlLedger, db: Connection) -> str | None:
    last = latest(db)
    found = ledger.audit_key.verifier(last.origin) if last else None
    return found.line if found else None


def _belt(db: Connection) -> Iterator[str]:
    """Name the triggers that are gone."""
    query = "select name from sqlite_master where type = 'trigger'"
    if db.dialect.name == "postgresql":
        query = (
            "select tgname from pg_trigger where tgrelid = 'entries'::regclass and tgenabled = 'A'"
        )
    here = set(db.execute(text(query)).scalars())
    for name in sorted(tables.BELT - here):
        yield f"the trigger `{name}` is gone or off: somebody made way to change entries"


def _chains(db: Connection, story: Story, progress: Listener) -> Iterator[tuple[list[str], int]]:
    """Check every chain, and its call's rows; the ledger's own chain first."""
    own = _STREAM.where(_ENTRIES.chain == LEDGER_CHAIN).order_by(_ENTRIES.position)
    for _, entries in _grouped(db, own, progress):
        yield _check_chain(entries, story), 0
    story.forget()
    rest = _STREAM.where(_ENTRIES.chain != LEDGER_CHAIN)
    for _, entries in _grouped(db, rest.order_by(_ENTRIES.chain, _ENTRIES.position), progress):
        yield _check_chain(entries, story), 1
        if len(story.calls) == _CALLS_AT_ONCE:
            yield [*differences(db, story)], 0
            story.forget()
    yield [*differences(db, story)], 0
    story.forget()


def _grouped(
    db: Connection,
    query: "Select[Any]",
    progress: Listener,
) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """Stream rows by chain."""
    found = db.execution_options(yield_per=2000).execute(query)

    def rows() -> Iterator[tuple[Any, ...]]:
        for part in found.partitions():
            progress(len(part))
            yield from part

    return groupby(rows(), key=itemgetter(_COLUMNS.index("chain")))


def _check_chain(entries: Iterable[tuple[Any, ...]], story: Story) -> list[str]:
    problems: list[str] = []
    before = 0, ""
    for row in entries:
        *columns, body, seq = row
        parts = dict(zip(_COLUMNS, columns, strict=True))
        name = f"entry `{parts['id']}` (number {seq}, {parts['kind']} of `{parts['chain']}`)"
        if seq < before[0]:
            problems.append(
                f"{name} stands before `{before[1]}`, which it follows: they changed places"
            )
        before = seq, parts["id"]
        try:
            entry = Entry(**parts, body=decode(body.encode()), written=body)
            told = story.calls.setdefault(entry.chain, Told())
            problems += [f"{name} {what}" for what in _faults(entry, told)]
            story.hear(entry)
        except (TamperError, ValueError, TypeError, KeyError, AttributeError):
            problems.append(f"{name} is no readable entry: it was edited")
    return problems


def _faults(entry: Entry, tip: Told) -> Iterator[str]:
    """Say what is wrong with an entry; the next one is measured by this one, right or wrong."""
    if rehash(entry) != entry.hash:
        yield "does not match its hash: it was edited"
    if entry.position != tip.count:
        yield f"has position {entry.position}, expected {tip.count}: an entry was lost or moved"
        tip.count = entry.position
    elif entry.previous != tip.hash:
        yield "does not follow the entry before it: one was removed, edited or moved"
    else:
        yield from _impossible(entry, tip)


def _impossible(entry: Entry, tip: Told) -> Iterator[str]:
    if entry.chain == LEDGER_CHAIN:
        return
    try:
        check(tip.state, [Step(entry.state, entry.kind)])
    except InvariantError as error:
        yield f"makes an impossible step: {error}"


def _unsealed(db: Connection, tree: Tree) -> Iterator[str]:
    """Check on SQLite, whose numbers have no gaps, that nothing is missing among the newest."""
    if db.dialect.name != "sqlite" or tree.is_cut:
        return
    last = db.execute(
        select(func.max(_ENTRIES.seq)).where(_ENTRIES.leaf_index.is_not(None))
    ).scalar()
    expected = (last or 0) + 1
    newest = select(_ENTRIES.seq).where(_ENTRIES.leaf_index.is_(None)).order_by(_ENTRIES.seq)
    for seq in db.execute(newest).scalars():
        if seq != expected:
            yield _gone(expected, seq - 1)
        expected = seq + 1
    query = text("select seq from sqlite_sequence where name = 'entries'")
    written = db.execute(query).scalar() or 0
    if written >= expected:
        yield _gone(expected, written)


def _passed_over(db: Connection) -> Iterator[str]:
    """Name entries that are not sealed, though what came after them is: they lost their number."""
    later = tables.entries.alias()
    after = (later.c.chain == _ENTRIES.chain) & (later.c.position > _ENTRIES.position)
    newest = latest(db)
    old = stamp(parse_stamp(newest.at) - _SEALED_WITHIN) if newest else ""
    query = select(_ENTRIES.id, _ENTRIES.seq).where(
        _ENTRIES.leaf_index.is_(None),
        exists().where(after, later.c.leaf_index.is_not(None)) | (_ENTRIES.at < old),
    )
    for row in db.execute(query.order_by(_ENTRIES.seq)):
        yield (
            f"entry `{row.id}` (number {row.seq}) is not sealed and later ones are: "
            "its place in the tree was taken from it"
        )


def _gone(first: int, last: int) -> str:
    if first == last:
        return f"entry number {first} is missing: it was removed before it was sealed"
    return (
        f"entries number {first} to {last} are missing: they were removed before they were sealed"
    )
