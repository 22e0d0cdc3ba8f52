"""Appends: what chains cost a log that eight processes write, on PostgreSQL.

Each append is one commit of the three entries of a settled call, which is a chain of its own: as no
two writers share a chain, none waits for another.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.ledger.contenders import CHAINED, SEALED, UNCHAINED, Place
from benchmarks.ledger.crews import crew
from benchmarks.ledger.figures import Bar, at_least, in_turns, table
from benchmarks.ledger.servers import Server

WRITERS: Final = 8
SHARE: Final = 0.8
"""Appends with chains are at least this share of the same inserts without."""

PARTS: Final = 4
"""Windows that each of the others' is cut into: what else the machine does meanwhile then falls on
all crews alike, and the median of the ratios says what chains cost."""

WHAT: Final = (
    f"{WRITERS} processes on one PostgreSQL with `fsync`; an append is a commit of three entries. "
    "Sealed beside: with what a process that writes does after its commits, numbering the entries "
    "and signing the tree's head, on the same two cores. Crews take short turns; the share is the "
    "median of the ratios of windows that lie beside each other.\n"
)


def measure(folder: Path, server: Server, rounds: int, seconds: float) -> dict[str, Any]:
    """Let three crews append in short turns, each to a database of its own."""
    with ExitStack() as ending:
        ready = {
            name: ending.enter_context(crew(name, _place(folder / name, server), WRITERS))
            for name in (UNCHAINED, CHAINED, SEALED)
        }
        return {"appends": in_turns(ready, rounds * PARTS, seconds / PARTS, UNCHAINED)}


def _place(folder: Path, server: Server) -> Place:
    folder.mkdir(parents=True)
    return Place(str(folder), server.fresh())


def bars(figures: dict[str, Any]) -> list[Bar]:
    """Say whether the bar is met."""
    share = figures["appends"][CHAINED]["share"]
    law = f"share of unchained appends that chained ones reach with {WRITERS} writers"
    return [at_least(law, share, SHARE)]


def markdown(figures: dict[str, Any]) -> list[str]:
    """Write the table."""
    return [WHAT, table("appends", figures["appends"], "of unchained")]
