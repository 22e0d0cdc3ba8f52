"""Simulate all parts, or those named: `python -m benchmarks.autonomy [PART…] [--write]`."""

import json
from argparse import ArgumentParser
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from benchmarks import machine
from benchmarks.autonomy import audit, drift, promotion

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
COMMAND: Final = "nice -n 10 uv run python -m benchmarks.autonomy"
PARTS: Final[dict[str, ModuleType]] = {"promotion": promotion, "drift": drift, "audit": audit}
RUNS: Final = 2000


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep the figures where asked to, and say whether all laws hold."""
    options = ArgumentParser(description=__doc__)
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options.add_argument("--runs", type=int, default=RUNS, help=f"{RUNS:,} when not given")
    options.add_argument("--write", action="store_true", help="replace the committed results")
    given = options.parse_args(arguments)
    if unknown := set(given.parts) - PARTS.keys():
        options.error(f"no such part: {', '.join(sorted(unknown))}")
    held = [measure(part, given.runs, write=given.write) for part in given.parts or PARTS]
    return 0 if all(held) else 1


def measure(part: str, runs: int, *, write: bool) -> bool:
    """Measure one part; tell whether its laws hold."""
    figures = PARTS[part].measured(runs)
    command = f"{COMMAND} {part}" + (f" --runs {runs}" if runs != RUNS else "")
    figures["conditions"] = machine.conditions(command)
    page = markdown(part, figures)
    print(page)
    if write:
        text = json.dumps(figures, indent=1, ensure_ascii=False)
        (RESULTS / f"autonomy_{part}.json").write_text(text + "\n", encoding="utf-8")
        (RESULTS / f"autonomy_{part}.md").write_text(page, encoding="utf-8")
    return bool(PARTS[part].kept(figures))


def markdown(part: str, figures: dict[str, Any]) -> str:
    """Write one part's page."""
    tables: str = PARTS[part].markdown(figures)
    return f"{tables}\n{machine.markdown(figures['conditions'])}"


if __name__ == "__main__":
    raise SystemExit(main())
