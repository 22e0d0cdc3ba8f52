"""Time decisions at many sizes: `uv run python -m benchmarks.policy.scale`.

Policies of 100, 1,000 and 10,000 rules of many teams, with globs, tags, facts, signals and `unless`
mixed; each decision checked against an oracle that asks every rule; all sizes in turns. Rules with
`when` are measured apart, and so are loading, memory, and assessing the call.
"""

import argparse
import gc
import json
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
if not __package__:
    sys.path[0] = str(ROOT)

from benchmarks import machine  # noqa: E402 - after the path is right
from benchmarks.policy.calls import assessed, proposed  # noqa: E402
from benchmarks.policy.company import Call, Company, calls, company, expected  # noqa: E402
from benchmarks.spread import spread  # noqa: E402
from interlock.path.assessment import Assessment  # noqa: E402
from interlock.path.decision import decide  # noqa: E402
from interlock.policy.evaluation.compiled import CompiledPolicy  # noqa: E402
from interlock.policy.load import load  # noqa: E402
from interlock.policy.variables import Work  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
COMMAND = "uv run python -m benchmarks.policy.scale"
SIZES: Final = (100, 1_000, 10_000)
WHEN: Final = "args.amount > 100000.0 && agent.id != 'nobody'"
WHENS: Final = 8
"""Rules with an expression that every call reaches, in the policy that measures them."""
LOADS: Final = 3
"""How often a policy is loaded; the fastest counts, as the quietest round does."""
DECISION_US, GROWTH, EXPRESSION_US, LOAD_S = 10.0, 1.5, 6.0, 4.0
"""The bars."""

WHAT: Final = (
    "A company of many teams: rules name tools, topics by globs, agents, environments, tags, facts "
    "and signals, with `unless`; one call in 25 is to a tool that nobody declared, one signal in "
    "33 is missing. Every call is looked up anew: nothing is kept between decisions. Medians and "
    "bars are those of the quietest round, for other work on a machine only ever adds.\n"
)
HEAD: Final = (
    "| rules | tools | decide µs, median | p95 | median of all rounds | assess µs, median "
    "| as the oracle says | MB of YAML | load s |"
)

Ask = tuple[CompiledPolicy, Assessment]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures; 1 when a decision is wrong or a bar is missed."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.calls, options.rounds)
    figures["conditions"] = machine.conditions(COMMAND) | {"shared": options.shared}
    table = markdown(figures)
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "policy_scale.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "policy_scale.md").write_text(table, encoding="utf-8")
    print(json.dumps(figures, ensure_ascii=False) if options.json else table)
    broken = [bar for bar in figures["bars"] if not bar["met"]]
    for bar in broken:
        print(f"broken: {bar['law']}, measured {bar['figure']:g}", file=sys.stderr)
    return 1 if broken else 0


def measure(folder: Path, count: int, rounds: int) -> dict[str, Any]:
    """Load every size, check it against the oracle, time all in turns."""
    sizes: dict[int, dict[str, Any]] = {}
    asks: dict[str, list[Ask]] = {}
    for size in SIZES:
        of, made = company(size), folder / str(size)
        written = of.write(made)
        policy, load_s = min((_loaded(made) for _ in range(LOADS)), key=lambda each: each[1])
        each = calls(of, count)
        asks[str(size)] = [(policy, assessed(policy, call, proposed(call))) for call in each]
        sizes[size] = {
            "load_s": round(load_s, 2),
            "bytes": written,
            "files": len(of.files),
            "tools": len(of.tools),
            "agree": agreeing(of, each, asks[str(size)]),
            "calls": count,
            "assess_us": spread(_assessing(policy, each)),
        }
    asks |= with_expressions(folder, count)
    taken = in_turns(asks, rounds)
    for size in SIZES:
        sizes[size]["decide_us"] = quietest(taken[str(size)])
        sizes[size]["all_rounds_us"] = spread([us for one in taken[str(size)] for us in one])
    sizes[SIZES[-1]]["memory_bytes"] = memory(folder / str(SIZES[-1]))
    with_, without = (quietest(taken[name])["median"] for name in ("when", "no when"))
    expression_us = round((with_ - without) / WHENS, 2)
    return {
        "sizes": {str(size): figures for size, figures in sizes.items()},
        "expression_us": expression_us,
        "bars": bars(sizes, expression_us),
    }


def agreeing(of: Company, each: Sequence[Call], asks: Sequence[Ask]) -> int:
    """Count the calls that are decided as the oracle says, by the rules that it says."""
    decided = [decide(policy, assessment) for policy, assessment in asks]
    return sum(
        (said.kind, said.rules) == expected(of.rules, call)
        for said, call in zip(decided, each, strict=True)
    )


def with_expressions(folder: Path, count: int) -> dict[str, list[Ask]]:
    """Make the smallest size once more, with and without rules whose expression is reached."""
    asks: dict[str, list[Ask]] = {}
    for name, match in (("when", {"when": WHEN}), ("no when", {"tools": ["nobody.calls.this"]})):
        of = company(SIZES[0])
        extra = [{"id": f"w{at}", "match": match, "decision": "deny"} for at in range(WHENS)]
        files = {**of.files, "policy.d/when.yaml": {"rules": extra}}
        made = folder / name.replace(" ", "-")
        replace(of, files=files).write(made)
        policy = load(made)
        each = [call for call in calls(of, count) if call.tags is not None]
        asks[name] = [(policy, assessed(policy, call, proposed(call))) for call in each]
    return asks


