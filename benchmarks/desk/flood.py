"""Measure a flood: `uv run --extra bench python -m benchmarks.desk.flood`.

One agent asks a thousand times a minute, in a process of its own; others ask now and then. Windows
with and without the flood take turns in one run. What is measured is how long the others' proposals
take, where they stand in the queue, and what the flood comes to.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import machine
from benchmarks.desk import kept
from benchmarks.desk.kept import keep, parsed
from benchmarks.ledger.figures import Bar, at_most, percentiles
from benchmarks.ledger.servers import serving
from interlock import Agent, Context, Gate, Policy
from interlock.conduct import Intent, Turn

NAME: Final = "desk_flood"
COMMAND: Final = "uv run --extra bench python -m benchmarks.desk.flood"
A_MINUTE: Final = 1000
"""Questions that the flood would ask."""
TIMES: Final = 2.0
"""A proposal of others takes at most so many times as long at the 99th percentile."""
AT_ONCE: Final = 1000
"""Calls of one turn, all of which would ask."""
_OTHERS, _EVERY_S = 50, 0.04
WHAT: Final = (
    "Proposals that ask, of fifty agents one after the other, 25 a second; beside them, in every "
    f"other window, one agent that proposes {A_MINUTE:,} such calls a minute from another process. "
    "The policy says nothing of limits. `times` compares the 99th percentiles. A place in the "
    "queue is that of a question of an agent with no other, put when the flood is over.\n"
)


POLICY: Final = """
version: v1
tools: {order.refund: {risk_tags: [write]}}
rules: [{id: refunds, match: {tools: [order.refund]}, decision: require_approval}]
"""


class Flooder(NamedTuple):
    """The process that floods: where, while what is set, until what is."""

    ledger: str
    folder: str
    on: Any
    over: Any


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and with `--write` keep the figures."""
    options = _options(arguments)
    before = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(dir=options.folder) as made, serving() as server:
        databases: dict[str, Any] = {}
        for name, url in (("SQLite", ""), ("PostgreSQL", server.fresh())):
            folder = Path(made, name)
            folder.mkdir()
            databases[name] = measured(url, folder, options)
    command = f"{COMMAND} --rounds {options.rounds} --window {options.window:g}"
    conditions = machine.conditions(command) | {"load_before": before}
    figures = {"databases": databases, "conditions": conditions}
    if options.write:
        keep(NAME, figures, markdown(figures), pictures(figures))
    print(json.dumps(figures, ensure_ascii=False) if options.json else markdown(figures))
    return 0 if all(bar["met"] for bar in bars(figures)) else 1


def opened(ledger: str, folder: str) -> Gate:
    """Open the gate over a file, or a database on a server."""
    url = ledger.replace("postgresql://", "postgresql+psycopg://", 1) or f"{folder}/ledger.db"
    return Gate.open(Policy.parse(POLICY), ledger=url, state=Path(folder))


