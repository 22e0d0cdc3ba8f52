"""Follow: each chain of entries, and tell what its entries tell.

An entry that does not give its hash tells nothing, and neither does the rest of its call: what
follows from one cause is one line. Chains come as a stream, and calls are compared in parts.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from interlock.canon import decode
from interlock.errors import InvariantError, TamperError
from interlock.ledger import tables
from interlock.ledger.differences import differences
from interlock.ledger.replay import LEDGER_CHAIN, Story, Told
from interlock.ledger.tree import Listener
from interlock.path.record import Entry, check, rehash

COLUMNS: Final = (*(name for name in Entry._fields if name != "written"), "seq")
_BODY: Final = COLUMNS.index("body")
_ENTRIES: Final = tables.entries.c
_STREAM: Final = select(*(_ENTRIES[name] for name in COLUMNS))
_CALLS_AT_ONCE: Final = 400
_UNREADABLE: Final = (TamperError, ValueError, TypeError, KeyError, AttributeError)


def check_chains(
    db: Connection, story: Story, progress: Listener
) -> Iterator[tuple[list[str], int]]:
    """Check every chain, and its call's rows; the ledger's own chain first.

    Gives what was found and how many calls it is about. Gaps are left in `story.faults`.
    """
    own = _STREAM.where(_ENTRIES.chain == LEDGER_CHAIN).order_by(_ENTRIES.position)
    for name, entries in _grouped(db, own, progress):
        yield follow(name, entries, story), 0
    story.forget()
    rest = _STREAM.where(_ENTRIES.chain != LEDGER_CHAIN)
    for name, entries in _grouped(db, rest.order_by(_ENTRIES.chain, _ENTRIES.position), progress):
        yield follow(name, entries, story), 1
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

    return groupby(rows(), key=itemgetter(COLUMNS.index("chain")))


def follow(name: str, entries: Iterable[tuple[Any, ...]], story: Story) -> list[str]:
    """Check one chain, rows as `COLUMNS`; `story` hears of it when all of it is right.

    Gaps are left in `story.faults`.
    """
    chain = _Chain(name, story)
    for row in entries:
        chain.take(row)
    if not chain.broken:
        story.join(chain.part)
    elif name == LEDGER_CHAIN:
        story.join(chain.part)
        story.faults.unsure = True
    return chain.problems


class _Chain:
    """The entries of one call, or of the ledger, in order."""

    def __init__(self, name: str, story: Story) -> None:
        self._faults = story.faults
        self.part = Story()
        self.problems: list[str] = []
        self.broken = False
        """Whether an entry was edited or is missing: what the chain tells is not the whole."""
        self._tip = self.part.calls.setdefault(name, Told())
        self._is_sure = True
        """Whether the hash of the entry before is known."""
        self._before = 0, ""

    def take(self, row: tuple[Any, ...]) -> None:
        """Check the next entry, and hear it."""
        seq = row[-1]
        try:
            body = row[_BODY]
            entry = Entry._make((*row[:_BODY], decode(body.encode()), *row[_BODY:-1]))
            if rehash(entry) != entry.hash:
                self._edited(row, "does not match its hash")
                return
            if seq < self._before[0]:
                follows = f"stands before `{self._before[1]}`, which it follows"
                self.problems.append(f"{_named(row)} {follows}: they changed places")
            self._before = seq, entry.id
            self._place(entry, row)
            self._hear(entry, seq)
        except _UNREADABLE:
            self._edited(row, "is no readable entry")

    def _edited(self, row: tuple[Any, ...], what: str) -> None:
        self.problems.append(f"{_named(row)} {what}: it was edited")
        self.broken, self._is_sure = True, False
        entry_id, _, position, *_ = row
        self._faults.edited.add(entry_id)
        if position == self._tip.count:
            self._tip.count += 1
        else:
            self._faults.moved += 1

    def _place(self, entry: Entry, row: tuple[Any, ...]) -> None:
        """Check that an entry follows the one before; it is measured by that, right or wrong."""
        tip = self._tip
        if entry.position != tip.count:
            told = f"has position {entry.position}, expected {tip.count}"
            self._faults.gap(
                f"{_named(row)} {told}: an entry was lost or moved", entry.position - tip.count
            )
            self.broken, tip.count = True, entry.position
        elif self._is_sure and entry.previous != tip.hash:
            self.problems.append(
                f"{_named(row)} does not follow the entry before it: "
                "one was removed, edited or moved"
            )
            self.broken = True
        elif not self.broken and entry.chain != LEDGER_CHAIN:
            self._step(entry, row)
        self._is_sure = True

    def _step(self, entry: Entry, row: tuple[Any, ...]) -> None:
        try:
            check(self._tip.state, (entry.state,))
        except InvariantError as error:
            self.problems.append(f"{_named(row)} makes an impossible step: {error}")
            self.broken = True

    def _hear(self, entry: Entry, seq: int) -> None:
        if self.broken and entry.chain != LEDGER_CHAIN:
            self._tip.hash, self._tip.count = entry.hash, entry.position + 1
        else:
            self.part.hear(entry, seq)


def _named(row: tuple[Any, ...]) -> str:
    entry = dict(zip(COLUMNS, row, strict=True))
    return f"entry `{entry['id']}` (number {entry['seq']}, {entry['kind']} of `{entry['chain']}`)"
