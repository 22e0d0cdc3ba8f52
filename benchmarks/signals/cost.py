"""Measure what signals cost a call in the gate: `python -m benchmarks.signals.cost --data DIR`.

A gate with a ledger is given ever more calls of one agent, recorded from AgentDyn's benign runs,
each a thread. After 100, 1,000 and 10,000 of them calls are measured as the gate measures before it
decides, by one signal at a time and by all: CPU time of the process, the least of some passes.
Then whole proposals are timed, by a policy that looks at nothing and by one that looks at all.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from benchmarks import machine
from benchmarks.signals import recordings
from interlock import Gate, Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn, perform
from interlock.conduct.measuring import Measurer
from interlock.path.execution import Done
from interlock.path.proposal import Agent, Context

RESULTS: Final = Path(__file__).resolve().parents[1] / "results"
COMMAND: Final = "uv run python -m benchmarks.signals.cost"
SIZES: Final = (100, 1_000, 10_000)
PROBES: Final = 200
"""Calls that are measured at each size, each in a thread of the history."""
PASSES: Final = 5
BAR_US: Final = 60
"""What scoring a call for anomaly may take at the median, µs."""

LOOKS: Final = {
    "nothing": "",
    "anomaly": "anomaly_score_above: 0.8",
    "confidence (record)": "confidence_below: 0.7",
    "retries": "retry_count_above: 2",
    "provenance": "unprompted_identifier: true",
    "all": "",
}
"""What one rule looks at, and a match that does; of `all`, each of them by a rule of its own."""


def policy(look: str) -> Policy:
    """Return a policy that lets everything run, and looks at a signal on the way."""
    matches = [each for each in LOOKS.values() if each] if look == "all" else [LOOKS[look]]
    rules = [f"  - {{match: {{{each}}}, decision: allow}}" for each in matches if each]
    head = "signals: {confidence: {source: [record], missing: ignore}}\nrules:\n"
    return Policy.parse(head + "\n".join([*rules, "  - {decision: allow}"]))


class Agency:
    """One agent that repeats recorded runs through a gate."""

    def __init__(self, folder: Path, runs: Sequence[dict[str, Any]]) -> None:
        """Open the gate; nothing is sealed or learned but between the measurements."""
        self.clock, self.made = FrozenClock(), 0
        self.gate = Gate.open(
            policy("all"), folder / "ledger.db", clock=self.clock, state=folder, lease_s=600
        )
        self.gate.ledger.wrote = lambda _: None
        self._turns = self._play(runs)

    def _play(self, runs: Sequence[dict[str, Any]]) -> Iterator[tuple[Turn, Any]]:
        context = Context(Agent("bot", model="m"))
        for number, run in enumerate(cycle(runs)):
            for at, call in enumerate(run["calls"]):
                intent = Intent(call["tool"], call["args"] or {}, "c")
                yield Turn(context, "main", f"t{number}", "", f"m{at}", (intent,)), call["result"]

    def work(self, size: int) -> None:
        """Make calls until there are so many, and learn from them."""
        self.gate.reload(policy("nothing"))
        for turn, result in islice(self._turns, max(0, size - self.made)):
            self.clock.advance(60)
            (call,) = self.gate.conductor.propose(turn)
            perform(self.gate.conductor, call, lambda _, got=result: Done(got))
        self.made = max(self.made, size)
        self.gate.reload(policy("all"))
        self.gate.signals.calibrate()

    def cost_us(self, look: str) -> dict[str, float]:
        """Return what measuring costs, in a thread read from the ledger and in one at hand."""
        self.gate.reload(policy(look))
        conductor = self.gate.conductor
        conductor.measurer = Measurer()  # which knows no thread
        first, again = list[float](), list[float]()
        for at, call in enumerate(self.gate.audit.calls(limit=PROBES)):
            key, proposal = call.proposal.key, call.proposal
            intent = Intent(proposal.tool, proposal.args, "c")
            place = (key.host, key.thread_id, "", f"{look}-{self.made}-{at}")
            measure = partial(
                conductor.measurer.measure,
                conductor.ports.pinned(),
                Turn(proposal.context, *place, (intent,)),
            )
            took = [_cpu_us(measure) for _ in range(PASSES)]
            first.append(took[0])
            again.append(min(took))
        return {"first_p50": _at(first, 50), "p50": _at(again, 50), "p95": _at(again, 95)}

    def whole_us(self, look: str) -> dict[str, float]:
        """Return what proposing a call costs, CPU and time on the clock, commit and all."""
        self.gate.reload(policy(look))
        cpu, wall = list[float](), list[float]()
        for turn, result in islice(self._turns, PROBES):
            self.clock.advance(60)
            start = time.perf_counter()
            cpu.append(_cpu_us(partial(self.gate.conductor.propose, turn)))
            wall.append((time.perf_counter() - start) * 1e6)
            (call,) = self.gate.conductor.propose(turn)  # the same call again: its id
            perform(self.gate.conductor, call, lambda _, got=result: Done(got))
        self.made += PROBES
        return {"cpu_p50": _at(cpu, 50), "wall_p50": _at(wall, 50)}


def _cpu_us(work: Callable[[], object]) -> float:
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1000


def _at(values: Sequence[float], percent: int) -> float:
    return round(quantiles(values, n=100)[percent - 1], 1)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and keep the figures."""
    options = recordings.parser(__doc__ or "").parse_args(arguments)
    made = recordings.rows(options, recordings.AGENTDYN)
    figures = measured([run for run in made if not run["is_attack_run"]], SIZES)
    figures["conditions"] = machine.conditions(COMMAND)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    (RESULTS / "signals_cost.json").write_text(text + "\n", encoding="utf-8")
    (RESULTS / "signals_cost.md").write_text(page(figures), encoding="utf-8")
    print(page(figures))
    return 0


