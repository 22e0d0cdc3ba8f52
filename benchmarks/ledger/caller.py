"""Call: one process that takes calls for as long as it is told.

`python -m benchmarks.ledger.caller` gets a JSON line of what to open and says `ready`. Then it gets
lines with seconds, for each takes calls for so long, and prints how it went.
"""

import contextlib
import json
import sys
import threading
import time
from typing import Any, TextIO

from benchmarks.ledger.contenders import Contender, Place, open_contender

WARM_UP: int = 5
"""Calls of each thread that are taken before it says that it is ready."""


def main(asked: TextIO, said: TextIO) -> None:
    """Take calls as the lines of `asked` say."""
    wanted = json.loads(asked.readline())
    contender = open_contender(wanted["contender"], Place(**wanted["place"]))
    number, threads = wanted["number"], wanted["threads"]
    for at in range(WARM_UP):
        contender.call(f"warm-{number}-{at}")
    contender.rest()
    print("ready", file=said, flush=True)
    for window, line in enumerate(asked):
        found = taken(contender, f"{number}-{window}", threads, float(line))
        contender.rest()
        print(json.dumps(found), file=said, flush=True)


def taken(contender: Contender, name: str, threads: int, seconds: float) -> dict[str, Any]:
    """Take calls in threads for `seconds`; return calls a second and each call's milliseconds."""
    spent: list[list[float]] = [[] for _ in range(threads)]
    began = time.perf_counter()

    def take(mine: int) -> None:
        while (start := time.perf_counter()) < began + seconds:
            contender.call(f"{name}-{mine}-{len(spent[mine])}")
            spent[mine].append((time.perf_counter() - start) * 1000)

    running = [threading.Thread(target=take, args=(mine,)) for mine in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    ms = [one for each in spent for one in each]
    return {"calls_s": len(ms) / (time.perf_counter() - began), "ms": ms}


if __name__ == "__main__":
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # what a peer prints is no answer
        main(sys.stdin, answers)
