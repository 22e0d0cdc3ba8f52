"""Look: calls for which somebody broke the glass."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.conduct import Intent, Turn
from interlock.ledger.glass import unreviewed
from interlock.path.proposal import Agent, Context

from ..conduct.conftest import breaker  # isort: skip
from ..databases import ledger_of  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


def asked(gate: Gate, tenant: str, turn: str) -> str:
    """Have a call that somebody is asked about."""
    context = Context(Agent("bot"), tenant=tenant)
    (call,) = gate.conductor.propose(
        Turn(context, "main", tenant, "", turn, (Intent("pay", {}, "c"),))
    )
    gate.conductor.advance(call)
    return call


def test_whose_and_by_whom(tmp_path: Path) -> None:
    """By tenant, oldest first, with who did; what was approved or looked at is not among them."""
    with Gate.open(Policy.parse("version: v1"), ledger_of(tmp_path), state=tmp_path) as gate:
        token = breaker(gate, "gil")
        first, second, third = (asked(gate, name, str(at)) for at, name in enumerate("aba"))
        for call in (second, first):
            gate.inbox.break_glass(call, held=token, reason="fire")
        gate.inbox.approve(third, by="ana", reason="ok")

        found = unreviewed(gate.ledger)
        assert [(call.id, by) for call, by in found] == [(first, "gil"), (second, "gil")]
        assert [call.id for call, _ in unreviewed(gate.ledger, "b")] == [second]
        gate.inbox.cancel(second, by="ana", reason="not needed any more")
        gate.inbox.acknowledge(second, by="ana", finding="fine", reason="burned")
        assert unreviewed(gate.ledger, "b") == []
