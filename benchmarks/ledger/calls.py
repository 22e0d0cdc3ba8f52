"""Calls: how many allowed calls a second, beside bare commits and a peer, on both databases.

What is timed is all that the gate does for a call: proposed, decided and claimed in one commit;
run, inspected and released in another. The tool itself takes microseconds.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.ledger.contenders import BARE, GATE, PEER, UNSEEN, Place, open_contender
from benchmarks.ledger.crews import CannotStart, Crew, crew
from benchmarks.ledger.figures import Bar, in_turns, table
from benchmarks.ledger.servers import Server

CALLERS: Final = (1, 4, 8)
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
THREADS: Final = "interlock, one process of threads"
KINDS: Final[Mapping[str, str]] = {
    GATE: GATE,
    UNSEEN: UNSEEN,
    THREADS: GATE,
    BARE: BARE,
    PEER: PEER,
}
"""Each crew's contender; all but one are processes of one thread."""


PICTURE: Final = "ledger_calls_{}.svg"
WHAT: Final = (
    "Callers are processes of one thread, but for one row of threads; each calls as fast as it can "
    "a tool that returns 1 kB. The gate's call is two commits, of {first[rows]} rows with "
    "{first[bytes]:,} bytes and {second[rows]} with {second[bytes]:,}. Bare commits, the limit, "
    "write rows of these sizes to one table without an index, by the database's driver, as "
    "durably. The sealer's thread runs in every process of the gate. Latency is from proposal to "
    "answer.\n\n"
    "agentbarrier decides by its first matching rule, keeps a result as it is, and writes three "
    "commits of one action with one or two receipts each; it knows no signals, facts or history, "
    "inspects no result, signs no tree, and has one chain for all. Nearest to what it does is the "
    "row whose results are not inspected.\n"
)


def measure(folder: Path, server: Server, rounds: int, seconds: float) -> dict[str, Any]:
    """Let every crew take calls in turns, on fresh databases for each number of callers."""
    sizes = row_sizes(folder / "sizes")
    found: dict[str, Any] = {}
    for database in (SQLITE, POSTGRESQL):
        for callers in CALLERS:
            at = folder / f"{database}-{callers}"
            with crews(at, database, server, callers, sizes) as ready:
                found.setdefault(database, {})[str(callers)] = in_turns(
                    ready, rounds, seconds, BARE
                )
    rows = [{"rows": len(commit), "bytes": sum(commit)} for commit in sizes]
    return {"databases": found, "commits": rows, "rounds": rounds, "seconds": seconds}


def bars(figures: dict[str, Any]) -> list[Bar]:
    """State none: these are figures to compare."""
    del figures
    return []


def lines(figures: dict[str, Any], database: str) -> dict[str, dict[int, float]]:
    """Return calls a second by callers, for a picture."""
    found: dict[str, dict[int, float]] = {}
    for callers, kinds in figures["databases"][database].items():
        for kind, one in kinds.items():
            found.setdefault(kind, {})[int(callers)] = one["calls_s"]
    return found


def markdown(figures: dict[str, Any]) -> list[str]:
    """Write a table for each database and number of callers."""
    first, second = figures["commits"]
    parts = [WHAT.format(first=first, second=second)]
    for database, found in figures["databases"].items():
        parts.append(f"### {database}\n")
        parts.append(f"![calls a second]({PICTURE.format(database.lower())})\n")
        for callers, kinds in found.items():
            head = "one caller" if callers == "1" else f"{callers} callers"
            parts.append(table(head, kinds, "of bare commits"))
    return parts


@contextmanager
def crews(
    folder: Path, database: str, server: Server, callers: int, sizes: tuple[Sequence[int], ...]
) -> Iterator[dict[str, Crew]]:
    """Start every kind of crew that starts here."""
    with ExitStack() as ending:
        ready: dict[str, Crew] = {}
        for kind, contender in KINDS.items():
            mine = folder / kind
            mine.mkdir(parents=True)
            url = server.fresh() if database == POSTGRESQL else ""
            place = Place(str(mine), url, sizes)
            shape = (1, callers) if kind == THREADS else (callers, 1)
            if kind == THREADS and callers == 1:
                continue
            try:
                ready[kind] = ending.enter_context(crew(contender, place, *shape))
            except CannotStart:
                assert kind == PEER, f"`{kind}` does not start"
        yield ready


def row_sizes(folder: Path) -> tuple[list[int], list[int]]:
    """Return the bytes of each row that the two commits of one call write."""
    folder.mkdir(parents=True)
    open_contender(UNSEEN, Place(str(folder))).call("sized")
    db = sqlite3.connect(folder / "ledger.db")
    entries = _bytes(db, "SELECT * FROM entries ORDER BY seq")
    (call,) = _bytes(db, "SELECT * FROM calls")
    (answer,) = _bytes(db, "SELECT answer FROM calls")
    others = [
        *_bytes(db, "SELECT * FROM arguments"),
        *(run := _bytes(db, "SELECT * FROM executions")),
    ]
    db.close()
    return [*entries[:3], call - answer, *others], [*entries[3:], call, *run]


def _bytes(db: sqlite3.Connection, query: str) -> list[int]:
    rows = db.execute(query).fetchall()
    return [sum(len(str(value)) for value in row if value is not None) for row in rows]
