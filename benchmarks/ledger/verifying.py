"""Verify: a record of a million entries, from its first hash to its last state.

The ledger is made first, by the steps that make every call; what is timed is `interlock audit
verify` in a process of its own, as its users start it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.ledger.crews import ROOT
from benchmarks.ledger.figures import Bar, at_most

ENTRIES: Final = 1_000_000
SECONDS: Final = 60
"""Checking a million entries takes at most so long."""

WHAT: Final = (
    "`interlock audit verify` of a SQLite ledger: every hash, chain and transition, the tree with "
    "its signed heads, and each call, request and run compared with what its entries say. Memory "
    "is the process's greatest resident size.\n"
)

_SHOWN: Final = ("entries", "calls", "checkpoints", "file_mb", "seconds", "cpu_s", "peak_mb")

_CHILD: Final = """
import json, resource, sys, time
from pathlib import Path
from interlock import Gate
began, worked = time.perf_counter(), time.process_time()
with Gate.open(None, ledger=sys.argv[1], state=Path(sys.argv[2])) as gate:
    found = gate.audit.verify()
print(json.dumps({
    "ok": found.ok, "entries": found.entries, "calls": found.calls,
    "checkpoints": found.checkpoints,
    "seconds": round(time.perf_counter() - began, 1),
    "cpu_s": round(time.process_time() - worked, 1),
    "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
}))
"""


def measure(folder: Path, entries: int, told: Callable[[int], object]) -> dict[str, Any]:
    """Make the ledger where there is none yet, and verify it."""
    from benchmarks.ledger import generate
    from interlock import Gate
    from interlock.ledger.sealing import seal

    file = folder / "ledger.db"
    url, made_s = f"sqlite:///{file}", None
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        began = time.perf_counter()
        generate.allowed(url, folder, -(-entries // generate.ENTRIES), told)
        with Gate.open(None, ledger=url, state=folder) as gate:
            seal(gate.ledger)
        made_s = round(time.perf_counter() - began)
    child = [sys.executable, "-c", _CHILD, url, str(folder)]
    done = subprocess.run(child, cwd=ROOT, capture_output=True, text=True, check=True)
    return {**json.loads(done.stdout), "made_s": made_s, "file_mb": file.stat().st_size // 2**20}


def bars(figures: dict[str, Any]) -> list[Bar]:
    """Say whether the bar is met, on a record that is as long and is right."""
    right = figures["ok"] and figures["entries"] >= ENTRIES
    bar = at_most(f"seconds to verify {ENTRIES:,} entries", figures["seconds"], SECONDS)
    return [{**bar, "met": bar["met"] and right}]


def markdown(figures: dict[str, Any]) -> list[str]:
    """Write the table."""
    return [
        WHAT,
        "| entries | calls | checkpoints | file MB | seconds | CPU seconds | peak memory MB |",
        "|---|---|---|---|---|---|---|",
        f"| {' | '.join(f'{figures[name]:,}' for name in _SHOWN)} |\n",
    ]
