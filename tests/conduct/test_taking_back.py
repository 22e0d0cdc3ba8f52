"""Undo: who approved takes it back, before anything runs and never after."""

import pytest

from interlock.errors import AlreadyDecided, DeskError, NotEligible

from .conftest import World, answer, waiting  # isort: skip

PAY = ("refund.issue", {"amount": 80})


def asked(world: World) -> tuple[str, str]:
    """Make a call that a person must decide; return it and its request."""
    (call,) = world.propose(PAY)
    return call, waiting(world.go(call)).request.id


def test_nothing_runs_of_what_is_taken_back(world: World) -> None:
    """I6: a call whose approval was taken back is cancelled, and the record verifies."""
    call, request = asked(world)
    world.gate.inbox.approve(request, by="ana", reason="fine")
    after = world.gate.inbox.take_back(request, by="ana", reason="wrong order")

    assert after.state == "cancelled"
    assert "wrong order" in answer(world.go(call)).content
    assert world.effects == []
    (entry,) = [one for one in world.gate.audit.log(call=call) if one["kind"] == "taken_back"]
    assert (entry["actor"], entry["auth"]) == ("ana", "local")
    assert world.gate.audit.verify().ok


def test_anyone_who_may_deny_stops_it(world: World) -> None:
    """What was approved and did not run is stopped by who did not approve it, with a reason."""
    call, request = asked(world)
    world.gate.inbox.approve(request, by="ana", reason="fine")

    with pytest.raises(DeskError, match="reason"):
        world.gate.inbox.cancel(request, by="bob")
    with pytest.raises(AlreadyDecided, match=f"interlock cancel {call}"):
        world.gate.inbox.deny(request, by="bob", reason="no")
    assert world.gate.inbox.cancel(request, by="bob", reason="wrong order").state == "cancelled"
    assert answer(world.go(call)).ending == "cancelled"
    assert world.effects == []
    assert world.gate.audit.verify().ok


def test_not_under_a_name_that_is_not_shown(world: World) -> None:
    """Who has a credential shows it to stop a call, as to deny it; who was revoked stops none."""
    call, request = asked(world)
    world.gate.inbox.approve(request, by="ana", reason="fine")
    desk = world.gate.reviewers
    desk.add("bob")
    desk.add("carl")
    _, token = desk.new_token("bob")
    desk.revoke("carl", reason="left", held=token)

    for name in ("bob", "carl"):
        with pytest.raises(NotEligible):
            world.gate.inbox.cancel(request, by=name, reason="no")
    assert answer(world.go(call)).ending == "released"


def test_too_late(world: World) -> None:
    """What waits, ran or ended is not taken back."""
    call, request = asked(world)
    with pytest.raises(AlreadyDecided, match="pending"):
        world.gate.inbox.take_back(request, by="ana", reason="no")
    world.gate.inbox.approve(request, by="ana", reason="fine")
    world.go(call)
    with pytest.raises(AlreadyDecided, match="released"):
        world.gate.inbox.take_back(request, by="ana", reason="no")

    assert len(world.effects) == 1
