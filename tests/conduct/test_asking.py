"""Ask: a reviewer reads what happens, and a held call says what it waits for."""

import json

from interlock.conduct import Held, Waiting

from .conftest import World  # isort: skip


def test_the_payload_says_what_why_and_what_follows(world: World) -> None:
    """A payload is JSON and names tool, arguments, rule, effect, risk, amount and time."""
    (call,) = world.propose(("refund.issue", {"amount": 200}))
    progress = world.go(call)
    assert isinstance(progress, Waiting)

    ours = json.loads(json.dumps(progress.payload))["interlock"]

    assert ours["rules"] == ["big"]
    assert ours["digest"] == progress.request.digest
    assert "amount_usd 200" in ours["consequences"]
    assert "once for each run" in ours["consequences"]
    assert ours["expires_at"] > "2026"


def test_a_held_call_names_what_it_waits_for(world: World) -> None:
    """A held call's payload asks nothing; it names the requests before it."""
    ask, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
    waiting, held = world.go(ask), world.go(small)
    assert isinstance(waiting, Waiting)
    assert isinstance(held, Held)

    assert held.payload["interlock"]["held_behind"] == [waiting.request.id]
    assert "waits" in held.payload["action_requests"][0]["description"]
    assert held.payload["review_configs"][0]["allowed_decisions"] == ["reject"]
