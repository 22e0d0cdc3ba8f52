"""Time: `uv run --extra fast --extra notebook python -m benchmarks.output.speed`.

Ours beside stock Presidio over the same texts in one run, in turns, by the processor's time: the
pattern recognizers alone, and with context words (stock on spaCy's blank tokenizer, as ours).
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import geometric_mean, median
from typing import Any, Final, NamedTuple

from benchmarks import machine
from benchmarks.output.stock import DEFAULTS, analyzer, bare
from benchmarks.output.texts import KINDS, text
from interlock.detect.context import Members, tokenizer
from interlock.detect.engine import Analyzer
from interlock.detect.joined import Joined
from interlock.detect.presidio import PresidioEntities
from interlock.path.inspection import Located

RESULTS: Final = Path(__file__).resolve().parents[2] / "benchmarks" / "results"
COMMAND: Final = "uv run --extra fast --extra notebook python -m benchmarks.output.speed"
SIZES: Final = (200, 2_000, 20_000, 200_000, 1_000_000, 10_000_000)
BAR_SIZES: Final = (2_000, 20_000, 200_000)
STOCK_TO: Final = {"patterns": 200_000, "context": 20_000}
"""Largest text that stock Presidio is given, characters; with context its time grows squared."""
BAR: Final = 10.0
MEMORY_MB: Final = 150.0
LINEAR: Final = 2.0
"""How much more a character may cost at 10 MB than at 200 kB."""


class Row(NamedTuple):
    """One text: milliseconds of each, medians."""

    mode: str
    kind: str
    chars: int
    ours_ms: float
    portable_ms: float | None
    stock_ms: float | None
    ratio: float | None


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and with `--write` keep the figures; 1 when a bar is missed."""
    options = argparse.ArgumentParser(description="Time findings beside stock Presidio.")
    options.add_argument("--write", action="store_true")
    options.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    chosen = options.parse_args(arguments)
    rows = [row for size in chosen.sizes for row in _rows(size)]
    result = {
        "conditions": machine.conditions(COMMAND),
        "rows": [row._asdict() for row in rows],
        "parts_ms": _parts(),
        "laws": laws(rows) | (_memory() if SIZES[-1] in chosen.sizes else {}),
    }
    sys.stdout.write(page(result) + "\n")
    if chosen.write:
        (RESULTS / "output_speed.json").write_text(json.dumps(result, indent=1) + "\n")
        (RESULTS / "output_speed.md").write_text(page(result))
        _plot(rows, RESULTS / "output_speed.svg")
    return int(not all(law["kept"] for law in result["laws"].values()))


def _rows(size: int) -> list[Row]:
    ours, portable = Analyzer(DEFAULTS), _portable()
    engines = {"patterns": bare(), "context": tokenizer()}
    stocks = {mode: analyzer(DEFAULTS, engine) for mode, engine in engines.items()}
    rows: list[Row] = []
    for kind in KINDS:
        content = text(kind, size)
        located = (Located(("response",), content),)
        members = Members(Joined(located), located)
        for mode in stocks:
            given = members if mode == "context" else None
            runs = {"ours": lambda c=content, g=given: ours.analyze(c, g)}
            if size <= STOCK_TO["patterns"]:
                runs["portable"] = lambda c=content, g=given: portable.analyze(c, g)
            if size <= STOCK_TO[mode]:
                runs["stock"] = lambda c=content, m=mode: stocks[m].analyze(c, "en")
            rows.append(_row(mode, kind, size, _timed(runs, 1 if size >= 200_000 else 3)))
            sys.stderr.write(f"{rows[-1]}\n")
    return rows


def _row(mode: str, kind: str, size: int, spent: dict[str, float]) -> Row:
    stock, portable = spent.get("stock"), spent.get("portable")
    ratio = round(stock / spent["ours"], 1) if stock else None
    return Row(mode, kind, size, spent["ours"], portable, stock, ratio)


