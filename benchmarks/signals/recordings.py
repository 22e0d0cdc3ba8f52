"""Recordings: agent runs that others made, read from a folder that is given."""

import gzip
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "INTERLOCK_BENCH_DATA"
AGENTDYN: Final = "agentdyn/traces_shopping_github.jsonl.gz"
AGENTDOJO: Final = ("agentdojo/tasks.jsonl", "agentdojo/ground_truth_calls.jsonl")
TAU: Final = "tau/traces.jsonl.gz"


def parser(about: str) -> ArgumentParser:
    """Return the options that every one of these benchmarks has."""
    options = ArgumentParser(description=about)
    options.add_argument("--data", default=os.environ.get(VARIABLE), help=f"else {VARIABLE}")
    return options


def rows(options: Namespace, name: str) -> list[dict[str, Any]]:
    """Read one file of the data; ends the program where it is not there."""
    if not options.data:
        sys.exit(f"no data: give --data FOLDER or set {VARIABLE}; see benchmarks/signals/README.md")
    path = Path(options.data) / name
    if not path.is_file():
        sys.exit(f"`{name}` is not in the data folder; see benchmarks/signals/README.md")
    return list(_lines(path))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    text = path.read_bytes()
    if path.suffix == ".gz":
        text = gzip.decompress(text)
    return (json.loads(line) for line in text.splitlines())


def folds(groups: set[str], count: int = 5) -> dict[str, int]:
    """Deal groups out to folds, in the order of their names, shorter ones first."""
    ordered = sorted(groups, key=lambda group: (len(group), group))
    return {group: at % count for at, group in enumerate(ordered)}
