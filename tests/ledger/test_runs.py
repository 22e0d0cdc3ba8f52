"""Keep: what the ledger knows of the runs of a call."""

from pathlib import Path

from sqlalchemy import select

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, settling
from interlock.ledger import tables
from interlock.ledger.runs import reports
from interlock.path.execution import Done, Failed
from interlock.path.proposal import Agent, Context

POLICY = """
tools: {flag: {risk_tags: [write], effect: idempotent}}
rules: [{match: {tools: [flag]}, decision: allow}]
"""


def test_it_knows_what_each_run_reported(tmp_path: Path) -> None:
    """In time or too late, of this call alone, and each claim has its row with its own end."""
    clock = FrozenClock()
    with Gate.open(Policy.parse(POLICY), str(tmp_path / "l.db"), clock=clock) as gate:
        intents = tuple(Intent("flag", {"n": at}, f"c{at}") for at in range(2))
        turn = Turn(Context(Agent("bot")), "shop", "t", "", "m", intents)
        call, other = gate.conductor.propose(turn)
        claims: list[Ready] = []
        for _ in range(3):
            ready = gate.conductor.advance(call)
            assert isinstance(ready, Ready)
            claims.append(ready)
            clock.advance(31)
        ports = gate.conductor.ports
        assert settling.settle(ports, claims[0].warrant, Failed("no")) is None
        assert settling.settle(ports, claims[2].warrant, Done("ok")) is not None
        assert settling.settle(ports, claims[1].warrant, Done("ok")) is None
        assert settling.settle(ports, claims[1].warrant, Done("ok")) is None  # heard already

        with gate.ledger.read() as db:
            assert reports(db, call) == [(3, "done"), (1, "failed"), (2, "done")]
            assert reports(db, other) == []
            runs = tables.executions.c
            ends = db.execute(select(runs.fence, runs.outcome).order_by(runs.fence)).all()
        assert [tuple(row) for row in ends] == [(1, None), (2, None), (3, "done")]
        assert gate.audit.verify().ok
