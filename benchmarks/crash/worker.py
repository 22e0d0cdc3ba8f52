"""Work: what one process of the campaign does until it is killed.

A worker brings threads on: starts them, goes on with what was broken off, rings for what waits,
sometimes for nothing or with a forged answer. A resumer takes threads under a lease, as `interlock
worker` does. A reviewer answers what is asked. A keeper recovers what others lost, and tries the
kill switch. An exporter keeps the log as it is. Each sees only ledger, checkpoints and folder.
"""

import json
import os
import random
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

from langchain_core.messages import RemoveMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.types import Command
from sqlalchemy import select

from benchmarks.crash.agent import HOST, LEASE_S, build, ending, opening
from benchmarks.crash.journal import Journal
from benchmarks.crash.leash import leash
from benchmarks.crash.people import enrol, review
from interlock import Gate, Policy
from interlock.app.threads import Application
from interlock.clock import SystemClock
from interlock.conduct import faults, timers
from interlock.errors import UnknownId
from interlock.graph.resume import paused, resume
from interlock.ledger import tables
from interlock.ledger.export import export

Role = Literal["registrar", "worker", "resumer", "reviewer", "keeper", "exporter"]
HALTS: Final = 0.05
"""How often a keeper tries the kill switch on a tool, of its looks."""
HALTED_S: Final = 1.5
"""For how long, seconds; the checker looks at what was claimed more than a second after."""
_DURABILITIES: Final = ("sync", "sync", "async", "exit")


@dataclass(frozen=True, slots=True)
class Orders:
    """What a process is told when it is forked."""

    role: Role
    ledger: str
    folder: Path
    seed: int
    draw: int
    """Seed of this process's own choices."""
    threads: Sequence[int] = ()
    ahead_s: float = 0.0
    """How far its clock is off."""
    crash_at: str | None = None
    crash_after: int = 1
    into: str = ""
    """Where an exporter writes, below the folder."""


class SteppedClock(SystemClock):
    """The machine's clock, off by some seconds."""

    def __init__(self, ahead_s: float) -> None:
        """Be `ahead_s` seconds ahead; negative: behind."""
        self._ahead = timedelta(seconds=ahead_s)

    def now(self) -> datetime:
        """Return the time as this process has it."""
        return super().now() + self._ahead


def act(orders: Orders, policy: Policy, ready: int) -> None:
    """Do what the orders say; returns when there is nothing left, or never.

    Closes the pipe `ready` when it has opened what it needs.
    """
    faults._AT = orders.crash_at  # type: ignore[misc] # noqa: SLF001 - read from the environment once, before the fork
    faults._AFTER = orders.crash_after  # type: ignore[misc] # noqa: SLF001 - as above
    random.seed(orders.draw)
    with open_gate(orders, policy) as gate:
        roles = {
            "registrar": _enrol,
            "worker": _work,
            "resumer": _resume,
            "reviewer": _review,
            "keeper": _keep,
            "exporter": _export,
        }
        os.close(ready)
        roles[orders.role](gate, orders)


def open_gate(orders: Orders, policy: Policy) -> Gate:
    """Open the gate as the process's role needs it; a server's own clock minds no worker's."""
    steps = orders.ahead_s and orders.ledger.startswith("sqlite")
    clock = SteppedClock(orders.ahead_s) if steps else None
    state = orders.folder / "state"
    return Gate.open(policy, orders.ledger, clock=clock, state=state, lease_s=LEASE_S)


def _enrol(gate: Gate, orders: Orders) -> None:
    enrol(gate, orders.seed)


# Workers -------------------------------------------------------------------------------------


def _work(gate: Gate, orders: Orders) -> None:
    saver = open_saver(orders.folder)
    journal = Journal(orders.folder / "journals", _ahead_s(gate))
    graphs = build(gate, saver, orders.seed, journal)
    left = list(orders.threads)
    while left or _told(orders, "look", lambda: _retried(gate)) != []:
        if random.random() < 0.2 or not left:
            for again in _told(orders, "look", lambda: _retried(gate)) or ():
                _told(orders, "redeliver", lambda t=again: _replay(graphs[t % 2], t))
        if not left:
            continue
        few = left[:4] if random.random() < 0.4 else left
        thread = random.choice(few)
        graph = graphs[thread % 2]
        if _told(orders, f"thread {thread}", lambda g=graph, t=thread: _bring_on(g, t)) == "ended":
            (orders.folder / "ended" / str(thread)).touch()
            left.remove(thread)


def _ahead_s(gate: Gate) -> float:
    """Return how far the ledger's time is off here; a server's own clock minds no worker's."""
    with gate.ledger.begin() as tx:
        ahead_s = (tx.now() - datetime.now(UTC)).total_seconds()
    return 60.0 * round(ahead_s / 60)  # what is less is the time that asking took


def open_saver(folder: Path) -> SqliteSaver:
    """Open the checkpoints that all workers share."""
    path = folder / "checkpoints.db"
    return SqliteSaver(sqlite3.connect(path, check_same_thread=False, timeout=30))