def measured(runs: Sequence[dict[str, Any]], sizes: Sequence[int]) -> dict[str, Any]:
    """Let one agent make ever more calls, and measure at each size."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        agency = Agency(Path(folder), runs)
        for size in sizes:
            agency.work(size)
            parts = {look: agency.cost_us(look) for look in LOOKS}
            whole = {look: agency.whole_us(look) for look in ("nothing", "all")}
            figures[str(size)] = {"measuring": parts, "proposing": whole}
        agency.gate.close()
    return figures


def page(figures: dict[str, Any]) -> str:
    """Write the figures as tables."""
    sizes = [size for size in figures if size.isdigit()]
    heads = " | ".join(f"{int(size):,} calls" for size in sizes)
    lines = ["# What signals cost a call in the gate\n", _ABOUT]
    lines += [f"| looks at | {heads} |", "|---" * (len(sizes) + 1) + "|"]
    for look in LOOKS:
        cells = [figures[size]["measuring"][look] for size in sizes]
        told = [f"{one['p50']:g}, {one['p95']:g} ({one['first_p50']:g})" for one in cells]
        lines.append(f"| {look} | {' | '.join(told)} |")
    most = max(figures[size]["measuring"]["anomaly"]["p50"] for size in sizes)
    verdict = "kept" if most < BAR_US else "missed"
    lines.append(f"\nBar: under {BAR_US} µs at the median for anomaly: {verdict} ({most:g}).\n")
    lines.append(
        "A whole proposal, by a policy that looks at nothing and at all: CPU, on the clock, p50.\n"
    )
    lines += [f"| looks at | {heads} |", "|---" * (len(sizes) + 1) + "|"]
    for look in ("nothing", "all"):
        cells = [figures[size]["proposing"][look] for size in sizes]
        told = [f"{one['cpu_p50']:.0f}, {one['wall_p50']:.0f}" for one in cells]
        lines.append(f"| {look} | {' | '.join(told)} |")
    return "\n".join([*lines, "", machine.markdown(figures["conditions"])])


_ABOUT: Final = (
    "One agent repeats AgentDyn's benign runs through a gate with a ledger (SQLite). Cells, µs of "
    "the process's CPU: p50, p95 of measuring a call of a thread at hand, the least of "
    f"{PASSES} passes over {PROBES} calls (in brackets: p50 of the first look at a thread, which "
    "is read from the ledger). By each signal alone, and by all.\n"
)


if __name__ == "__main__":
    raise SystemExit(main())