def in_turns(asks: dict[str, list[Ask]], rounds: int) -> dict[str, list[list[float]]]:
    """Time every decision in microseconds, all contenders in each round; a list a round.

    Each first decides all its calls untimed: what is compared are sizes, not what the one before
    left in the processor's caches.
    """
    taken: dict[str, list[list[float]]] = {name: [] for name in asks}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, each in asks.items():
                _decisions(each)
                taken[name].append(_decisions(each))
    finally:
        gc.enable()
    return taken


def quietest(rounds: Iterable[Sequence[float]]) -> dict[str, Any]:
    """Return the spread of the round that was disturbed least: other work only ever adds."""
    return min((spread(one) for one in rounds), key=lambda each: each["median"])


def _decisions(asks: Iterable[Ask]) -> list[float]:
    spent: list[float] = []
    for policy, assessment in asks:
        if variables := assessment.subject.variables:
            variables.prepared = None  # what an expression prepared, it prepares for each call
            variables.truths.clear()
            variables.work = Work()
        began = time.perf_counter_ns()
        decide(policy, assessment)
        spent.append((time.perf_counter_ns() - began) / 1000)
    return spent


def _assessing(policy: CompiledPolicy, each: Sequence[Call]) -> list[float]:
    spent: list[float] = []
    for call in each:
        proposal = proposed(call)
        began = time.perf_counter_ns()
        assessed(policy, call, proposal)
        spent.append((time.perf_counter_ns() - began) / 1000)
    return spent


def memory(folder: Path) -> int:
    """Return the bytes that a loaded policy keeps."""
    gc.collect()
    tracemalloc.start()
    try:
        policy = load(folder)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert policy.rules.specific
    return kept


def _loaded(folder: Path) -> tuple[CompiledPolicy, float]:
    began = time.perf_counter()
    policy = load(folder)
    return policy, time.perf_counter() - began


def bars(sizes: dict[int, dict[str, Any]], expression_us: float) -> list[dict[str, Any]]:
    """Say which bars are met."""
    small, *larger = SIZES
    least = sizes[small]["decide_us"]["median"]
    grown = [(size, round(sizes[size]["decide_us"]["median"] / least, 2)) for size in larger]
    return [
        *[
            _bar(
                f"calls of {size:,} rules decided as the oracle says", at["agree"], at["calls"], "="
            )
            for size, at in sizes.items()
        ],
        _bar(f"µs a decision takes at {small:,} rules", least, DECISION_US),
        *[
            _bar(f"times as much at {size:,} rules as at {small:,}", ratio, GROWTH)
            for size, ratio in grown
        ],
        _bar("µs more for each expression that is reached", expression_us, EXPRESSION_US),
        _bar(f"seconds to load {larger[-1]:,} rules", sizes[larger[-1]]["load_s"], LOAD_S),
    ]


def _bar(what: str, figure: float, wanted: float, how: str = "<=") -> dict[str, Any]:
    met = figure == wanted if how == "=" else figure <= wanted
    limit = "all of" if how == "=" else "at most"
    return {"law": f"{what}: {limit} {wanted:g}", "figure": figure, "met": met}


def markdown(figures: dict[str, Any]) -> str:
    """Write the tables."""
    shared = ", shared with other work" if figures["conditions"]["shared"] else ""
    kept = figures["sizes"][str(SIZES[-1])]["memory_bytes"]
    rows = [
        f"| {int(size):,} | {at['tools']:,} | {at['decide_us']['median']} | "
        f"{at['decide_us']['p95']} | {at['all_rounds_us']['median']} | "
        f"{at['assess_us']['median']} | {at['agree']} of {at['calls']} "
        f"| {at['bytes'] / 1e6:.2f} in {at['files']} files | {at['load_s']} |"
        for size, at in figures["sizes"].items()
    ]
    return "\n".join(
        [
            "# What a decision takes as the policy grows\n",
            WHAT,
            machine.markdown(figures["conditions"]).rstrip() + shared + "\n",
            HEAD,
            "|---|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            f"- Each candidate whose `when` is reached: {figures['expression_us']:g} µs more.",
            _memory(kept),
            "",
            "| bar | figure | |",
            "|---|---|---|",
            *[
                f"| {bar['law']} | {bar['figure']:g} | {'met' if bar['met'] else '**missed**'} |"
                for bar in figures["bars"]
            ],
            "",
        ]
    )


def _memory(kept: int) -> str:
    rule = kept / SIZES[-1] / 1000
    what = f"{SIZES[-1]:,} rules with their catalogue and their text"
    return f"- Memory kept by {what}: {kept / 1e6:.1f} MB, {rule:.1f} kB a rule."


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.policy.scale", description=__doc__)
    parser.add_argument("--calls", type=int, default=400, help="calls a size (400)")
    parser.add_argument("--rounds", type=int, default=200, help="rounds that count (200)")
    parser.add_argument("--shared", action="store_true", help="note that the machine was shared")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