def _bring_on(graph: Any, thread: int) -> str:
    """Take a thread one step further; say `ended` when there is none."""
    config: Any = {"configurable": {"thread_id": str(thread)}}
    how: Any = random.choice(_DURABILITIES)
    state = graph.get_state(config)
    if not state.values.get("messages"):
        graph.invoke(opening(thread), config, durability=how)
    elif waiting := paused(graph, config):
        _ring(graph, config, waiting)
    elif state.values["messages"][-1].id != ending(thread):  # `next` is empty where a step commits
        graph.invoke(None, config, durability=how)
    elif random.random() < 0.05:
        _replay(graph, thread)
    else:
        return "ended"
    return "went on"


def _retried(gate: Gate) -> list[int]:
    """Return the threads of calls that a person wants repeated: they must be delivered again."""
    calls = tables.calls.c
    query = select(calls.thread_id).where(calls.state == "retried").distinct()
    with gate.ledger.read() as db:
        return [int(thread) for thread in db.execute(query).scalars()]


def _replay(graph: Any, thread: int) -> None:
    """Deliver a thread's turns again from where its tools were about to run, and go on from there.

    Calls that have their answers get the same; one that is to be repeated runs. A turn that ran
    with no checkpoint before it (durability `exit`) is put back to its message first.
    """
    config: Any = {"configurable": {"thread_id": str(thread)}}
    before = [state for state in graph.get_state_history(config) if "tools" in state.next]
    kept = {state.values["messages"][-1].id for state in before}
    messages = graph.get_state(config).values.get("messages", ())
    for state in before[::-1]:
        graph.invoke(None, state.config, durability="sync")
    for at, message in enumerate(messages):
        if getattr(message, "tool_calls", ()) and message.id not in kept:
            told = [RemoveMessage(REMOVE_ALL_MESSAGES), *messages[: at + 1]]
            back = graph.update_state(config, {"messages": told}, as_node="model")
            graph.invoke(None, back, durability="sync")


def _ring(graph: Any, config: Any, waiting: list[Any]) -> None:
    """Ring for a paused thread: for its request, for nothing, or with an answer nobody gave."""
    one = random.choice(waiting)
    if random.random() < 0.1:
        forged = random.choice(("approve", True, {"decisions": [{"type": "approve"}]}))
        graph.invoke(Command(resume={one.interrupt_id: forged}), config, durability="sync")
        return
    with suppress(UnknownId):
        resume(graph, config, one.requests[0])
    time.sleep(0.02)


# Those who resume what was decided, one process a thread ---------------------------------------


def _resume(gate: Gate, orders: Orders) -> None:
    """Resume threads that were woken, as `interlock worker` does."""
    journal = Journal(orders.folder / "journals", _ahead_s(gate))
    graphs = build(gate, open_saver(orders.folder), orders.seed, journal)
    while True:
        for host, thread in _told(orders, "due", lambda: gate.threads.due([HOST], 4)) or ():
            work = partial(_resumed, gate, host, thread, graphs[int(thread) % 2])
            _told(orders, f"thread {thread}", work)
        time.sleep(0.05)


def _resumed(gate: Gate, host: str, thread: str, graph: Any) -> None:
    if (held := gate.threads.take(host, thread)) is not None:
        gate.threads.resume(held, Application(graph))


# Reviewers -----------------------------------------------------------------------------------


def _review(gate: Gate, orders: Orders) -> None:
    journal = Journal(orders.folder / "journals")
    while True:
        for what, work in review(gate, journal, orders.seed):
            _told(orders, what, work)
        time.sleep(0.05)


# The keeper ----------------------------------------------------------------------------------


def _keep(gate: Gate, orders: Orders) -> None:
    while True:
        _told(orders, "recover", lambda: timers.recover(gate.conductor.ports))
        _told(orders, "unhalt", lambda: _lift(gate))
        if random.random() < HALTS:
            tool = random.choice(("flag", "post", "pay"))
            _told(orders, "halt", lambda t=tool: gate.halt(tool=t, reason="a drill", by="ana"))
            time.sleep(HALTED_S)
        time.sleep(0.3)


def _lift(gate: Gate) -> None:
    """Lift what this keeper or a lost one halted."""
    for halt in gate.halts.list():
        gate.unhalt(tool=halt.ref, reason="the drill is over", by="ana")


def _export(gate: Gate, orders: Orders) -> None:
    _told(orders, "export", lambda: export(gate.ledger, orders.folder / orders.into))


def _told(orders: Orders, what: str, work: Callable[[], Any]) -> Any:
    """Do something; what it raises is counted and the process goes on, as a server's would."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - whatever breaks is written down and looked at
        said = {"role": orders.role, "what": what, "error": type(error).__name__}
        line = {**said, "text": str(error), "at": time.time()}
        with (orders.folder / "errors.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        time.sleep(0.02)
        return None


def forked(orders: Orders, policy: Policy) -> tuple[int, int]:
    """Fork a process that acts by orders; return its id and a pipe that ends when it is ready."""
    heard, ready = os.pipe()
    parent = os.getpid()
    if pid := os.fork():
        os.close(ready)
        return pid, heard
    code = 1
    try:
        leash(parent)
        os.setpgid(0, 0)
        os.close(heard)
        act(orders, policy, ready)
        code = 0
    except BaseException as error:  # noqa: BLE001 - a child never returns into its parent
        with suppress(OSError):
            (orders.folder / "ends").mkdir(exist_ok=True)
            (orders.folder / "ends" / str(os.getpid())).write_text(repr(error))
    finally:
        os._exit(code)
