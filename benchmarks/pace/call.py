"""Call: one allowed call with a 1 kB result, with more and more of the gate around it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.sqlite import SqliteSaver

from benchmarks.pace.rounds import Contender
from benchmarks.pace.shop import POLICY, Blind, order_note
from interlock import Agent, Context, Gate, Policy
from interlock.conduct import Answered, Conductor, Intent, Turn, perform
from interlock.detect import detectors
from interlock.path.execution import Done
from interlock.path.inspection import Detector, inspect
from interlock.tools.run import run

BLIND: Final = Blind()
COMMITS: Final = "two bare commits"
LEDGER: Final = "conductor, inspection that looks at nothing"
WALK: Final = "inspection that looks at nothing"
GATED: Final = "conductor with inspection"
INSPECT: Final = "inspection alone"
TOOL: Final = "the tool"
GRAPH: Final = "gate.graph, no saver"
SAVED: Final = "gate.graph, SQLite saver"


def note_tool() -> BaseTool:
    """Wrap the function as LangChain tools are."""
    return StructuredTool.from_function(order_note, name="order.note")


@contextmanager
def contenders(folder: Path) -> Iterator[Mapping[str, Contender]]:
    """Open everything on the same disk and yield the contenders by name."""
    with ExitStack() as closing:
        gate = closing.enter_context(_gate(folder / "gate"))
        blind = Conductor(
            replace(gate.conductor.ports, detectors=lambda: (BLIND,)), gate.conductor.leases
        )
        saver = closing.enter_context(SqliteSaver.from_conn_string(str(folder / "saver.db")))
        rows = closing.enter_context(_rows(folder / "commits.db"))
        saved = gate.graph([note_tool()], checkpointer=saver)
        plain = gate.graph([note_tool()])
        yield {
            TOOL: order_note,
            COMMITS: lambda at: _two_commits(rows, at),
            LEDGER: lambda at: _conducted(blind, at, "blind"),
            GATED: lambda at: _conducted(gate.conductor, at, "seeing"),
            WALK: lambda at: _inspected(gate, at, (BLIND,)),
            INSPECT: lambda at: _inspected(gate, at, detectors()),
            GRAPH: lambda at: plain.invoke(_call(at), _thread("plain", at)),
            SAVED: lambda at: saved.invoke(_call(at), _thread("saved", at)),
        }


def conducted_only(folder: Path) -> Contender:
    """Return the ledger part alone, for a profiler."""
    gate = _open(folder)
    blind = Conductor(
        replace(gate.conductor.ports, detectors=lambda: (BLIND,)), gate.conductor.leases
    )
    return lambda at: _conducted(blind, at, "blind")


def _conducted(conductor: Conductor, at: int, thread: str) -> None:
    intent = Intent("order.note", {"number": at}, "call-1")
    context = Context(Agent("bench"))
    turn = Turn(context, "bench", f"{thread}-{at}", "", "turn-1", (intent,))
    (call_id,) = conductor.propose(turn, claim=True)
    settled = perform(conductor, call_id, lambda ready: run(ready, _invoke))
    assert isinstance(settled, Answered)
    assert settled.answer.ending == "released"


def _invoke(_: str, args: dict[str, Any]) -> Done:
    return Done(order_note(**args))


def _inspected(gate: Gate, at: int, lookers: Sequence[Detector]) -> None:
    found = inspect(order_note(at), None, gate.policy.compiled.output, lookers)
    assert found.verdict == "ALLOW"


def _two_commits(rows: sqlite3.Connection, at: int) -> None:
    for step in ("intent", "outcome"):
        rows.execute("BEGIN IMMEDIATE")
        rows.execute("INSERT INTO rows VALUES (?, ?, ?)", (at, step, "x" * 1000))
        rows.execute("COMMIT")


@contextmanager
def _rows(path: Path) -> Iterator[sqlite3.Connection]:
    rows = sqlite3.connect(path, isolation_level=None)
    rows.execute("PRAGMA journal_mode=WAL")
    rows.execute("PRAGMA synchronous=FULL")
    rows.execute("CREATE TABLE rows (at INTEGER, step TEXT, body TEXT)")
    yield rows
    rows.close()


@contextmanager
def _gate(folder: Path) -> Iterator[Gate]:
    gate = _open(folder)
    yield gate
    gate.close()


def _open(folder: Path) -> Gate:
    folder.mkdir()
    return Gate.open(Policy.parse(POLICY), ledger=f"sqlite:///{folder / 'ledger.db'}", state=folder)


def _call(at: int) -> dict[str, Any]:
    return {
        "call": {"name": "order.note", "args": {"number": at}, "id": "call-1"},
        "agent": "bench",
    }


def _thread(name: str, at: int) -> Any:  # noqa: ANN401 - a RunnableConfig
    return {"configurable": {"thread_id": f"{name}-{at}"}}
