"""Stop: what a gate says of what is switched off."""

from pathlib import Path

import pytest

from interlock.app.cases import halt_json
from interlock.app.gate import Gate
from interlock.app.halts import Target
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.errors import DeskError, NotEligible


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A gate that nobody called yet."""
    policy = Policy.parse("default: require_approval")
    return Gate.open(policy, str(tmp_path / "l.db"), clock=FrozenClock())


def test_what_is_off_is_listed(gate: Gate) -> None:
    """Everything that is switched off is listed, the longest first, for all or one tenant."""
    gate.halt(agent=" bot-7 ", reason="odd", by="ana")
    gate.halt(topic="job.**", tenant="acme", reason="audit", by="bea")

    assert [halt.what for halt in gate.halts.list()] == [
        "agent `bot-7`",
        "topic `job.**` of tenant `acme`",
    ]
    (mine,) = gate.halts.list("acme")
    assert halt_json(mine) == {
        "kind": "topic",
        "ref": "job.**",
        "tenant": "acme",
        "by": "bea",
        "at": "2026-01-01T00:00:00.000000Z",
        "reason": "audit",
    }
    assert mine.why == "topic `job.**` of tenant `acme` is halted by bea: audit"


@pytest.mark.parametrize("name", ["policy:silence", "interlock", " "])
def test_the_gates_own_names_are_nobodys(gate: Gate, name: str) -> None:
    """Nobody switches something on or off under a name of the gate's own, or none."""
    with pytest.raises(NotEligible):
        gate.halt(agent="bot", reason="odd", by=name)
    assert gate.halts.list() == []


def test_a_halt_is_lifted_however_it_is_typed(gate: Gate) -> None:
    """All that is named alike is lifted at once, each with its entry; the record is whole."""
    gate.halt(agent="Bot-7", tenant="acme", reason="odd", by="ana")
    gate.halt(agent="bot-7", tenant="Acme", reason="odd", by="ana")
    gate.halt(agent="bot-7", reason="odd", by="ana")
    gate.unhalt(agent=" BOT-7", tenant="ACME ", reason="fine", by="ana")

    assert [halt.what for halt in gate.halts.list()] == ["agent `bot-7`"]
    assert gate.audit.verify().ok


def test_a_scope_is_one_thing() -> None:
    """A scope names its one thing, without the space around it, and nothing else is a scope."""
    assert Target(agent=" bot ").named() == ("agent", "bot")
    assert Target(everything=True).named() == ("everything", "")
    for wrong in (Target(), Target(tool=""), Target(agent="\u200b"), Target(tool="x", topic="x")):
        with pytest.raises(DeskError):
            wrong.named()
