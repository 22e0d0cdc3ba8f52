"""Time the allow path: `uv run --extra bench python -m benchmarks.allow_path`.

What a call costs that nobody has to be asked about, over calling its tool directly: embedded SQLite
with `synchronous=FULL`, a result of 1 kB, all parts measured in one run in turns; and the same
agent turn with LangChain's own guards beside it.
"""

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[1]
if not __package__:
    sys.path[0] = str(ROOT)

from benchmarks import machine  # noqa: E402 - after the path is right
from benchmarks.pace import call, turn  # noqa: E402
from benchmarks.pace.rounds import over, timed  # noqa: E402
from benchmarks.spread import spread  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = "uv run --extra bench python -m benchmarks.allow_path"
ROUNDS: Final = 300
"""Rounds that count, in a run whose figures are kept."""
WARM_UP: Final = 20
"""Rounds before them that do not."""
LEDGER: Final = "ledger, decide, guard"
BAR: Final = 3.0
"""Ledger, decision and guard take at most this many times two bare durable commits."""


def main(arguments: list[str] | None = None) -> int:
    """Measure and print the figures, keep a usual run's; 1 when the bar is missed."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        if options.profile:
            return _profile(Path(folder), options.rounds)
        figures = measure(Path(folder), options.rounds, options.warm_up)
    figures["conditions"] = machine.conditions(COMMAND)
    table = markdown(figures)
    if options.write or usual(options):
        _keep(json.dumps(figures, indent=1, ensure_ascii=False), table)
    print(json.dumps(figures, ensure_ascii=False) if options.json else table)
    if figures["bar"]["met"]:
        return 0
    print(f"broken: ledger, decide and guard take over {BAR:g} times two commits", file=sys.stderr)
    return 1


def usual(options: argparse.Namespace) -> bool:
    """Tell whether a run is the one that the committed results stand for."""
    return (options.rounds, options.warm_up, options.folder) == (ROUNDS, WARM_UP, None)


def _keep(text: str, table: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "allow_path.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "allow_path.md").write_text(table, encoding="utf-8")


def measure(folder: Path, rounds: int, warm_up: int) -> dict[str, Any]:
    """Time the parts of a call and the agent turns."""
    with call.contenders(folder) as parts:
        spent = timed(parts, rounds, warm_up)
    with turn.contenders(folder) as agents:
        turns = timed(agents, rounds, warm_up)
    return {**call_figures(spent), **turn_figures(turns)}


def call_figures(spent: dict[str, list[float]]) -> dict[str, Any]:
    """Work out what each part adds, and the bar."""
    parts = {
        LEDGER: over(over(spent[call.LEDGER], spent[call.WALK]), spent[call.TOOL]),
        "Presidio and the other detectors": spent[call.INSPECT],
        "LangGraph without a saver": over(spent[call.GRAPH], spent[call.GATED]),
        "LangGraph with the SQLite saver": over(spent[call.SAVED], spent[call.GATED]),
        "all of it, without a saver": over(spent[call.GRAPH], spent[call.TOOL]),
        "all of it, with the SQLite saver": over(spent[call.SAVED], spent[call.TOOL]),
    }
    added = {name: spread(values) for name, values in parts.items()}
    commits = spread(spent[call.COMMITS])
    ratio = round(added[LEDGER]["median"] / commits["median"], 2)
    return {
        "call_ms": {name: spread(values) for name, values in spent.items()},
        "added_ms": added,
        "bar": {"at_most": BAR, "ratio": ratio, "met": ratio <= BAR},
    }


def turn_figures(turns: dict[str, list[float]]) -> dict[str, Any]:
    """Work out the agent turns and how they compare."""
    ms = {name: spread(values) for name, values in turns.items()}
    pairs = {
        "gate over the plain loop": (turn.GATED, turn.LOOP),
        "LangChain's guards over plain create_agent": (turn.MIDDLEWARE, turn.CREATED),
        "gate over LangChain's guards": (turn.GATED, turn.MIDDLEWARE),
    }
    ratios = {
        name: round(ms[one]["median"] / ms[other]["median"], 2)
        for name, (one, other) in pairs.items()
    }
    return {"turn_ms": ms, "turn_ratios": ratios}


def markdown(figures: dict[str, Any]) -> str:
    """Write the tables."""
    return "\n".join(
        [
            "# What an allowed call costs\n",
            "SQLite, WAL, `synchronous=FULL`; a 1 kB result; milliseconds.\n",
            machine.markdown(figures["conditions"]),
            _table("added to the call", figures["added_ms"]),
            _bar(figures["bar"]),
            _table("taken as a whole", figures["call_ms"]),
            "## One agent turn\n",
            "Model, allowed tool call, model; scripted model; each agent with a SQLite saver.\n",
            _table("agent", figures["turn_ms"]),
            *[f"- {name}: {ratio:g} times" for name, ratio in figures["turn_ratios"].items()],
            "",
        ]
    )


def _bar(bar: dict[str, Any]) -> str:
    verdict = "met" if bar["met"] else "**missed**"
    return (
        f"Bar: {LEDGER} at most {bar['at_most']:g} times two bare durable commits: "
        f"{bar['ratio']:g} times, {verdict}.\n"
    )


def _table(head: str, rows: dict[str, Any]) -> str:
    lines = [f"| {head} | median | p95 | n |", "|---|---|---|---|"]
    lines += [f"| {name} | {r['median']} | {r['p95']} | {r['n']} |" for name, r in rows.items()]
    return "\n".join(lines) + "\n"


def _profile(folder: Path, rounds: int) -> int:
    once = call.conducted_only(folder / "profiled")
    for at in range(20):
        once(at)
    profile = cProfile.Profile()
    profile.enable()
    for at in range(20, 20 + rounds):
        once(at)
    profile.disable()
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.allow_path", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds that count ({ROUNDS})")
    parser.add_argument(
        "--warm-up", type=int, default=WARM_UP, help=f"rounds that do not ({WARM_UP})"
    )
    parser.add_argument("--folder", type=Path, help="where the databases lie; a real disk")
    parser.add_argument(
        "--write", action="store_true", help="keep the results of a run with other options, too"
    )
    parser.add_argument("--profile", action="store_true", help="profile the ledger part instead")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
