"""Measure the record and agreement: `python -m benchmarks.signals.confidence --data DIR`.

Calls are the executed writes of recorded tau runs. One is right when it is an action of the ground
truth, or its run ended in the state, or with the reward, that the benchmark wants. No call is
judged by what was learned from its own task.
"""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import machine
from benchmarks.signals import recordings
from benchmarks.signals.ranking import ranked
from interlock.signals.agreement import SampledCall, agreement
from interlock.signals.calibration import (
    Judged,
    brier,
    calibrated,
    ece,
    reliability,
    threshold,
)
from interlock.signals.record import LONE, TrackRecord

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
COMMAND: Final = "uv run python -m benchmarks.signals.confidence"
TOOLS: Final = "tau/tau2_tools.jsonl"
DOMAINS: Final = ("airline", "retail", "telecom")
DEALS: Final = 20
"""Ways to deal tasks out to folds, beside the order of their names."""
ERRORS: Final = (0.05, 0.1, 0.2)
"""Wanted error rates for which a threshold is suggested."""


class Write(NamedTuple):
    """One executed call that changed something."""

    domain: str
    agent: str
    task: str
    run: str
    call: SampledCall
    right: bool


def writes(runs: list[dict[str, Any]], tools: list[dict[str, Any]]) -> list[Write]:
    """Find the executed writes of runs; those of an implausible submission are left out."""
    writing = {(t["domain"], t["tool"]) for t in tools if t["type"] == "WRITE"}
    return [
        Write(
            domain=run["domain"],
            agent=f"{run['model']} on {run['domain']}",
            task=f"{run['domain']} {run['task_id']}",
            run=run["trace_id"],
            call=(call["tool"], call["args"]),
            right=_right(run, call),
        )
        for run in runs
        if run["domain"] in DOMAINS and "adaptive" not in run["source"]
        for call in run["calls"]
        if (run["domain"], call["tool"]) in writing
        and call.get("requestor", "assistant") in {"assistant", None}
        and not failed(call)
    ]


def failed(call: dict[str, Any]) -> bool:
    """Tell whether a tool answered with an error."""
    return bool(call.get("error")) or str(call.get("result", "")).startswith("Error")


def _right(run: dict[str, Any], call: dict[str, Any]) -> bool:
    return bool(call["in_ground_truth"] or run.get("db_match") or run.get("reward") == 1.0)


def dealt(tasks: set[str], deal: int | None) -> dict[str, int]:
    """Deal tasks out to five folds: by name, or shuffled."""
    if deal is None:
        return recordings.folds(tasks)
    ordered = sorted(tasks)
    random.Random(deal).shuffle(ordered)  # noqa: S311 - an order, no secret
    return {task: at % 5 for at, task in enumerate(ordered)}


def judged_by_record(
    found: Sequence[Write], deal: int | None, unseen: float | None = None
) -> list[Judged]:
    """Judge each write by a record of other tasks.

    An agent that was never seen has no confidence: its writes are left out, or taken for `unseen`.
    """
    fold = dealt({write.task for write in found}, deal)
    out: list[Judged] = []
    for number in range(5):
        record = TrackRecord()
        for write in found:
            if fold[write.task] != number:
                record.learn(write.agent, write.call[0], right=write.right)
        for write in found:
            if fold[write.task] == number:
                said = record.confidence(write.agent, write.call[0])
                said = unseen if said is None else said
                if said is not None:
                    out.append(Judged(said, write.right))
    return out


def judged_by_agreement(runs: list[dict[str, Any]], found: Sequence[Write]) -> dict[str, Judged]:
    """Judge each write by how many other trials of its task made the same call."""
    trials: dict[str, dict[str, list[SampledCall]]] = {}
    for run in runs:
        calls = [(call["tool"], call["args"]) for call in run["calls"]]
        trials.setdefault(f"{run['domain']} {run['task_id']}", {})[run["trace_id"]] = calls
    out: dict[str, Judged] = {}
    for number, write in enumerate(found):
        others = [calls for run, calls in trials[write.task].items() if run != write.run]
        agreed = agreement(write.call, others)
        if agreed is not None:
            out[f"{number} {write.task}"] = Judged(agreed.confidence_0_1, write.right)
    return out


