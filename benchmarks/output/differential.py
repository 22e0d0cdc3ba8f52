"""Compare: `uv run --extra fast python -m benchmarks.output.differential`.

Findings of made-up texts, ours beside stock Presidio's: type, span, score and order. Half of the
texts are looked at by the recognizers that Presidio enables for English, half by all of ours.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from presidio_analyzer import AnalyzerEngine

from benchmarks import machine
from benchmarks.output.stock import DEFAULTS, analyzer, bare, key
from benchmarks.output.texts import fuzzed
from interlock.detect.engine import Analyzer
from interlock.policy.file.entities import ENTITIES

RESULTS: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
COMMAND: Final = "uv run --extra fast python -m benchmarks.output.differential"
SHOWN: Final = 5
LAW: Final = "texts whose findings differ from stock Presidio's: 0"


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, and with `--write` keep what was counted; 1 when anything differs."""
    options = argparse.ArgumentParser(description="Compare findings with stock Presidio's.")
    options.add_argument("--texts", type=int, default=50_000)
    options.add_argument("--seed", type=int, default=8)
    options.add_argument("--write", action="store_true")
    chosen = options.parse_args(arguments)
    half = chosen.texts // 2
    sets = {"default": (DEFAULTS, chosen.seed), "all": (ENTITIES, chosen.seed + 1)}
    counted = {name: _compared(of, half, seed) for name, (of, seed) in sets.items()}
    mismatches = sum(one["mismatches"] for one in counted.values())
    result: dict[str, Any] = {
        "conditions": machine.conditions(COMMAND),
        "texts": 2 * half,
        "sets": counted,
        "laws": {LAW: {"value": mismatches, "kept": mismatches == 0}},
    }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    if chosen.write:
        (RESULTS / "output_differential.json").write_text(json.dumps(result, indent=1) + "\n")
        (RESULTS / "output_differential.md").write_text(page(result))
    return int(mismatches > 0)


def _compared(entities: tuple[str, ...], texts: int, seed: int) -> dict[str, Any]:
    ours, theirs = Analyzer(entities), analyzer(entities, bare())
    findings = mismatches = 0
    examples: list[str] = []
    for text in fuzzed(texts, seed):
        want = _stock(theirs, text)
        findings += len(want)
        if [key(result) for result in ours.analyze(text, None)] != want:
            mismatches += 1
            examples += [ascii(text)] if len(examples) < SHOWN else []
    return {
        "entities": len(entities), "texts": texts, "seed": seed, "findings": findings,
        "mismatches": mismatches, "examples": examples,
    }  # fmt: skip


def _stock(theirs: AnalyzerEngine, text: str) -> list[tuple[str, int, int, float]]:
    return [key(result) for result in theirs.analyze(text, "en")]


def page(result: dict[str, Any]) -> str:
    """Write the counts as a page."""
    rows = [
        f"| {name} | {one['entities']} | {one['texts']:,} | {one['findings']:,} | "
        f"{one['mismatches']} |"
        for name, one in result["sets"].items()
    ]
    head = [
        "| recognizers | entities | texts | findings | texts that differ |",
        "|---|---|---|---|---|",
    ]
    told = (
        "Random characters, ordinary text changed in places, and tokens in a row; compared are "
        "type, span, score and order of every finding.\n"
    )
    table = "\n".join([*head, *rows])
    taken = machine.markdown(result["conditions"])
    return f"# Findings beside stock Presidio's\n\n{told}\n{table}\n\n{taken}"


if __name__ == "__main__":
    sys.exit(main())
