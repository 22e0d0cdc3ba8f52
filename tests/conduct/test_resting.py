"""Rest: who approved much without a pause approves nothing for a while, and may do all else."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from interlock.clock import SystemClock
from interlock.conduct import Ready
from interlock.errors import NotEligible

from .conftest import POLICY, World, open_world, waiting  # isort: skip

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.timeout(60),  # one with threads, each with a ledger of its own, on two cores
]

REST = """
fatigue_controls: {cooldown_after_approvals: 3, cooldown_window_sec: 400, cooldown_sec: 60}
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world in which people rest for a minute after three approvals."""
    made = open_world(tmp_path, POLICY + REST)
    yield made
    made.gate.close()


def asked(world: World, amount: int = 200) -> str:
    """Have a person asked about a refund; return the request."""
    (call,) = world.propose(("refund.issue", {"amount": amount}))
    return waiting(world.go(call)).request.id


def approve(world: World, by: str = "ana", amount: int = 200) -> str:
    """Approve one more refund, and return the request."""
    request = asked(world, amount)
    world.gate.inbox.approve(request, by=by, reason="checked")
    return request


def tired(world: World, *names: str) -> None:
    """Approve three times, a second apart, under some names in turn."""
    for at in range(3):
        approve(world, (names or ("ana",))[at % max(1, len(names))], 200 + at)
        world.clock.advance(1)


class TestRest:
    def test_is_a_pause_after_the_newest_and_says_until_when(self, world: World) -> None:
        """The fourth is refused until a minute after the third, and counts from then on."""
        tired(world)
        request, until = asked(world), world.clock.now() + timedelta(seconds=59)

        with pytest.raises(NotEligible, match=f"until {until:%H:%M:%S} UTC"):
            world.gate.inbox.approve(request, by="ana", reason="checked")
        assert world.gate.inbox.show(request).state == "pending"
        world.clock.advance(58)
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(request, by="ana", reason="checked")
        world.clock.advance(1)
        assert world.gate.inbox.approve(request, by="ana", reason="checked").state == "approved"

    @pytest.mark.parametrize("names", [("Ana", "ana", "local:ANA"), ("a@x.org", "ana", "A@X.org")])
    def test_is_a_humans_under_all_their_names(self, world: World, names: tuple[str, ...]) -> None:
        """Another spelling or another identity is no other, rested human; another human is."""
        world.gate.reviewers.add("ana", identities=["a@x.org"])
        tired(world, *names)
        request = asked(world)

        for name in (*names, "ana"):
            with pytest.raises(NotEligible, match="without a pause"):
                world.gate.inbox.approve(request, by=name, reason="checked")
        assert world.gate.inbox.approve(request, by="bo", reason="checked").state == "approved"

    def test_a_deputy_rests_themselves(self, world: World) -> None:
        """What somebody approves in another's place is theirs, and gives them no second breath."""
        until = world.clock.now() + timedelta(days=1)
        for name in ("ana", "bo"):
            world.gate.reviewers.add(name)
        world.gate.reviewers.delegate("ana", "bo", until=until, reason="on leave")
        tired(world, "bo")

        with pytest.raises(NotEligible, match="without a pause"):
            approve(world, "bo")
        approve(world, "ana")

    @pytest.mark.parametrize("answer", ["deny", "cancel", "respond", "edit"])
    def test_refuses_nothing_but_an_approval(self, world: World, answer: str) -> None:
        """Whoever is tired may still stop, answer and narrow."""
        tired(world)
        said: dict[str, Any] = {
            "deny": {"reason": "no"},
            "respond": {"message": "ask the customer"},
            "edit": {"args": {"amount": 10}},
        }.get(answer, {})
        after = getattr(world.gate.inbox, answer)(asked(world), by="ana", **said)

        assert after.state in ("rejected", "cancelled", "responded", "decided")

    def test_is_no_way_around_by_a_resume_payload(self, tmp_path: Path) -> None:
        """An answer that comes with the run is refused in words, too, and asks again."""
        inline = POLICY.replace("approval_ttl_sec: 600", "approval_ttl_sec: 600, inline: true")
        world = open_world(tmp_path, inline + REST)
        tired(world, "cleo")
        request = asked(world)

        said = world.gate.conductor.hear(request, True, "cleo")
        assert "without a pause" in (said or "")
        assert world.gate.inbox.show(request).state == "pending"
        world.gate.close()

    def test_is_no_way_around_by_a_call_in_doubt(self, world: World) -> None:
        """To have a call run again is an approval; to say that it ran, or did not, is none."""
        (call,) = world.propose(("refund.issue", {"amount": 20}))
        assert isinstance(world.gate.conductor.advance(call), Ready)
        world.clock.advance(31)
        world.gate.recover()
        tired(world)

        assert world.state(call) == "in_doubt"
        with pytest.raises(NotEligible, match="without a pause"):
            world.gate.doubts.settle(call, "retried", by="ana", reason="it did not run")
        assert world.gate.doubts.settle(call, "failed", by="ana", reason="gone") != "in_doubt"

    def test_a_repeat_of_what_counted_is_no_new_approval(self, tmp_path: Path) -> None:
        """Who says again what they said, while others are waited for, hears no refusal."""
        two = POLICY.replace("approval_ttl_sec: 600,", "approval_ttl_sec: 600, quorum: 2,")
        world = open_world(tmp_path, two + REST)
        tired(world)
        request = world.gate.inbox.pending()[-1].id

        after = world.gate.inbox.approve(request, by="ana", reason="checked")
        assert after.approved_by == ("ana",)
        world.gate.close()

    def test_denials_and_pauses_do_not_tire(self, world: World) -> None:
        """Only approvals count, and a minute without one begins anew."""
        for _ in range(4):
            world.gate.inbox.deny(asked(world), by="ana", reason="no")
        for _ in range(2):
            tired(world)
            world.clock.advance(60)
        assert world.gate.inbox.show(approve(world)).state == "approved"

    def test_who_changes_the_policy_changes_it_at_once(self, world: World, tmp_path: Path) -> None:
        """It is computed from votes: a process with another policy asks for another pause."""
        tired(world)
        other = open_world(tmp_path, POLICY, world.clock)
        request = asked(world)

        assert other.gate.inbox.approve(request, by="ana", reason="x").state == "approved"
        other.gate.close()