def after(judged: dict[str, Judged], deal: int | None) -> list[Judged]:
    """Calibrate by tables learned from other tasks."""
    tasks = {name: name.split(" ", 1)[1] for name in judged}
    fold = dealt(set(tasks.values()), deal)
    out: list[Judged] = []
    for number in range(5):
        others = [each for name, each in judged.items() if fold[tasks[name]] != number]
        table = calibrated(others)
        assert table is not None
        mine = [each for name, each in judged.items() if fold[tasks[name]] == number]
        out += [Judged(table.worth(each.said_0_1), each.right) for each in mine]
    return out


def figures_of(judged: Sequence[Judged]) -> dict[str, Any]:
    """Measure one list of judged calls."""
    right = [each.said_0_1 for each in judged if each.right]
    wrong = [each.said_0_1 for each in judged if not each.right]
    top = sorted(judged, key=lambda each: -each.said_0_1)[: len(judged) // 2]
    return {
        "calls": len(judged),
        "auroc": round(ranked(wrong, right).auroc, 3),
        "ece": round(ece(judged), 3),
        "brier": round(brier(judged), 3),
        "top_half_right": round(sum(each.right for each in top) / len(top), 3),
    }


def dealt_anew(measure: Callable[[int | None], list[Judged]]) -> dict[str, Any]:
    """Measure with folds by name, and say how far other deals lie apart."""
    first = figures_of(measure(None))
    others = [figures_of(measure(deal)) for deal in range(DEALS)]
    spread = {
        f"{name}_deals": [
            min(o[name] for o in others),
            round(sum(o[name] for o in others) / DEALS, 3),
            max(o[name] for o in others),
        ]
        for name in ("auroc", "ece")
    }
    return first | spread


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures."""
    options = recordings.parser(__doc__ or "").parse_args(arguments)
    runs = recordings.rows(options, recordings.TAU)
    figures = measured(runs, recordings.rows(options, TOOLS))
    figures["conditions"] = machine.conditions(COMMAND)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "signals_confidence.json").write_text(text + "\n", encoding="utf-8")
    page = markdown(figures)
    (RESULTS / "signals_confidence.md").write_text(page, encoding="utf-8")
    print(page)
    return 0


def measured(runs: list[dict[str, Any]], tools: list[dict[str, Any]]) -> dict[str, Any]:
    """Measure both sources, with bins and thresholds."""
    found = writes(runs, tools)
    without = [write for write in found if "gpt-oss-120b" not in write.agent]
    sets = {"all agents": found, "without gpt-oss-120b": without}
    sets |= {domain: [w for w in found if w.domain == domain] for domain in DOMAINS}
    sampled_runs = [r for r in runs if r["trace_id"].startswith("tau1/")]
    names = {run["trace_id"] for run in sampled_runs}
    sampled = judged_by_agreement(sampled_runs, [write for write in found if write.run in names])
    judged = judged_by_record(found, None)
    unseen = {
        f"{name}, agents never seen at 0.5": dealt_anew(
            lambda deal, some=sets[name]: judged_by_record(some, deal, LONE)
        )
        for name in ("all agents", "without gpt-oss-120b")
    }
    return {
        "writes": {d: _count([w for w in found if w.domain == d]) for d in DOMAINS},
        "record": {
            name: dealt_anew(lambda deal, some=some: judged_by_record(some, deal))
            for name, some in sets.items()
        }
        | unseen,
        "agreement": {
            "as it is": figures_of(list(sampled.values())),
            "calibrated": dealt_anew(lambda deal: after(sampled, deal)),
        },
        "bins": {
            "record": [_row(each) for each in reliability(judged)],
            "agreement": [_row(each) for each in reliability(list(sampled.values()))],
        },
        "thresholds": {str(rate): _threshold(judged, rate) for rate in ERRORS},
    }


def _count(found: list[Write]) -> dict[str, Any]:
    return {"writes": len(found), "wrong": sum(not write.right for write in found)}


def _row(each: Any) -> dict[str, Any]:  # noqa: ANN401 - a bin
    said, right = each
    interval = [round(right.low, 3), round(right.high, 3)]
    return {"said": round(said, 3), "right": round(right.value, 3), "of": right.of, "95": interval}


def _threshold(judged: Sequence[Judged], rate: float) -> dict[str, Any] | None:
    found = threshold(judged, rate)
    if found is None:
        return None
    return {
        "confidence": round(found.said_0_1, 3),
        "wrong": round(found.wrong.value, 3),
        "wrong_95": [round(found.wrong.low, 3), round(found.wrong.high, 3)],
        "asked": round(found.asked.value, 3),
    }


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    counted = ", ".join(
        f"{domain} {count['writes']} ({count['wrong']} wrong)"
        for domain, count in figures["writes"].items()
    )
    parts = ["# Confidence\n", f"Executed writes of recorded tau runs: {counted}. {_ABOUT}"]
    parts += ["## Record of agent and tool\n", _table(figures["record"])]
    parts += ["## Agreement with three other trials (gpt-4o, airline)\n"]
    parts += [_table(figures["agreement"])]
    for name, rows in figures["bins"].items():
        parts += [f"## Reliability: {name}\n", _bins(rows)]
    parts += ["## Thresholds for a wanted error rate (record)\n", _thresholds(figures)]
    return "\n".join([*parts, machine.markdown(figures["conditions"])])


_ABOUT: Final = (
    "Five folds, no task in two of them; in brackets mean and range over 20 other deals of the "
    "tasks. An agent is a model in a domain; whoever is in no other fold has no record. The "
    "record's one constant was not fitted; the table's prior was chosen before measuring.\n"
)


def _table(rows: dict[str, Any]) -> str:
    head = "| | writes | AUROC | ECE | Brier | right in the surer half |"
    lines = [head, "|---|---|---|---|---|---|"]
    for name, row in rows.items():
        ranks = " | ".join(_figure(row, figure) for figure in ("auroc", "ece"))
        rest = f"{row['brier']:.3f} | {row['top_half_right']:.3f}"
        lines.append(f"| {name} | {row['calls']} | {ranks} | {rest} |")
    return "\n".join(lines) + "\n"


def _figure(row: dict[str, Any], name: str) -> str:
    if f"{name}_deals" not in row:
        return f"{row[name]:.3f}"
    low, mean, high = row[f"{name}_deals"]
    return f"{row[name]:.3f} ({mean:.3f}, {low:.3f}–{high:.3f})"


def _bins(rows: list[dict[str, Any]]) -> str:
    lines = ["| said | right | 95 % interval | calls |", "|---|---|---|---|"]
    for row in rows:
        low, high = row["95"]
        lines.append(
            f"| {row['said']:.2f} | {row['right']:.2f} | {low:.2f}–{high:.2f} | {row['of']} |"
        )
    return "\n".join(lines) + "\n"


def _thresholds(figures: dict[str, Any]) -> str:
    head = "| wanted | confidence at least | wrong above it | asked about |"
    lines = [head, "|---|---|---|---|"]
    for rate, found in figures["thresholds"].items():
        if found is None:
            lines.append(f"| {float(rate):.0%} | none | | |".replace("%", " %"))
            continue
        low, high = found["wrong_95"]
        wrong = f"{found['wrong']:.1%} ({low:.1%}–{high:.1%})"
        cells = f"{found['confidence']:.2f} | {wrong} | {found['asked']:.0%}"
        lines.append(f"| {float(rate):.0%} | {cells} |".replace("%", " %"))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
