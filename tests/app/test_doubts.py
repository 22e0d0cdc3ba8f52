"""Settle: what a gate offers about calls in doubt."""

from pathlib import Path

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn
from interlock.path.proposal import Agent, Context

from ..ledger.conftest import shelf  # isort: skip

POLICY = """
tools: {pay: {risk_tags: [write], compensate: pay.back}, pay.back: {risk_tags: [write]}}
rules:
  - {match: {tools: [pay]}, decision: allow}
"""


def test_a_doubt_names_what_undoes_it(tmp_path: Path) -> None:
    """The tool that policy names stands in the list, and in the answer once it was used."""
    clock = FrozenClock()
    with Gate.open(Policy.parse(POLICY), str(tmp_path / "l.db"), clock=clock) as gate:
        turn = Turn(Context(Agent("bot")), "shop", "t", "", "m", (Intent("pay", {"a": 1}, "c"),))
        (call,) = gate.conductor.propose(turn)
        assert isinstance(gate.conductor.advance(call), Ready)
        clock.advance(31)
        assert [(each.kind, each.ref) for each in gate.recover()] == [("lease", call)]
        (doubt,) = gate.doubts.list()

        assert (doubt.compensate, doubt.args, doubt.thread_id) == ("pay.back", {"a": 1}, "t")
        assert (
            gate.doubts.settle(call, "compensated", by="ana", reason="paid back") == "compensated"
        )
        answer = gate.inbox.show(call).answer
    assert answer is not None
    assert answer["record"]["compensate"] == [
        {"call_id": call, "tool": "pay.back", "args": {"a": 1}}
    ]


def test_what_a_lost_process_left_is_looked_for_first(tmp_path: Path) -> None:
    """The list settles what nobody keeps; where it may not write, it says how many wait."""
    clock, url = FrozenClock(), str(tmp_path / "l.db")
    with Gate.open(Policy.parse(POLICY), url, clock=clock) as gate:
        turn = Turn(Context(Agent("bot")), "shop", "t", "", "m", (Intent("pay", {"a": 1}, "c"),))
        (call,) = gate.conductor.propose(turn)
        assert isinstance(gate.conductor.advance(call), Ready)
        assert (gate.doubts.list(), gate.doubts.unrecovered()) == ([], 0)
        clock.advance(31)
    with (
        shelf(tmp_path / "l.db") as copy,
        Gate.open(ledger=str(copy), clock=clock, state=copy.parent) as reader,
    ):
        assert (reader.doubts.list(), reader.doubts.unrecovered()) == ([], 1)
    with Gate.open(ledger=url, clock=clock) as again:
        assert [doubt.call_id for doubt in again.doubts.list()] == [call]
        assert again.doubts.unrecovered() == 0
