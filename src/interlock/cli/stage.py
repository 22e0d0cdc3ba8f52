"""Set up: the example agent over its shop, behind a gate, in one folder."""

import statistics
from collections import defaultdict
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, Final, NamedTuple

from interlock.app.gate import Gate
from interlock.cli.follow import agent_home
from interlock.conduct.conductor import Conductor
from interlock.conduct.values import Answered, Call, Progress, Ready, Turn
from interlock.errors import LedgerError
from interlock.path.execution import Outcome
from interlock.path.warrant import Warrant
from interlock.testing.scenarios import LeapClock

STEPS: Final = ("propose, assess, decide", "review, guard", "execute", "inspect, release, record")


class Stopwatch:
    """Milliseconds spent in each step, by step."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.spent_ms: dict[str, list[float]] = defaultdict(list)

    def add(self, step: str, since: float) -> None:
        """Count what passed since a reading of `perf_counter`."""
        self.spent_ms[step].append((perf_counter() - since) * 1000)

    def summary(self) -> list[tuple[str, int, float, float]]:
        """Return of each step: its name, how often, median and longest in milliseconds."""
        return [
            (step, len(spent), statistics.median(spent), max(spent))
            for step in STEPS
            if (spent := self.spent_ms.get(step))
        ]


class TimedConductor(Conductor):
    """A conductor that looks at its watch between the steps."""

    def __init__(self, plain: Conductor, watch: Stopwatch) -> None:
        """Work over the ports of `plain`."""
        super().__init__(plain.ports, plain.leases)
        self._watch = watch
        self._started: dict[str, float] = {}

    def propose(self, turn: Turn, *, claim: bool = False) -> list[str]:
        """Time proposing, assessing and deciding."""
        began = perf_counter()
        calls = super().propose(turn, claim=claim)
        self._watch.add(STEPS[0], began)
        return calls

    def look(self, call_id: str) -> Progress | None:
        """Time what lies between the decision and the tool; a run elsewhere is not waited for."""
        began = perf_counter()
        progress = super().look(call_id)
        if progress is not None and call_id not in self._started:
            self._passed(call_id, began, progress)
        return progress

    def claimed(self, call_id: str) -> Ready | None:
        """Do so for a claim that came with the decision, which an awaited run takes by itself."""
        began = perf_counter()
        ready = super().claimed(call_id)
        if ready is not None:
            self._passed(call_id, began, ready)
        return ready

    def _passed(self, call_id: str, began: float, progress: Progress) -> None:
        self._watch.add(STEPS[1], began)
        if isinstance(progress, Ready):
            self._started[call_id] = perf_counter()

    def settle(self, warrant: Warrant, outcome: Outcome, claimed: Call | None = None) -> Answered:
        """Time the tool, which ran until now, and what follows it."""
        if (started := self._started.pop(warrant.call_id, None)) is not None:
            self._watch.add(STEPS[2], started)
        began = perf_counter()
        answered = super().settle(warrant, outcome, claimed)
        self._watch.add(STEPS[3], began)
        return answered


class Stage(NamedTuple):
    """Everything that a play needs."""

    folder: Path
    home: Path
    """Where the agent's files lie."""
    agent: ModuleType
    gate: Gate
    graph: Any
    shop: Any
    clock: LeapClock
    watch: Stopwatch

    @property
    def ledger(self) -> str:
        """The ledger's URL."""
        return ledger_url(self.folder)


def ledger_url(folder: Path) -> str:
    """Return the URL of the ledger in a demo's folder."""
    return f"sqlite:///{folder / 'ledger.db'}"


def set_up(folder: Path, model: str | None) -> Stage:
    """Open the gate and build the agent on a fresh shop; an earlier ledger and its threads stay."""
    from interlock.cli.hosts import load_file

    home = agent_home()
    agent = load_file(home / "agent.py")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"{folder}: {error.strerror}; name another folder with --dir") from error
    clock, watch = LeapClock(), Stopwatch()
    gate = Gate.open(agent.POLICY, ledger=ledger_url(folder), clock=clock)
    gate.conductor = TimedConductor(gate.conductor, watch)
    shop = agent.beside("shop").Shop.create(folder / "shop.db")
    saver = gate.saver(agent.threads(folder / "threads.db"))
    graph = agent.build(gate, shop, agent.chat_model(model), saver)
    return Stage(folder, home, agent, gate, graph, shop, clock, watch)


__all__ = ["Stage", "Stopwatch", "TimedConductor", "set_up"]
