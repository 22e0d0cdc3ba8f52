"""Judge: what the ledger knows of an agent becomes signals, and its level counts."""

from dataclasses import replace
from pathlib import Path

import pytest

from interlock.app.policy import Policy
from interlock.conduct import Answered, Waiting

from .conftest import POLICY, World, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")


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


def test_a_source_that_policy_does_not_name_is_not_used(tmp_path: Path) -> None:
    """`source: []` means never: an agent cannot vouch for itself then."""
    policy = (
        "signals: {confidence: {source: []}}\n"
        "rules:\n"
        "  - {id: unsure, match: {confidence_below: 0.7}, decision: require_approval}\n"
        "  - {id: rest, match: {tools: [pay]}, decision: allow}\n"
    )
    world = open_world(tmp_path, policy)
    (call,) = world.propose(("pay", {"_interlock": {"confidence": 0.99}}))

    assert isinstance(world.go(call), Waiting)
    assert "confidence" not in signals(world, call)
    world.gate.close()


def test_a_host_does_not_overrule_what_the_ledger_knows(world: World) -> None:
    """Retries and first times are counted here; no run configuration talks them away."""
    for _ in range(4):
        turn = world.turn(("orders.get", {"id": 7}))
        told = replace(turn.context, signals={"retry_count": 0, "first_time_action": False})
        (call,) = world.gate.conductor.propose(replace(turn, context=told))
        progress = world.go(call)
    assert isinstance(progress, Waiting)


def test_a_demotion_misses_no_tenant(tmp_path: Path) -> None:
    """An agent's level for all binds it for each tenant; the lower one counts."""
    policy = (
        "autonomy: {initial_level: 1}\n"
        "autonomy_levels:\n"
        "  level_0: {name: low, rules: [{match: {topics: ['*']}, decision: deny}]}\n"
        "  level_1: {name: high, rules: [{match: {topics: ['*']}, decision: allow}]}\n"
    )
    world = open_world(tmp_path, policy)
    world.gate.autonomy.set("bot", 0, reason="incident", by="ana")
    turn = world.turn(("pay", {}))
    told = replace(turn.context, tenant="acme")
    (call,) = world.gate.conductor.propose(replace(turn, context=told))

    assert world.state(call) == "denied"
    world.gate.close()


def test_a_poisoned_name_does_not_stop_its_turn(world: World) -> None:
    """R9: a lone surrogate in a name or a remark leaves every call of the turn with an answer."""
    claim = {"confidence": 0.9, "why": "a\ud800b"}
    calls = world.propose(
        ("orders.get", {"_interlock": claim}), ("no\udfffsuch", {}), ("orders.get", {"id": 2})
    )

    assert isinstance(world.go(calls[2]), Answered)
    assert len({*calls}) == 3


AUDITED = """
audit:
  sampling: {rate: 0.1, strategy: stratified, weights: {risk_tags: {write: 2.0, read: 0.5}}}
  mandatory: [{match: {amount_usd_above: 40}}, {match: {first_time_action: true}}]
"""


def chance(world: World, call: str) -> object:
    """Return what the record says of how likely a call is audited."""
    bodies = [entry["body"] for entry in world.gate.audit.log(call=call)]
    decided = [body.get("decided", body) for body in bodies]
    (found,) = [body["audit"] for body in decided if "audit" in body]
    return found["stratum"], found["inclusion"]


def test_the_chance_of_an_audit_is_fixed_with_the_decision(tmp_path: Path) -> None:
    """By weight; certain for what is mandatory or may be; in the record before the call runs."""
    world = open_world(tmp_path, policy=POLICY + AUDITED)
    with world.gate:
        for tool in ("orders.get", "refund.issue", "set.flag"):
            (first,) = world.propose((tool, {"id": 1, "amount": 1}))
            assert chance(world, first) == ("mandatory", 1.0)
            world.go(first)
        read, small, large, unclear = world.propose(
            ("orders.get", {"id": 2}),
            ("refund.issue", {"amount": 30}),
            ("refund.issue", {"amount": 41}),
            ("refund.issue", {"amount": "much"}),
        )

        assert chance(world, read) == ("read", 0.05)
        assert chance(world, small) == ("write", 0.2)
        assert chance(world, large) == ("mandatory", 1.0)
        assert chance(world, unclear) == ("mandatory", 1.0)


def test_a_policy_without_audits_says_nothing_of_them(world: World) -> None:
    """No decision has a chance where the policy audits nothing."""
    (call,) = world.propose(("orders.get", {"id": 1}))

    assert all("audit" not in entry["body"] for entry in world.gate.audit.log(call=call))
