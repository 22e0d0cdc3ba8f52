"""Stop: a word is signed over the very question that it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import DeskError, NotEligible
from interlock.path.proposal import Agent, Context
from interlock.signing import PersonKey, new_key

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}, tell: {risk_tags: [write]}}
rules:
  - {id: ask, match: {tools: [pay]}, decision: require_approval}
  - {id: told, match: {tools: [tell]}, decision: notify, veto_window_sec: 60}
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Open a gate over an empty ledger."""
    ledger, clock = str(tmp_path / "l.db"), FrozenClock()
    with Gate.open(Policy.parse(POLICY), ledger, clock=clock, state=tmp_path) as opened:
        yield opened


@pytest.fixture
def key(gate: Gate) -> PersonKey:
    """Enrol ana with a key of hers."""
    made = new_key()
    gate.reviewers.add("ana", by="ana")
    gate.reviewers.add_key("ana", made.public, by="ana")
    return made


def propose(gate: Gate, tool: str) -> str:
    """Make a call and return its id."""
    intents = (Intent(tool, {}, "c"),)
    (call,) = gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", tool, intents))
    gate.conductor.advance(call)
    return call


def test_a_word_is_signed_and_verifies(gate: Gate, key: PersonKey) -> None:
    """Taken back and vetoed by a key: entries say so, and the record verifies by itself."""
    paid, told = propose(gate, "pay"), propose(gate, "tell")
    gate.inbox.approve(paid, held=key)
    gate.inbox.take_back(paid, held=key, reason="wrong one")
    gate.inbox.veto(told, held=key, reason="not now")
    said = {one["kind"]: one for one in gate.audit.log() if one["kind"] in ("taken_back", "vetoed")}

    assert {kind: (one["actor"], one["auth"]) for kind, one in said.items()} == {
        "taken_back": ("ana", "signed"),
        "vetoed": ("ana", "signed"),
    }
    assert gate.audit.verify().ok


def test_a_name_alone_is_not_its_owners(gate: Gate, key: PersonKey) -> None:
    """Whoever has a key takes back by it, and by no bare name; and nobody without a word."""
    paid = propose(gate, "pay")
    gate.inbox.approve(paid, held=key)

    with pytest.raises(NotEligible, match="--key"):
        gate.inbox.take_back(paid, by="ana", reason="not me")
    with pytest.raises(DeskError, match="reason"):
        gate.inbox.take_back(paid, held=key, reason=" ")
    assert gate.inbox.show(paid).state == "approved"
