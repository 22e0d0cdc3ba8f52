"""Replay AgentDojo through the gate: `uv run --extra bench python -m benchmarks.agentdojo`.

No language model: each user task's ground-truth calls are made as they are, alone and with each
injection task's calls put in where a misled model would make them. Utility and attack success are
judged by AgentDojo's own checks on AgentDojo's own environments.
"""

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if not __package__:  # run as a file: its own folder would hide the package `agentdojo`
    sys.path[0] = str(ROOT)

from benchmarks.machine import conditions  # noqa: E402 - after the path is right
from benchmarks.replay import dojo, report  # noqa: E402
from benchmarks.replay.measure import Progress, measure  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = "uv run --extra bench python -m benchmarks.agentdojo"


def main(arguments: list[str] | None = None) -> int:
    """Replay, print and keep the figures; 1 when a law is broken."""
    options = _options(arguments)
    names = options.suite or list(dojo.NAMES)
    told = Progress(sys.stderr)
    suites = {
        name: measure(dojo.DojoSuite(name), ROOT / "policies" / f"agentdojo_{name}", told)
        for name in names
    }
    figures = {
        "conditions": conditions(COMMAND),
        "agentdojo": {"version": dojo.VERSION, "attack": dojo.ATTACK},
        "complete": set(names) == set(dojo.NAMES),
        "suites": suites,
        "overall": report.overall(suites),
    }
    table = report.markdown(figures)
    if figures["complete"]:
        _keep(json.dumps(figures, indent=1, ensure_ascii=False), table)
    print(json.dumps(figures, ensure_ascii=False) if options.json else table)
    for line in (broken := report.broken(figures)):
        print(f"broken: {line}", file=sys.stderr)
    return 1 if broken else 0


def _keep(text: str, table: str) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "agentdojo.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "agentdojo.md").write_text(table, encoding="utf-8")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.agentdojo", description=__doc__)
    parser.add_argument(
        "--suite",
        action="append",
        choices=dojo.NAMES,
        help="play only this suite (repeatable); results are kept only when all four are played",
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
