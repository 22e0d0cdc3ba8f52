"""Gather: what is wrong with a record, so that what follows from one cause is told once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_FEW: Final = 3
"""Entries of one tile that are named one by one."""


@dataclass(slots=True)
class Faults:
    """What is wrong with entries, and what cannot be measured by them."""

    edited: set[str] = field(default_factory=set)
    """Ids of entries that do not give their hash."""
    moved: int = 0
    """How many of them are not in their place any more."""
    gaps: list[str] = field(default_factory=list)
    """Where entries are missing from a chain, one line each."""
    lost: int = 0
    """How many are missing there."""
    gone: bool = False
    """Whether a call that entries tell of has no row."""
    unsure: bool = False
    """Whether the ledger's own chain cannot be trusted, so that nothing is measured by it."""

    def gap(self, line: str, count: int) -> None:
        """Note that `count` entries are missing."""
        self.gaps.append(line)
        self.lost += count


class Absent(NamedTuple):
    """Entries that are not here and ought to be."""

    entries: int
    line: str
    """What is said of them."""


class Series:
    """One kind of fault: the first is named, later ones are counted."""

    def __init__(self, text: str) -> None:
        """Say `text` of each."""
        self._text, self._first, self._more = text, "", 0

    def add(self, name: str) -> None:
        """Note one more."""
        if self._first:
            self._more += 1
        self._first = self._first or name

    def lines(self) -> Iterator[str]:
        """Say it in one line, if there was any."""
        if self._first:
            more = f"; so it is with {self._more} later" if self._more else ""
            yield f"{self._first} {self._text}{more}"


def unlike(names: Sequence[str], index: int) -> Iterator[str]:
    """Name entries that are not what their tile says; many of one tile in one line."""
    if len(names) > _FEW:
        yield (
            f"{len(names)} entries are not what tile 0/{index} says: it was edited, or they were; "
            f"the first is {names[0]}"
        )
        return
    for name in names:
        yield f"{name} is not the one that was sealed: it was edited or moved"