def _timed(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Run each in turn, after one short warm-up outside; milliseconds of the processor."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            began = time.process_time()
            run()
            taken[name].append(1000 * (time.process_time() - began))
    return {name: round(median(one), 3) for name, one in taken.items()}


def _portable() -> Analyzer:
    """Return an analyzer as it is where Hyperscan is not installed."""
    built = Analyzer(DEFAULTS)
    built.__dict__["_prefilter"] = None
    return built


def _parts() -> dict[str, float]:
    """Say where the time of 200 kB of dense text goes, by recognizer, milliseconds."""
    content = text("dense", 200_000)
    parts: dict[str, float] = {}
    for entity in DEFAULTS:
        one = Analyzer([entity])
        one.analyze(content[:2_000], None)
        parts[entity] = _timed({entity: lambda a=one: a.analyze(content, None)}, 1)[entity]
    return dict(sorted(parts.items(), key=lambda item: -item[1]))


def laws(rows: list[Row]) -> dict[str, dict[str, Any]]:
    """Return each bar of the timings with its figure and whether it is kept."""
    found: dict[str, dict[str, Any]] = {}
    for mode in STOCK_TO:
        ratios = [
            r.ratio for r in rows if r.mode == mode and r.chars in BAR_SIZES and r.ratio is not None
        ]
        for name, value in (("geometric mean", geometric_mean(ratios)), ("least", min(ratios))):
            law = f"{mode}: {name} of times as fast as stock, 2 kB to 200 kB: at least {BAR:g}"
            found[law] = {"value": round(value, 1), "kept": value >= BAR}
    if any(row.chars == SIZES[-1] for row in rows):
        worst = max(_growth(rows, kind) for kind in KINDS)
        law = f"times the cost of a character at 10 MB as at 200 kB: at most {LINEAR:g}"
        found[law] = {"value": round(worst, 2), "kept": worst <= LINEAR}
    return found


def _growth(rows: list[Row], kind: str) -> float:
    spent = {r.chars: r.ours_ms for r in rows if r.kind == kind and r.mode == "context"}
    return spent[10_000_000] / 10_000_000 / (spent[200_000] / 200_000)


def _memory() -> dict[str, dict[str, Any]]:
    """Return by how much a fresh process grows while it looks at 10 MB, at most, as bars."""
    found: dict[str, dict[str, Any]] = {}
    for name, step in (("members of 500 characters", 500), ("one text", SIZES[-1])):
        with ProcessPoolExecutor(1, get_context("spawn"), max_tasks_per_child=1) as pool:
            most = max(pool.map(_grown_mb, KINDS, [step] * len(KINDS)))
        law = f"MB of memory more for 10 MB in {name}: at most {MEMORY_MB:g}"
        found[law] = {"value": most, "kept": most <= MEMORY_MB}
    return found


def _grown_mb(kind: str, step: int) -> float:
    content = text(kind, SIZES[-1])
    PresidioEntities().detect((Located(("response",), content[:2_000]),), frozenset(DEFAULTS))
    starts = range(0, len(content), step)
    texts = tuple(Located(("response", at), content[at : at + step]) for at in starts)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        PresidioEntities().detect(texts, frozenset(DEFAULTS))
    except Exception as error:  # noqa: BLE001 - out of its time: as far as it came
        sys.stderr.write(f"{kind}: {type(error).__name__}\n")
    return round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, 1)


def page(result: dict[str, Any]) -> str:
    """Write the figures as a page."""
    head = (
        "| | text | characters | ours, ms | without Hyperscan, ms | stock, ms | times as fast |\n"
    )
    rows = [
        f"| {r['mode']} | {r['kind']} | {r['chars']:,} | {r['ours_ms']:g} | "
        f"{_or(r['portable_ms'])} | {_or(r['stock_ms'])} | {_or(r['ratio'])} |"
        for r in result["rows"]
    ]
    bars = [
        f"| {law} | {one['value']} | {'kept' if one['kept'] else 'missed'} |"
        for law, one in result["laws"].items()
    ]
    parts = [f"| {entity} | {spent:g} |" for entity, spent in result["parts_ms"].items()]
    return (
        "# Looking at results, beside stock Presidio\n\n"
        "The 17 recognizers that Presidio enables for English; time of the processor. `patterns`: "
        "without a tokenizer; `context`: with context words, which is how results are looked at. "
        "Stock is given texts to 200 kB, with context to 20 kB.\n\n"
        f"{head}|---|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        "| law | figure | |\n|---|---|---|\n" + "\n".join(bars) + "\n\n"
        "Where the time of 200 kB of dense text goes, each recognizer alone:\n\n"
        "| entity | ms |\n|---|---|\n" + "\n".join(parts) + "\n\n"
        f"{machine.markdown(result['conditions'])}"
    )


def _or(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _plot(rows: list[Row], path: Path) -> None:
    """Draw milliseconds over characters, one line a kind of text, stock dashed."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for colour, kind in enumerate(KINDS):
        mine = [r for r in rows if r.kind == kind and r.mode == "patterns"]
        axes.plot([r.chars for r in mine], [r.ours_ms for r in mine], f"C{colour}o-", label=kind)
        theirs = [(r.chars, r.stock_ms) for r in mine if r.stock_ms is not None]
        axes.plot(*zip(*theirs, strict=True), f"C{colour}x--")
    axes.set(xscale="log", yscale="log", xlabel="characters", ylabel="ms")
    axes.legend(title="dashed: stock Presidio")
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    sys.exit(main())
