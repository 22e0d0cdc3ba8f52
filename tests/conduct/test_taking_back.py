"""Undo: who approved takes it back, before anything runs and never after."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from interlock.app.people import Token
from interlock.clock import SystemClock
from interlock.errors import AlreadyDecided, DeskError, NotEligible

from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

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


TWO = POLICY.replace("{approval_ttl_sec: 600,", "{quorum: 2, approval_ttl_sec: 600,")


@pytest.mark.usefixtures("database")
class TestRetracted:
    """While others are missing, whose approval it is makes it void, and nothing else."""

    def test_a_first_approval_counts_no_more(self, tmp_path: Path) -> None:
        """I7: after it another approval is the first; whose it was may approve anew."""
        with open_world(tmp_path, TWO).gate as gate:
            world = World(gate, gate.ledger.clock)
            call, request = asked(world)
            inbox = gate.inbox
            inbox.approve(request, by="ana", reason="fine")
            after = inbox.take_back(request, by="Ana", reason="wrong order")

            assert (after.state, after.approved_by) == ("pending", ())
            assert inbox.approve(request, by="bo", reason="fine").state == "pending"
            assert waiting(world.go(call)).request.id == request
            assert world.effects == []
            assert inbox.approve(request, by="ana", reason="fine after all").state == "approved"
            assert answer(world.go(call)).ending == "released"
            told = [one for one in gate.audit.log(call=call) if one["kind"] == "voted"]
            said = [one["body"]["answer"] for one in told]
            assert said == ["approve", "retract", "approve", "approve"]
            assert gate.audit.verify().ok

    def test_of_nobody_else(self, tmp_path: Path) -> None:
        """Who approved nothing, took it back, or does not show who they are voids nothing."""
        with open_world(tmp_path, TWO).gate as gate:
            world, inbox = World(gate, gate.ledger.clock), gate.inbox
            _, request = asked(world)
            gate.reviewers.add("ana")
            _, token = gate.reviewers.new_token("ana")
            inbox.approve(request, by="ana", reason="fine", held=Token(token.secret))
            for name in ("bo", "cust"):
                with pytest.raises(AlreadyDecided, match="no approval of"):
                    inbox.take_back(request, by=name, reason="no")
            with pytest.raises(NotEligible, match="name alone"):
                inbox.take_back(request, by="ana", reason="no")
            with pytest.raises(DeskError, match="reason"):
                inbox.take_back(request, by="ana", reason=" ", held=token)
            assert inbox.show(request).approved_by == ("ana",)
            inbox.take_back(request, by="ana", reason="no", held=token)
            with pytest.raises(AlreadyDecided, match="no approval of"):
                inbox.take_back(request, by="ana", reason="no", held=token)
            assert gate.audit.verify().ok

    def test_a_quorum_that_shrank_is_not_filled_by_it(self, tmp_path: Path) -> None:
        """Fewer must approve than did: that one takes theirs back approves nothing."""
        everyone = TWO.replace("quorum: 2", "route: few, quorum: unanimous")
        fewer = everyone + "groups: {few: [a, b, c]}\n"
        with open_world(tmp_path, fewer).gate as gate:
            world, inbox = World(gate, gate.ledger.clock), gate.inbox
            _, request = asked(world)
            for name in ("a", "b"):
                inbox.approve(request, by=name, reason="fine")
            for name in ("z", "c"):
                gate.reviewers.add(name)
            gate.reviewers.revoke("c", reason="left")
            after = inbox.take_back(request, by="a", reason="wrong")

            assert (after.state, after.approved_by) == ("pending", ("b",))
            assert gate.audit.verify().ok

    @pytest.mark.timeout(60)  # many rounds of two threads, each with a ledger of its own
    def test_against_the_deciding_approval(self, tmp_path: Path) -> None:
        """At once, one comes first: approved with both, or waiting with one; never both."""
        worlds = [open_world(tmp_path, TWO, clock=SystemClock()) for _ in range(2)]
        first, second = (world.gate.inbox for world in worlds)

        def at_once(request: str, barrier: Barrier) -> tuple[str, str]:
            def back() -> str:
                barrier.wait()
                try:
                    return first.take_back(request, by="ana", reason="wrong").state
                except AlreadyDecided:
                    return "too late"

            with ThreadPoolExecutor(1) as pool:
                found = pool.submit(back)
                barrier.wait()
                given = second.approve(request, by="bo", reason="fine").state
                return found.result(), given

        for _ in range(8):
            _, request = asked(worlds[0])
            first.approve(request, by="ana", reason="fine")
            went = at_once(request, Barrier(2))
            case = first.show(request)
            assert (went[0] == "too late") == (case.state == "approved")
            assert case.approved_by == (() if case.state == "approved" else ("bo",))
        assert worlds[0].gate.audit.verify().ok
        for world in worlds:
            world.gate.close()
