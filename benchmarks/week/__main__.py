"""Simulate weeks at the review desk: `uv run python -m benchmarks.week`.

Each week is played in a process of its own, through the real gate, ledger and inbox over a SQLite
file, with a clock that jumps from event to event. The same seed gives the same requests with and
without the controls.
"""

import argparse
import json
import multiprocessing
import os
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import Any, Final

from benchmarks import machine
from benchmarks.desk.kept import keep, parsed
from benchmarks.week.arms import ARMS, USUAL_ARMS, one
from benchmarks.week.figures import Figures
from benchmarks.week.page import bars, markdown, pictures
from benchmarks.week.traffic import ASKS, FLOOD

COMMAND: Final = "uv run python -m benchmarks.week"
SIZES: Final[Mapping[str, Any]] = {
    "seeds": 3, "asks": ASKS, "flood": FLOOD, "arms": [*USUAL_ARMS],
}  # fmt: skip
"""Options of a full run."""


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and with `--write` keep the figures; 1 where a law does not hold."""
    options = _options(arguments)
    begun, before = time.monotonic(), round(os.getloadavg()[0], 1)
    weeks: dict[str, dict[str, Figures]] = {arm: {} for arm in options.arms}
    for arm, seed, found in _played(weeks, options):
        weeks[arm][seed] = found
        if sys.stderr.isatty():
            print(f"{time.monotonic() - begun:5.0f} s  {arm}, seed {seed}", file=sys.stderr)
    in_order = {arm: dict(sorted(each.items())) for arm, each in weeks.items()}
    took = round(time.monotonic() - begun)
    conditions = machine.conditions(f"{COMMAND} {_said(options)}".strip())
    found = {
        "asks": options.asks, "flood": options.flood, "weeks": in_order,
        "conditions": conditions | {"load_before": before, "took_s": took},
    }  # fmt: skip
    if options.write:
        keep("desk_week", found, markdown(found), pictures(found))
    print(json.dumps(found, ensure_ascii=False) if options.json else markdown(found))
    return 0 if all(bar["met"] for bar in bars(found)) else 1


def _played(
    weeks: Mapping[str, object], options: argparse.Namespace
) -> Iterator[tuple[str, str, Figures]]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, spawn, max_tasks_per_child=1) as pool:
        under_way: dict[Future[Figures], tuple[str, int]] = {
            pool.submit(one, arm, seed, options.asks, options.flood, options.folder): (arm, seed)
            for seed in range(1, options.seeds + 1)
            for arm in weeks
            if seed <= (ARMS[arm].seeds or seed)
        }
        for done in as_completed(under_way):
            arm, seed = under_way[done]
            yield arm, str(seed), done.result()


def _said(options: argparse.Namespace) -> str:
    """Write the options that are not the usual ones; a full run has none."""
    words: list[str] = []
    for name, usual in SIZES.items():
        value = getattr(options, name)
        if value != usual:
            words += [f"--{name}", *map(str, value if name == "arms" else (value,))]
    return shlex.join(words)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.week", description=__doc__)
    parser.add_argument("--seeds", type=int, help="weeks of each arm (3)")
    parser.add_argument("--asks", type=int, help=f"requests in a week ({ASKS})")
    parser.add_argument("--flood", type=int, help=f"and of the flood ({FLOOD})")
    parser.add_argument("--arms", nargs="+", choices=[*ARMS], help="others than the usual four")
    parser.add_argument("--jobs", type=int, default=2, help="weeks at once (2)")
    parser.add_argument("--folder", help="where ledgers lie")
    parser.set_defaults(**SIZES)
    return parsed(parser, arguments, [*SIZES])


if __name__ == "__main__":
    raise SystemExit(main())