def measured(url: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Let others ask beside the flood and alone, in turns; then look at the queue."""
    spawn = multiprocessing.get_context("spawn")
    on, over = spawn.Event(), spawn.Event()
    flooding = spawn.Process(target=flood, args=(Flooder(url, str(folder), on, over),))
    numbers = count()
    ms: dict[bool, list[float]] = {False: [], True: []}
    with opened(url, str(folder)) as gate:
        flooding.start()
        _window(gate, 1.0, numbers)
        for _ in range(options.rounds):
            for wet in (False, True):
                (on.set if wet else on.clear)()
                ms[wet] += _window(gate, options.window, numbers)
        over.set()
        flooding.join()
        return {
            "alone": {**percentiles(ms[False]), "n": len(ms[False])},
            "beside": {**percentiles(ms[True]), "n": len(ms[True])},
            "times": round(percentiles(ms[True])["p99_ms"] / percentiles(ms[False])["p99_ms"], 2),
            **_come_to(gate),
            "turn_s": _at_once(gate),
        }


def flood(mine: Flooder) -> None:
    """Propose as often as it should while that is on."""
    with opened(mine.ledger, mine.folder) as gate:
        due = time.perf_counter()
        for number in count():
            if mine.over.is_set():
                return
            if mine.on.wait(0.2):
                due = max(due, time.perf_counter() - 1) + 60 / A_MINUTE
                time.sleep(max(0.0, due - time.perf_counter()))
                propose(gate, "flooder", number)


def propose(gate: Gate, agent: str, number: int, calls: int = 1) -> list[str]:
    """Make a turn of calls that ask, in a thread of its own."""
    intents = tuple(
        Intent("order.refund", {"number": number, "at": at}, f"c{at}") for at in range(calls)
    )
    turn = Turn(Context(Agent(agent)), "bench", f"{agent}-{number}", "", "m", intents)
    return gate.conductor.propose(turn)


def _window(gate: Gate, seconds: float, numbers: "count[int]") -> list[float]:
    """Let others ask for a while; return how long each proposal took, milliseconds."""
    spent: list[float] = []
    over = time.perf_counter() + seconds
    while time.perf_counter() < over:
        number, began = next(numbers), time.perf_counter()
        propose(gate, f"other-{number % _OTHERS}", number)
        spent.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, _EVERY_S - (time.perf_counter() - began)))
    return spent


def _come_to(gate: Gate) -> dict[str, int]:
    """Say what the flood came to, and where a first question stands that comes after it."""
    (call,) = propose(gate, "newcomer", 0)
    request = gate.inbox.show(call).id
    asks = {one.agent: one for one in gate.figures().agents}
    open_ = [case for case in gate.inbox.pending() if case.agent == "flooder"]
    return {
        "flood": asks["flooder"].asks.of,
        "cut": asks["flooder"].cut,
        "flood_open": len(open_),
        "place": [*gate.queue.assigned()].index(request) + 1,
        "before_it": len({one for one in asks if one != "newcomer"}),
    }


def _at_once(gate: Gate) -> float:
    """Return how long a turn takes all of whose calls would ask, seconds."""
    began = time.perf_counter()
    propose(gate, "at-once", 0, AT_ONCE)
    return round(time.perf_counter() - began, 2)


def bars(figures: dict[str, Any]) -> list[Bar]:
    """Say whether the others were delayed."""
    return [
        at_most(f"{name}: times as long at p99 to propose beside a flood", found["times"], TIMES)
        for name, found in figures["databases"].items()
    ]


def pictures(figures: dict[str, Any]) -> dict[str, str]:
    """Draw how long others' proposals took at the 99th percentile."""
    groups = {
        name: {"alone": found["alone"]["p99_ms"], "beside the flood": found["beside"]["p99_ms"]}
        for name, found in figures["databases"].items()
    }
    return {"p99": kept.bars("Others' proposals at p99", groups, "ms")}


def markdown(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    conditions = figures["conditions"]
    lines = ["# A flood of questions\n", machine.markdown(conditions).rstrip() + "  "]
    lines += [f"load {conditions['load_before']:g} before it began.\n", WHAT]
    lines += [
        "| database | others alone: p50, p99 ms | beside the flood | times | n |",
        "|---|---|---|---|---|",
    ]
    for name, found in figures["databases"].items():
        one, two = found["alone"], found["beside"]
        lines.append(
            f"| {name} | {one['p50_ms']}, {one['p99_ms']} | {two['p50_ms']}, {two['p99_ms']} "
            f"| {found['times']} | {one['n']} + {two['n']} |"
        )
    heads = ["database", "the flood proposed", "nobody was asked about", "of it open"]
    heads += ["place of a newcomer", "agents before it", f"a turn of {AT_ONCE:,} calls, s"]
    lines += ["", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [
        f"| {name} | {found['flood']:,} | {found['cut']:,} | {found['flood_open']} "
        f"| {found['place']} | {found['before_it']} | {found['turn_s']} |"
        for name, found in figures["databases"].items()
    ]
    return "\n".join([*lines, ""])


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.desk.flood", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help="windows of each kind (6)")
    parser.add_argument("--window", type=float, default=10.0, help="seconds of each (10)")
    parser.add_argument("--folder", type=Path, help="where databases lie; a real disk")
    return parsed(parser, arguments, ("rounds", "window"))


if __name__ == "__main__":
    raise SystemExit(main())
