"""Remember: the last call like this one, and of nobody else."""

from interlock.app.gate import Gate
from interlock.conduct import Intent, Turn
from interlock.ledger.queries import find_call
from interlock.ledger.similar import call_before
from interlock.path.proposal import Agent, Context


def propose(gate: Gate, turn: str, agent: str = "bot", tool: str = "pay", tenant: str = "") -> str:
    """Make one call."""
    context = Context(Agent(agent), tenant=tenant)
    intents = (Intent(tool, {"turn": turn}, "c"),)
    (call,) = gate.conductor.propose(Turn(context, "main", "t", "", turn, intents))
    gate.ledger.clock.sleep(1)
    return call


def test_the_last_of_the_same_agent_tool_and_tenant(gate: Gate) -> None:
    """Not the next, not another agent's, tool's or tenant's, and none where it is the first."""
    first = propose(gate, "m1")
    second = propose(gate, "m2")
    for turn, other in enumerate(({"agent": "x"}, {"tool": "y"}, {"tenant": "z"})):
        propose(gate, f"o{turn}", **other)
    third = propose(gate, "m3")
    found = [call_before(gate.ledger, find_call(gate.ledger, each)) for each in (first, third)]

    assert found[0] is None
    assert found[1] is not None
    assert found[1].id == second


def test_an_edit_is_the_same_call(gate: Gate) -> None:
    """An edited call is not held against its own earlier revision."""
    call = gate.inbox.show(propose(gate, "m1"))
    edited = gate.inbox.edit(call.id, args={"turn": "new"}, by="ana")

    assert call_before(gate.ledger, find_call(gate.ledger, edited.id)) is None
