"""Inbox: a page of a hundred thousand calls that wait for a human, as `interlock inbox` asks it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.ledger.figures import Bar, at_most, percentiles

PENDING: Final = 100_000
PAGE: Final = 50
PAGE_MS: Final = 50
"""A page takes at most so long at the 95th percentile."""

WHAT: Final = (
    f"The oldest {PAGE} of the calls that wait, on SQLite, read whole with their requests, after "
    "what is overdue was looked for; the page behind it; and how many there are. Milliseconds.\n"
)


def measure(
    folder: Path, pending: int, rounds: int, told: Callable[[int], object]
) -> dict[str, Any]:
    """Make the queue where there is none yet, and read it page by page."""
    from benchmarks.ledger import generate
    from interlock import Gate

    file = folder / "ledger.db"
    url = f"sqlite:///{file}"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        generate.asked(url, folder, pending, told)
    with Gate.open(None, ledger=url, state=folder) as gate:
        first = gate.inbox.pending(limit=PAGE)
        asks: dict[str, Callable[[], object]] = {
            "the first page": lambda: gate.inbox.pending(limit=PAGE),
            "the page behind it": lambda: gate.inbox.pending(limit=PAGE, after=first[-1].id),
            "a page of one thread": lambda: gate.inbox.pending(first[0].thread_id, limit=PAGE),
            "how many wait behind it": lambda: gate.inbox.count(after=first[-1].id),
        }
        found = {name: percentiles(_timed(ask, rounds)) for name, ask in asks.items()}
        waiting = gate.inbox.count()
    return {"pending": waiting, "page": len(first), "reads": found, "rounds": rounds}


def _timed(ask: Callable[[], object], rounds: int) -> list[float]:
    spent: list[float] = []
    ask()
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    return spent


def bars(figures: dict[str, Any]) -> list[Bar]:
    """Say whether the bar is met, by the slower of two pages, with as many that wait."""
    reads = figures["reads"]
    figure = max(reads[name]["p95_ms"] for name in ("the first page", "the page behind it"))
    bar = at_most(f"ms at p95 for a page of {PENDING:,} pending calls", figure, PAGE_MS)
    return [{**bar, "met": bar["met"] and figures["pending"] >= PENDING}]


def markdown(figures: dict[str, Any]) -> list[str]:
    """Write the table."""
    rows = [
        f"| {name} | {one['p50_ms']} | {one['p95_ms']} | {one['p99_ms']} |"
        for name, one in figures["reads"].items()
    ]
    head = f"| {figures['pending']:,} wait | p50 | p95 | p99 |"
    return [WHAT, head, "|---|---|---|---|", *rows, ""]
