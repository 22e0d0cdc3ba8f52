"""Measure the ledger: `uv run --extra bench python -m benchmarks.ledger [PART…]`.

Parts: `calls` (allowed calls a second on both databases), `appends` (what chains cost a log that
many write), `verify` (a million entries checked), `inbox` (a page of a long queue). Each writes its
figures beside the others' and exits 1 when a bar is missed.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
if not __package__:
    sys.path[0] = str(ROOT)

from benchmarks import machine  # noqa: E402 - after the path is right
from benchmarks.ledger import appends, calls, inbox, verifying  # noqa: E402
from benchmarks.ledger.figures import Bar  # noqa: E402
from benchmarks.ledger.servers import serving  # noqa: E402
from benchmarks.policy.plot import svg  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = "uv run --extra bench python -m benchmarks.ledger"


class Part(NamedTuple):
    """One thing that is measured."""

    title: str
    measure: Callable[[Path, argparse.Namespace], dict[str, Any]]
    bars: Callable[[dict[str, Any]], list[Bar]]
    markdown: Callable[[dict[str, Any]], list[str]]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures; 1 when a bar is missed."""
    options = _options(arguments)
    missed = [bar for name in options.parts or PARTS for bar in _measured(name, options)]
    for bar in missed:
        print(f"broken: {bar['law']}, measured {bar['figure']:g}", file=sys.stderr)
    return 1 if missed else 0


def _measured(name: str, options: argparse.Namespace) -> list[Bar]:
    """Measure one part, keep its figures, and return the bars that it missed."""
    before = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        figures = PARTS[name].measure(options.keep or Path(made), options)
    bars = PARTS[name].bars(figures)
    load = {"shared": options.shared, "load_before": before}
    figures |= {"bars": bars, "conditions": machine.conditions(f"{COMMAND} {name}") | load}
    keep(name, figures)
    print(json.dumps(figures, ensure_ascii=False) if options.json else markdown(name, figures))
    return [bar for bar in bars if not bar["met"]]


def keep(name: str, figures: dict[str, Any]) -> None:
    """Write the figures, their page, and a picture of calls a second."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / f"ledger_{name}.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / f"ledger_{name}.md").write_text(markdown(name, figures), encoding="utf-8")
    for database in figures.get("databases", ()):
        place = RESULTS / calls.PICTURE.format(database.lower())
        place.write_text(picture(figures, database), encoding="utf-8")


def picture(figures: dict[str, Any], database: str) -> str:
    """Draw calls a second over callers."""
    lines = calls.lines(figures, database)
    return svg(f"{database}: calls a second", lines, unit="a second", size="callers")


def markdown(name: str, figures: dict[str, Any]) -> str:
    """Write one part's page."""
    conditions = figures["conditions"]
    shared = ", shared with other work" if conditions["shared"] else ""
    load = f"load {conditions['load_before']:g} before it began{shared}.\n"
    bars = [
        f"Bar: {bar['law']}: {bar['figure']:g}, {'met' if bar['met'] else '**missed**'}.\n"
        for bar in figures["bars"]
    ]
    head = [f"# {PARTS[name].title}\n", machine.markdown(conditions).rstrip() + "  ", load]
    return "\n".join([*head, *bars, *PARTS[name].markdown(figures)])


def _calls(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    with serving() as server:
        figures = calls.measure(folder, server, options.rounds, options.seconds)
        return {**figures, "postgresql": server.version}


def _appends(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    with serving() as server:
        figures = appends.measure(folder, server, options.rounds, options.seconds)
        return {**figures, "postgresql": server.version}


def _verify(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    return verifying.measure(folder / "verify", options.entries, _told("calls made"))


def _inbox(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    return inbox.measure(folder / "inbox", options.pending, options.reads, _told("calls asked"))


PARTS: Final[dict[str, Part]] = {
    "calls": Part("What an allowed call costs many callers", _calls, calls.bars, calls.markdown),
    "appends": Part("What chains cost the log", _appends, appends.bars, appends.markdown),
    "verify": Part("A long record verified", _verify, verifying.bars, verifying.markdown),
    "inbox": Part("A page of a long queue", _inbox, inbox.bars, inbox.markdown),
}


def _told(what: str) -> Callable[[int], object]:
    """Show progress on a terminal; say nothing in a pipe."""

    def told(count: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{count:,} {what}", end="", file=sys.stderr, flush=True)

    return told


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.ledger", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help="all")
    parser.add_argument("--rounds", type=int, default=5, help="windows of each crew (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a window (2)")
    parser.add_argument("--reads", type=int, default=200, help="reads of each page (200)")
    parser.add_argument("--entries", type=int, default=verifying.ENTRIES, help="to verify")
    parser.add_argument("--pending", type=int, default=inbox.PENDING, help="calls that wait")
    parser.add_argument("--folder", type=Path, help="where databases lie; a real disk")
    parser.add_argument("--keep", type=Path, help="keep, and use again, what is generated here")
    parser.add_argument("--shared", action="store_true", help="note that the machine was shared")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