def test_two_approvals_at_once_by_one_human_are_one_too_many(tmp_path: Path) -> None:
    """At N - 1 of N, of several that come at once one counts, on either database."""
    worlds = [open_world(tmp_path, POLICY + REST, SystemClock()) for _ in range(4)]
    worlds[0].gate.reviewers.add("ana", identities=["a@x.org"])
    for _ in range(2):
        approve(worlds[0])
    requests = [asked(worlds[0], 300 + at) for at in range(len(worlds))]
    names = ("ana", "Ana", "a@x.org", "A@x.org")
    went = at_once([
        partial(world.gate.inbox.approve, request, by=name, reason="checked")
        for world, request, name in zip(worlds, requests, names, strict=True)
    ])  # fmt: skip

    assert sorted(type(one).__name__ for one in went) == ["Case", *["NotEligible"] * 3]
    states = [worlds[0].gate.inbox.show(request).state for request in requests]
    assert sorted(states) == ["approved", *["pending"] * 3]
    assert worlds[0].gate.audit.verify().ok
    for world in worlds:
        world.gate.close()


def at_once(work: list[Callable[[], object]]) -> list[object]:
    """Do things in threads that begin together; return what came of each, an error too."""
    barrier, went = threading.Barrier(len(work)), list[object]()

    def one(do: Callable[[], object]) -> None:
        barrier.wait()
        try:
            went.append(do())
        except NotEligible as error:
            went.append(error)

    threads = [threading.Thread(target=one, args=(do,)) for do in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return went
