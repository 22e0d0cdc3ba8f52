"""Judge: what the ledger knows of an agent becomes signals, and its level counts."""

from dataclasses import replace

from interlock.app.policy import Policy
from interlock.conduct import Answered, Waiting

from .conftest import POLICY, World  # isort: skip


def signals(world: World, call: str) -> dict[str, object]:
    """Return the signals that a call was decided by."""
    return world.gate.inbox.show(call).signals


def test_first_time_and_retries(world: World) -> None:
    """`first_time_action` is exact; a retry has the same arguments, or follows a failure."""
    (first,) = world.propose(("orders.get", {"id": 1}))
    assert signals(world, first) == {"retry_count": 0, "first_time_action": True}
    world.go(first)
    (again,) = world.propose(("orders.get", {"id": 1}))
    (other,) = world.propose(("orders.get", {"id": 2}))

    assert signals(world, again) == {"retry_count": 1, "first_time_action": False}
    assert signals(world, other) == {"retry_count": 0, "first_time_action": False}
    world.result = TimeoutError("carrier")
    assert isinstance(world.go(other), Answered)
    (third,) = world.propose(("orders.get", {"id": 3}))
    assert signals(world, third)["retry_count"] == 1


def test_a_declared_confidence_is_a_signal_and_no_argument(world: World) -> None:
    """What an agent says of itself is taken out of the call and decided by."""
    claim = {"confidence": 0.3, "why": "guessing"}
    (call,) = world.propose(("orders.get", {"id": 1, "_interlock": claim}))

    assert signals(world, call)["confidence"] == 0.3
    world.go(call)
    assert world.effects == [("orders.get", {"id": 1})]


def test_a_call_that_asks_now_is_judged_anew(world: World) -> None:
    """What was allowed and is not any more is asked about, and the record says by which policy."""
    ask, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
    progress = world.go(ask)
    assert isinstance(progress, Waiting)
    world.gate.inbox.deny(progress.request.id, by="ana")

    asking = Policy.parse(
        POLICY + "  - {id: now, match: {tools: [refund.issue]}, decision: require_approval}\n"
    )

    ports = replace(world.gate.conductor.ports, policy=lambda: asking.compiled)
    world.gate.conductor.ports = ports

    assert isinstance(world.go(small), Waiting)
    assert world.gate.inbox.show(small).policy_snapshot == asking.snapshot
    assert world.gate.audit.verify().ok, world.gate.audit.verify().problems
