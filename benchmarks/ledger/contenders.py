"""Contend: one allowed call, by the gate, by a peer, and as the two bare commits that it takes.

Each is opened in a process of its own, which may lack what the others need: imports stand inside.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.pace.shop import POLICY, Blind, order_note

GATE: Final = "interlock"
UNSEEN: Final = "interlock, results not inspected"
BARE: Final = "bare commits"
PEER: Final = "agentbarrier"
UNCHAINED: Final = "entries without chains"
CHAINED: Final = "entries with their chains"
SEALED: Final = "entries with their chains, sealed beside"


class Place(NamedTuple):
    """Where one contender works, and on what."""

    folder: str
    """An existing folder of its own."""
    server: str = ""
    """URL of an existing database of its own on a PostgreSQL server; empty for a file."""
    sizes: tuple[Sequence[int], ...] = ()
    """Bytes of each row that each commit of a call writes."""


class Contender(NamedTuple):
    """Something that can take calls."""

    call: Callable[[str], object]
    """Takes one call; gets a name that no other call has. Threads may take calls side by side."""
    rest: Callable[[], object] = lambda: None
    """Does what was put off while calls were taken; never timed."""


def open_contender(name: str, place: Place) -> Contender:
    """Open one by its name."""
    if name in (UNCHAINED, CHAINED, SEALED):
        return appending(name, place)
    if name == BARE:
        return bare_on_server(place) if place.server else bare_in_file(place)
    return peer(place) if name == PEER else gate(place, seen=name == GATE)


def gate(place: Place, *, seen: bool) -> Contender:
    """Take calls through the conductor, as every host does; results inspected where `seen`."""
    from interlock import Agent, Context, Gate, Policy
    from interlock.conduct import Answered, Conductor, Intent, Turn, perform
    from interlock.ledger.sealing import seal
    from interlock.path.execution import Done

    opened = Gate.open(Policy.parse(POLICY), ledger=_ledger(place), state=Path(place.folder))
    ports, blind = opened.conductor.ports, Blind()
    ports = ports if seen else replace(ports, detectors=lambda: (blind,))
    conductor, context = Conductor(ports, opened.conductor.leases), Context(Agent("bench"))

    def call(name: str) -> None:
        intent = Intent("order.note", {"number": name}, "call-1")
        turn = Turn(context, "bench", name, "", "turn-1", (intent,))
        (call_id,) = conductor.propose(turn, claim=True)
        settled = perform(conductor, call_id, lambda ready: Done(order_note(**ready.args)))
        assert isinstance(settled, Answered)
        assert settled.answer.ending == "released"

    return Contender(call, lambda: seal(opened.ledger))


def _ledger(place: Place) -> str:
    if not place.server:
        return f"sqlite:///{Path(place.folder) / 'ledger.db'}"
    return place.server.replace("postgresql://", "postgresql+psycopg://", 1)


def peer(place: Place) -> Contender:
    """Take calls through agentbarrier's runtime, as its manual shows; one store a thread."""
    from agentbarrier.runtime import (
        PolicyEffect,
        PolicyRule,
        PostgresRuntimeStore,
        RuntimeBarrier,
        RuntimePolicy,
        SQLiteRuntimeStore,
    )

    rules = (
        PolicyRule("notes", PolicyEffect.ALLOW, "order.note"),
        PolicyRule("refunds", PolicyEffect.REQUIRE_APPROVAL, "order.refund"),
    )
    policy, mine = RuntimePolicy("v1", rules), threading.local()

    def store() -> Any:  # noqa: ANN401 - the peer's
        if place.server:
            return PostgresRuntimeStore(place.server, create_schema=True, migrate=True)
        return SQLiteRuntimeStore(Path(place.folder) / "barrier.db")

    def call(name: str) -> None:
        if not hasattr(mine, "barrier"):
            mine.barrier = RuntimeBarrier(policy=policy, store=store())
        took = mine.barrier.execute(
            tool_name="order.note",
            arguments={"number": name},
            idempotency_key=name,
            operation=lambda: order_note(name),
        )
        assert took["order"] == name

    store().close()  # makes the tables
    return Contender(call)


def bare_in_file(place: Place) -> Contender:
    """Write rows of the same sizes in as many commits, and nothing else; SQLite set alike."""
    path, mine = Path(place.folder) / "bare.db", threading.local()

    def connected() -> sqlite3.Connection:
        db = sqlite3.connect(path, isolation_level=None, timeout=30)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        return db

    def call(name: str) -> None:
        del name
        if not hasattr(mine, "db"):
            mine.db = connected()
        for rows in place.sizes:
            mine.db.execute("BEGIN IMMEDIATE")
            mine.db.executemany("INSERT INTO rows (body) VALUES (?)", _rows(rows))
            mine.db.execute("COMMIT")

    with connected() as db:
        db.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, body TEXT)")
    return Contender(call)


def bare_on_server(place: Place) -> Contender:
    """As `bare_in_file`, by psycopg."""
    import psycopg

    mine = threading.local()

    def call(name: str) -> None:
        del name
        if not hasattr(mine, "db"):
            mine.db = psycopg.connect(place.server)
        for rows in place.sizes:
            with mine.db.cursor() as cursor:
                cursor.executemany("INSERT INTO rows (body) VALUES (%s)", _rows(rows))
            mine.db.commit()

    with psycopg.connect(place.server) as db:
        db.execute("SELECT pg_advisory_xact_lock(1)")  # callers start at once
        db.execute("CREATE TABLE IF NOT EXISTS rows (id BIGSERIAL PRIMARY KEY, body TEXT)")
    return Contender(call)


def appending(name: str, place: Place) -> Contender:
    """Append the three entries of a settled call, in a chain of its own, in one commit."""
    from interlock import Gate, Policy
    from interlock.clock import new_id
    from interlock.ledger import rows, statements
    from interlock.ledger.sealing import seal
    from interlock.path.record import GENESIS, Step, chain

    opened = Gate.open(Policy.parse(POLICY), ledger=_ledger(place), state=Path(place.folder))
    ledger, link = opened.ledger, chain if name != UNCHAINED else unchained
    seen = {"verdict": "ALLOW", "findings": 0, "policy_snapshot": "v1:abcdef", "review": "x" * 60}
    steps = [
        Step("done", "done", {"fence": 1}),
        Step("inspected", "inspected", seen),
        Step("released", "released", {"outcome": "done", "commitments": {"answer": "0" * 64}}),
    ]

    def append(_: str) -> None:
        with ledger.begin() as tx:
            ids = [new_id("entry") for _ in steps]
            entries = link(new_id("call"), GENESIS, 0, steps, tx.now(), ids)
            statements.ADD_ENTRIES.add(tx.connection, [rows.entry_row(each) for each in entries])
        if name == SEALED:
            ledger.wrote(len(entries))

    return Contender(append, (lambda: seal(ledger)) if name == SEALED else lambda: None)


def unchained(
    call_id: str,
    previous: str,
    position: int,
    steps: Sequence[Any],
    at: datetime,
    ids: Sequence[str],
) -> list[Any]:
    """Make entries of the same sizes whose hashes say nothing, and so cost nothing."""
    from interlock.canon import encode
    from interlock.clock import stamp
    from interlock.path.record import Entry

    return [
        Entry(
            *(name, call_id, position + offset, stamp(at), step.kind, step.to, step.actor),
            *(step.auth, step.body, encode(dict(step.body)).decode(), previous, previous),
        )
        for offset, (step, name) in enumerate(zip(steps, ids, strict=True))
    ]


def _rows(sizes: Sequence[int]) -> list[tuple[str]]:
    return [("x" * size,) for size in sizes]
