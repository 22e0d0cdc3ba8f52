"""Recount: what was claimed under a halt is named, by the order of the record alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform, running
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context, Link
from interlock.tools.run import run

from ..databases import ledger_of  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools:
  "mail.send": {risk_tags: [write], topic: job.out.mail}
  "pay.out": {risk_tags: [write], effect: idempotent}
rules:
  - {id: mails, match: {tools: ["mail.*"]}, decision: allow}
  - {id: pays, match: {tools: ["pay.*"]}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """A ledger of a tenant's agent, which another one started."""
    with Gate.open(
        Policy.parse(POLICY), ledger_of(tmp_path), clock=FrozenClock(), state=tmp_path
    ) as made:
        yield made


def propose(gate: Gate, tool: str = "mail.send") -> str:
    """Propose a call."""
    context = Context(Agent("bot"), tenant="acme", chain=(Link("planner", "asks"),))
    (call,) = gate.conductor.propose(Turn(context, "main", "t", "", tool, (Intent(tool, {}, "c"),)))
    return call


def go(gate: Gate, call: str) -> None:
    """Take it as far as it goes."""

    def ran(ready: Ready) -> Outcome:
        return run(ready, lambda _tool, _args: Done("ok"))

    perform(gate.conductor, call, ran)


def unheeding(*_: object) -> None:
    """See no halt."""


def told(gate: Gate) -> str:
    return "\n".join(gate.audit.verify().problems)


OVER: list[dict[str, Any]] = [
    {"agent": "bot"},
    {"agent": "planner"},
    {"agent": "bot", "tenant": "acme"},
    {"tool": "mail.*"},
    {"topic": "job.out.**"},
    {"everything": True},
    {"everything": True, "tenant": "acme"},
]
NOT_OVER: list[dict[str, Any]] = [
    {"agent": "other"},
    {"agent": "bot", "tenant": "other"},
    {"tool": "pay.*"},
    {"topic": "job.in.**"},
    {"topic": "mail.send"},
]


class TestForged:
    """With the kill switch out of the claim, as in a program that was changed, the log tells."""

    @pytest.mark.parametrize("off", [*OVER, *NOT_OVER], ids=str)
    def test_a_claim_under_a_halt_is_named(
        self, gate: Gate, monkeypatch: pytest.MonkeyPatch, off: dict[str, Any]
    ) -> None:
        """I6: just where the halt is over the call's agents, tool, topic and tenant."""
        call = propose(gate)
        gate.halt(**off, by="ops", reason="so")
        with monkeypatch.context() as patched:
            patched.setattr(running, "halted_by", unheeding)
            go(gate, call)
        gate.unhalt(**off, by="ops", reason="over")
        (kind,) = {*off} - {"tenant"}
        assert ("was claimed and might not be: " + kind in told(gate)) is (off in OVER)

    def test_after_an_approval_and_on_a_repetition_too(
        self, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Every claim is looked at, whatever it rests on."""
        call = propose(gate, "pay.out")
        gate.inbox.approve(call, by="ana", reason="ok")
        gate.halt(tool="pay.out", by="ops", reason="so")
        monkeypatch.setattr(running, "halted_by", unheeding)
        go(gate, call)

        assert "tool `pay.out` was halted then" in told(gate)

    def test_a_topic_is_by_the_policy_of_then(
        self, gate: Gate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A policy that came later moves no call under a halt, nor out of it."""
        ports = gate.conductor.ports
        call = propose(gate)
        gate.halt(topic="job.out.mail", by="ops", reason="so")
        monkeypatch.setattr(running, "halted_by", unheeding)
        go(gate, call)
        assert "topic `job.out.mail` was halted then" in told(gate)
        assert ports.policy().digest in {e["body"].get("policy") for e in gate.audit.log(call=call)}


class TestHonest:
    """Of an honest log nothing is said; walks of `tests/conduct/test_state_machine.py` too."""

    @pytest.mark.parametrize("off", OVER, ids=str)
    def test_before_and_after(self, gate: Gate, off: dict[str, Any]) -> None:
        """What was claimed before a halt or after its end, also while another one stands."""
        go(gate, propose(gate))
        gate.halt(**off, by="ops", reason="so")
        gate.halt(agent="other", by="ops", reason="so")
        gate.halt(**off, by="eve", reason="anew")
        call = propose(gate, "pay.out")
        gate.unhalt(**off, by="ops", reason="over")
        if gate.inbox.show(call).state == "pending":
            gate.inbox.approve(call, by="ana", reason="ok")
        go(gate, call)

        assert told(gate) == ""
