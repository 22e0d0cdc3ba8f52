"""Measure retries: `python -m benchmarks.signals.retries --data DIR`.

How often runs in which a count reached a threshold succeeded, beside the other runs of the same
agents: benign runs of AgentDyn, and tau runs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import machine
from benchmarks.signals import recordings
from benchmarks.signals.confidence import failed
from interlock.intervals import share
from interlock.signals.observation import Observation, observe
from interlock.signals.retries import Attempt, Retries, retries

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
COMMAND: Final = "uv run python -m benchmarks.signals.retries"
KEY: Final = b"of the benchmark"
THRESHOLDS: Final = (1, 2, 3, 4)
COUNTS: Final = ("retry_count", "same", "after_error", "rounds", "error_streak")
PARTS: Final = {
    "development: AgentDyn shopping, tau retail": {"shopping", "retail"},
    "rest: AgentDyn github, tau airline and telecom": {"github", "airline", "telecom"},
}


class Played(NamedTuple):
    """One run: the most that each count reached, and whether it did its task."""

    part: str
    most: Retries
    succeeded: bool


def played(runs: list[dict[str, Any]]) -> Iterator[Played]:
    """Follow each run call by call."""
    for run in runs:
        succeeded = run["utility"] if "utility" in run else run["reward"] == 1.0
        most = [0] * len(Retries._fields)
        earlier: list[Attempt] = []
        for call in run["calls"]:
            seen = observe(call["tool"], call["args"], KEY)
            if isinstance(seen, Observation):
                most = [max(pair) for pair in zip(most, retries(seen, earlier), strict=True)]
                earlier.append(Attempt(seen, "failed" if failed(call) else "done"))
        if earlier and isinstance(succeeded, bool):
            trailing = retries(earlier[-1].call, earlier).error_streak
            most[-1] = max(most[-1], trailing)
            yield Played(run.get("suite") or run["domain"], Retries(*most), succeeded)


def figures_of(found: list[Played]) -> list[dict[str, Any]]:
    """Compare runs at or over each threshold with the others."""
    rows: list[dict[str, Any]] = []
    for count in COUNTS:
        for threshold in THRESHOLDS:
            flagged = [e.succeeded for e in found if getattr(e.most, count) >= threshold]
            others = [e.succeeded for e in found if getattr(e.most, count) < threshold]
            if flagged and others:
                rows.append({"count": count, "at_least": threshold} | _compared(flagged, others))
    return rows


def _compared(flagged: list[bool], others: list[bool]) -> dict[str, Any]:
    of, rest = share(sum(flagged), len(flagged)), share(sum(others), len(others))
    return {
        "flagged": len(flagged),
        "share": round(len(flagged) / (len(flagged) + len(others)), 3),
        "succeeded": round(of.value, 3),
        "succeeded_95": [round(of.low, 3), round(of.high, 3)],
        "others_succeeded": round(rest.value, 3),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures."""
    options = recordings.parser(__doc__ or "").parse_args(arguments)
    runs = [
        run for run in recordings.rows(options, recordings.AGENTDYN) if not run["is_attack_run"]
    ]
    runs += [
        run
        for run in recordings.rows(options, recordings.TAU)
        if "adaptive" not in run["source"] and run["reward"] is not None
    ]
    found = list(played(runs))
    figures: dict[str, Any] = {
        name: figures_of([each for each in found if each.part in parts])
        for name, parts in PARTS.items()
    }
    figures["whole"] = figures_of(found)
    figures["conditions"] = machine.conditions(COMMAND)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "signals_retries.json").write_text(text + "\n", encoding="utf-8")
    page = markdown(figures)
    (RESULTS / "signals_retries.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    parts = [
        "# Retries\n",
        "Runs in which a count reached a threshold, and how many did their task.\n",
    ]
    for name in (*PARTS, "whole"):
        lines = [f"## {name[0].upper()}{name[1:]}\n"]
        lines.append("| count | runs | succeeded (95 %) | the others |")
        lines.append("|---|---|---|---|")
        for row in figures[name]:
            low, high = row["succeeded_95"]
            runs = f"{row['flagged']} ({row['share']:.1%})".replace("%", " %")
            well = f"{row['succeeded']:.2f} ({low:.2f}–{high:.2f})"
            label = f"`{row['count']}` ≥ {row['at_least']}"
            lines.append(f"| {label} | {runs} | {well} | {row['others_succeeded']:.2f} |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join([*parts, machine.markdown(figures["conditions"])])


if __name__ == "__main__":
    raise SystemExit(main())
