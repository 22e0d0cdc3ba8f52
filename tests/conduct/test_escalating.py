"""Escalate: levels in order, once, never early; and silence means what the policy says."""

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from interlock.clock import FrozenClock
from interlock.conduct import Held, Ready, faults
from interlock.conduct.escalating import BY_SILENCE, SNOOZE_MAX_S, snooze
from interlock.conduct.timers import recover
from interlock.errors import AlreadyDecided, DeskError, NotEligible, PolicyError

from .conftest import World, answer, breaker, open_world, waiting  # isort: skip

FORK = multiprocessing.get_context("fork")

POLICY = """
tools:
  pay: {risk_tags: [write]}
  wipe: {risk_tags: [delete]}
  key.read: {risk_tags: [secrets, read], effect: read}
  orders.get: {risk_tags: [read], effect: read}
  ship: {risk_tags: [write]}
groups: {ops: [ana], leads: [bo], duty: [cy]}
escalation: {ops: [leads, duty]}
rules:
  - {id: pays, match: {tools: [pay]}, decision: require_approval,
     review: {route: ops, approval_ttl_sec: 600, escalate_after_sec: 100, execution_ttl_sec: 60,
              on_timeout: SILENCE}}
  - {id: gone, match: {tools: [wipe, key.read]}, decision: require_approval,
     review: {approval_ttl_sec: 600, on_timeout: SILENCE}}
  - {id: other, match: {tools: [ship]}, decision: require_approval}
  - {id: reads, match: {tools: [orders.get]}, decision: allow}
"""

PAY = ("pay", {"n": 1})


def policy(silence: str) -> str:
    """Return the policy in which silence means this."""
    return POLICY.replace("SILENCE", silence)


@pytest.fixture
def world(tmp_path: Path, database: str, request: pytest.FixtureRequest) -> Iterator[World]:
    """One world; nobody's answer means `deny`, or what the test says."""
    made = open_world(tmp_path, policy(getattr(request, "param", "deny")))
    yield made
    assert made.gate.audit.verify().problems == ()
    made.gate.close()


silence_approves = pytest.mark.parametrize("world", ["approve"], indirect=True)
silence_escalates = pytest.mark.parametrize("world", ["escalate"], indirect=True)


def fired(world: World) -> list[tuple[str, str]]:
    return [(each.kind, each.came_to) for each in recover(world.gate.conductor.ports)]


def entries(world: World, kind: str) -> list[dict[str, Any]]:
    return [line for line in world.gate.audit.log() if line["kind"] == kind]


def asked(world: World) -> str:
    (call,) = world.propose(PAY)
    return call


def level(world: World, call: str) -> int:
    return waiting(world.go(call)).request.level


class TestLevels:
    def test_each_is_asked_once_in_order_and_never_early(self, world: World) -> None:
        """I12: the first level at its time, the next as long after, and none twice."""
        call = asked(world)
        seen: list[tuple[float, int]] = []
        for _ in range(61):
            world.clock.advance(9.7)
            recover(world.gate.conductor.ports)
            seen.append((world.clock.now().timestamp(), level(world, call)))
        told = [
            (line["body"]["level"], line["body"]["group"]) for line in entries(world, "escalated")
        ]

        assert told == [(1, "leads"), (2, "duty")]
        assert [at for _, at in seen] == sorted(at for _, at in seen)
        first, second = (line["at"] for line in entries(world, "escalated"))
        assert first < second

    @given(early_s=st.floats(min_value=0.000001, max_value=100))
    @settings(max_examples=15, deadline=None)
    def test_not_a_microsecond_early(
        self, tmp_path_factory: pytest.TempPathFactory, early_s: float
    ) -> None:
        """I12: however often anybody looks, no level is asked before its time."""
        world = open_world(tmp_path_factory.mktemp("early"), policy("deny"))
        call = asked(world)
        world.clock.advance(100 - early_s)

        assert (fired(world), level(world, call)) == ([], 0)
        world.gate.close()

    def test_who_is_asked_next_may_answer_from_then_on(self, world: World) -> None:
        """A member of the next level counts for nothing before, and for an answer after."""
        call = asked(world)
        with pytest.raises(NotEligible, match="ops"):
            world.gate.inbox.approve(call, by="bo")
        world.clock.advance(100)

        assert world.gate.inbox.approve(call, by="bo").state == "approved"
        assert answer(world.go(call)).ending == "released"

    def test_who_was_asked_first_may_still_answer(self, world: World) -> None:
        """Another level adds people and takes none away."""
        call = asked(world)
        world.clock.advance(250)
        recover(world.gate.conductor.ports)

        assert world.gate.inbox.approve(call, by="ana").state == "approved"

    def test_a_process_that_was_away_asks_one_level_at_a_time(self, world: World) -> None:
        """I12: each level has its whole time, also where nobody fired for long."""
        call = asked(world)
        world.clock.advance(390)
        recover(world.gate.conductor.ports)
        late = level(world, call)
        world.clock.advance(99.9)
        recover(world.gate.conductor.ports)

        assert (late, level(world, call)) == (1, 1)

    def test_two_workers_ask_once(self, world: World, tmp_path: Path) -> None:
        """I12, I15: whoever fires second finds it done."""
        call = asked(world)
        other = open_world(tmp_path, policy("deny"), clock=world.clock)
        world.clock.advance(100)
        both = fired(world) + fired(other)
        other.gate.close()

        assert both == [("escalation", "escalated")]
        assert level(world, call) == 1

    def test_many_at_once_ask_once(self, world: World, tmp_path: Path) -> None:
        """I12: of workers that fire in the same moment one asks, and none fails."""
        call = asked(world)
        world.clock.advance(100)
        others = [open_world(tmp_path, policy("deny"), clock=world.clock) for _ in range(3)]
        start = threading.Barrier(3)

        def fire(one: World) -> list[tuple[str, str]]:
            start.wait(10)
            return fired(one)

        with ThreadPoolExecutor(3) as pool:
            both = [each for found in pool.map(fire, others) for each in found]
        for one in others:
            one.gate.close()

        assert both == [("escalation", "escalated")]
        assert level(world, call) == 1
        assert len(entries(world, "escalated")) == 1

    def test_it_survives_a_restart(self, world: World, tmp_path: Path) -> None:
        """What falls due lies in the ledger, in no process."""
        call = asked(world)
        world.gate.close()
        world.clock.advance(101)
        world.gate = open_world(tmp_path, policy("deny"), clock=world.clock).gate

        assert fired(world) == [("escalation", "escalated")]
        assert level(world, call) == 1

    def test_a_clock_that_steps_back_asks_nobody_again(self, world: World) -> None:
        """I12: a level that was asked stays asked, and the next is not early by any clock."""
        call = asked(world)
        world.clock.advance(100)
        recover(world.gate.conductor.ports)
        world.clock.advance(-3600)

        assert (fired(world), level(world, call)) == ([], 1)
        world.clock.advance(3600 + 99)
        assert fired(world) == []

    def test_what_was_answered_is_not_escalated(self, world: World) -> None:
        """A question that has its verdict asks nobody else."""
        call = asked(world)
        world.gate.inbox.deny(call, by="ana", reason="no")
        world.clock.advance(1000)

        assert fired(world) == []
        assert entries(world, "escalated") == []

    def test_looking_at_the_inbox_asks_who_is_due(self, world: World) -> None:
        """Without a worker, whoever looks at what waits makes it as it ought to be."""
        call = asked(world)
        world.clock.advance(100)
        world.gate.inbox.pending()

        assert level(world, call) == 1

    def test_an_edit_is_asked_from_the_start(self, world: World) -> None:
        """A new revision is a new question: its levels begin anew."""
        call = asked(world)
        world.clock.advance(100)
        edited = world.gate.inbox.edit(call, by="ana", args={"n": 2})
        world.clock.advance(99)

        assert (fired(world), level(world, edited.call_id)) == ([], 0)

    @pytest.mark.timeout(60)  # a process that is killed
    @pytest.mark.parametrize("point", ["timer_taken", "timer_fired"])
    def test_killed_while_it_fires(self, tmp_path: Path, point: str) -> None:
        """I12: a level is asked once, whether a process dies before its commit or after."""
        child = FORK.Process(target=_die_firing, args=(tmp_path, point))
        child.start()
        child.join(30)
        assert child.exitcode == -signal.SIGKILL
        clock = FrozenClock()
        clock.advance(100)
        world = open_world(tmp_path, policy("deny"), clock=clock)
        recover(world.gate.conductor.ports)

        assert [line["body"]["level"] for line in entries(world, "escalated")] == [1]
        assert world.gate.audit.verify().problems == ()
        world.gate.close()


def _die_firing(folder: Path, point: str) -> None:
    world = open_world(folder, policy("deny"))
    asked(world)
    world.clock.advance(100)
    faults._AT = point  # type: ignore[misc] - what the environment sets
    recover(world.gate.conductor.ports)


class TestVacant:
    """A level in which nobody is to look is named, and the next is asked at once."""

    POLICY = policy("SILENCE").replace("[leads, duty]", "[night, leads, dawn]")

    @pytest.fixture
    def opened(self, tmp_path: Path, database: str) -> Iterator[Callable[[str], World]]:
        """Open a world in which silence means something; its record is whole in the end."""
        made: list[World] = []

        def one(silence: str = "deny") -> World:
            made.append(open_world(tmp_path, self.POLICY.replace("SILENCE", silence)))
            return made[-1]

        yield one
        problems = made[0].gate.audit.verify().problems
        made[0].gate.close()
        assert problems == ()

    @staticmethod
    def told(world: World) -> list[tuple[str, bool]]:
        return [
            (line["body"]["group"], "vacant" in line["body"])
            for line in entries(world, "escalated")
        ]

    @staticmethod
    def alarms(world: World) -> list[list[str]]:
        return [line["body"]["empty"] for line in entries(world, "understaffed")]

    @pytest.mark.parametrize("why", ["nobody has the role", "revoked", "away"])
    def test_the_next_is_asked_at_once(self, opened: Callable[..., World], why: str) -> None:
        """Once each, and in the record; the one after it has its whole time again."""
        world = opened()
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(days=1)
        if why != "nobody has the role":
            desk.add("kim", roles=["night"])
        call = asked(world)
        if why == "revoked":
            desk.revoke("kim", reason="left")
        if why == "away":
            desk.away("kim", until=until, reason="ill")
        world.clock.advance(100)

        assert fired(world) == [("escalation", "escalated")]
        assert fired(world) == []
        assert (level(world, call), self.told(world)) == (2, [("night", True), ("leads", False)])
        assert self.alarms(world) == [["night"]]
        world.clock.advance(99.9)
        assert fired(world) == []
        assert world.gate.inbox.approve(call, by="kim" if why == "away" else "bo").state == (
            "approved"
        )

    def test_the_default_stands_in_for_no_level(
        self, opened: Callable[..., World], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is asked where it is named; an empty level before it is passed over all the same."""
        routed = self.POLICY.replace("groups:", "routing: {default: ops}\ngroups:")
        monkeypatch.setattr(self, "POLICY", routed)
        world = opened()
        call = asked(world)
        world.clock.advance(100)

        assert fired(world) == [("escalation", "escalated")]
        assert (level(world, call), self.told(world)) == (2, [("night", True), ("leads", False)])
        assert self.alarms(world) == [["night"]]

    def test_who_came_since_it_was_asked_is_there(self, opened: Callable[..., World]) -> None:
        """Who is in a role is looked up when its turn comes; a deputy is somebody, too."""
        world = opened()
        asked(world)
        desk, until = world.gate.reviewers, world.clock.now() + timedelta(days=1)
        desk.add("kim", roles=["night"])
        desk.add("lou")
        desk.away("kim", until=until, reason="ill")
        desk.delegate("kim", "lou", until=until, reason="ill")
        world.clock.advance(100)
        recover(world.gate.conductor.ports)

        assert (self.told(world), self.alarms(world)) == ([("night", False)], [])

    def test_after_an_empty_last_level_those_before_have_their_time(
        self, opened: Callable[..., World]
    ) -> None:
        """Nobody is at the last level: it is said, and who was asked before may still answer."""
        world = opened()
        call = asked(world)
        for _ in range(2):
            world.clock.advance(100)
            recover(world.gate.conductor.ports)
        assert self.alarms(world) == [["night"], ["dawn"]]
        world.clock.advance(399)
        recover(world.gate.conductor.ports)

        assert world.gate.inbox.approve(call, by="ana").state == "approved"

    @pytest.mark.parametrize("silence", ["deny", "escalate", "approve"])
    def test_where_nobody_at_all_is_left(self, opened: Callable[..., World], silence: str) -> None:
        """It ends then and there, save where silence approves: that takes its whole time."""
        world = opened(silence)
        desk = world.gate.reviewers
        call = asked(world)
        for name in ("ana", "bo"):
            desk.add(name)
            desk.revoke(name, reason="left")
        world.clock.advance(100)
        (came_to,) = [came_to for _, came_to in fired(world)]

        left: list[str] = []  # of a group that is declared; no role of it is empty
        assert self.alarms(world) == [left, ["night"], ["leads"], ["dawn"]]
        if silence == "approve":
            assert (came_to, world.state(call)) == ("escalated", "pending")
            return
        got = answer(world.go(call))
        assert (came_to, got.ending, world.effects) == ("expired", "expired", [])
        assert "within 100 s" in got.content
        with pytest.raises(AlreadyDecided):
            world.gate.inbox.approve(call, by="zoe")

    @pytest.mark.parametrize(
        ("roles", "has_token", "then"),
        [
            (["break-glass"], True, "escalated"),
            (["break-glass"], False, "expired"),
            (["other"], True, "expired"),
        ],
    )
    def test_who_may_break_the_glass_is_somebody(
        self, opened: Callable[..., World], roles: list[str], has_token: bool, then: str
    ) -> None:
        """Who could let it run in an emergency has the whole time to do so."""
        world = opened()
        desk = world.gate.reviewers
        call = asked(world)
        for name in ("ana", "bo"):
            desk.add(name)
            desk.revoke(name, reason="left")
        if has_token and roles == ["break-glass"]:
            token = breaker(world.gate, "gus")
        else:
            desk.add("gus", roles=roles)
            token = desk.new_token("gus")[1] if has_token else None
        world.clock.advance(100)

        assert fired(world) == [("escalation", then)]
        if then == "escalated":
            broken = world.gate.inbox.break_glass(call, held=token, reason="fire")
            assert (broken.state, answer(world.go(call)).ending) == ("approved", "released")

    def test_silence_that_escalates_passes_over_who_is_not_there(
        self, opened: Callable[..., World]
    ) -> None:
        """When a question's time is over, the next who is there has a time of their own."""
        world = opened("escalate")
        call = asked(world)
        desk = world.gate.reviewers
        desk.add("bo")
        desk.revoke("bo", reason="left")
        desk.add("dee", roles=["dawn"])
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        request = waiting(world.go(call)).request

        assert (request.level, request.expires_at) == (
            3,
            world.clock.now() + timedelta(seconds=600),
        )
        desk.revoke("dee", reason="left")
        world.clock.advance(600)
        assert answer(world.go(call)).ending == "expired"

    def test_a_late_look_at_an_empty_last_level_ends_it(self, opened: Callable[..., World]) -> None:
        """Its time is over and nobody new is there: it expires, once."""
        world = opened("escalate")
        desk = world.gate.reviewers
        desk.add("bo")
        desk.revoke("bo", reason="left")
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)

        assert answer(world.go(call)).ending == "expired"
        assert len(entries(world, "expired")) == 1


class TestSilence:
    def test_denies_by_default_and_says_expired(self, world: World) -> None:
        """Nobody's answer is no human's no: the agent is told that the time ran out."""
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        got = answer(world.go(call))

        assert (got.ending, world.effects) == ("expired", [])
        assert "rejected" not in got.content

    def test_asks_the_next_level_anew(self, tmp_path: Path, database: str) -> None:
        """The next level has the whole time from when it is asked; after the last it expires."""
        later = policy("escalate").replace("escalate_after_sec: 100", "escalate_after_sec: 9000")
        world = open_world(tmp_path, later)
        call, start = asked(world), world.clock.now()
        seen: list[tuple[int, float]] = []
        while world.state(call) == "pending":
            request = waiting(world.go(call)).request
            seen.append((request.level, (request.expires_at - start).total_seconds()))
            world.clock.advance(599)
            assert fired(world) == []
            world.clock.advance(1)
            recover(world.gate.conductor.ports)

        assert seen == [(0, 600), (1, 1200), (2, 1800)]
        assert answer(world.go(call)).ending == "expired"
        assert world.gate.audit.verify().problems == ()
        world.gate.close()

    def test_a_level_that_is_asked_anew_may_answer(self, tmp_path: Path) -> None:
        """A question whose time was over and that asks the next level is open to it, and late."""
        later = policy("escalate").replace("escalate_after_sec: 100", "escalate_after_sec: 9000")
        world = open_world(tmp_path, later)
        call = asked(world)
        world.clock.advance(5000)

        assert world.gate.inbox.approve(call, by="bo").state == "approved"
        assert answer(world.go(call)).ending == "released"
        world.gate.close()

    @silence_escalates
    def test_it_ends_when_everybody_was_asked(self, world: World) -> None:
        """Levels that time asked while it was open are not asked again: it expires."""
        call = asked(world)
        for _ in range(6):
            world.clock.advance(100)
            recover(world.gate.conductor.ports)

        assert answer(world.go(call)).ending == "expired"
        assert [line["body"]["level"] for line in entries(world, "escalated")] == [1, 2]

    @silence_approves
    def test_approves_as_nobody(self, world: World) -> None:
        """A state of its own, with an approver that no person can be."""
        call = asked(world)
        world.clock.advance(600)
        assert fired(world)[-1][1] == "auto_approved"

        assert world.state(call) == "auto_approved"
        (entry,) = entries(world, "auto_approved")
        assert (entry["actor"], entry["auth"]) == (BY_SILENCE, "none")
        assert world.gate.inbox.show(call).votes == ()
        assert answer(world.go(call)).ending == "released"
        assert world.gate.inbox.show(call).by_silence

    @silence_approves
    def test_what_nobody_approved_is_stopped_by_who_may_deny(self, world: World) -> None:
        """I6: as long as nobody claimed it, with a reason; then nothing of it ever runs."""
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        with pytest.raises(AlreadyDecided, match=f"interlock cancel {call}"):
            world.gate.inbox.deny(call, by="zoe", reason="no")
        assert world.gate.inbox.cancel(call, by="zoe", reason="nobody looked").state == "cancelled"
        recover(world.gate.conductor.ports)

        assert (answer(world.go(call)).ending, world.effects) == ("cancelled", [])

    @silence_approves
    def test_never_early(self, world: World) -> None:
        """Silence lasts for the whole of the request's time."""
        call = asked(world)
        world.clock.advance(599.999999)
        recover(world.gate.conductor.ports)

        assert world.state(call) == "pending"

    @silence_approves
    def test_no_person_may_be_silence(self, world: World) -> None:
        """The name under which silence approves is nobody's."""
        call = asked(world)
        with pytest.raises(NotEligible):
            world.gate.inbox.approve(call, by=BY_SILENCE)

    @silence_approves
    @pytest.mark.parametrize("tool", ["wipe", "key.read", "not.declared"])
    def test_never_approves_what_deletes_or_holds_secrets(self, world: World, tool: str) -> None:
        """What cannot be taken back, or is not known, needs a person's word."""
        (call,) = world.propose((tool, {}))
        world.clock.advance(14400)
        recover(world.gate.conductor.ports)

        assert (world.state(call), world.effects) == ("expired", [])

    def test_never_approves_what_is_critical(self, tmp_path: Path) -> None:
        """The top class waits for people, whatever a rule says of silence."""
        risk = "risk:\n  - {level: critical, match: {tools: [pay]}}\n  - {level: low}\n"
        world = open_world(tmp_path, policy("approve") + risk)
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)

        assert world.state(call) == "expired"
        world.gate.close()

    @silence_approves
    def test_a_denial_in_time_wins(self, world: World) -> None:
        """I6: silence approves nothing that somebody answered."""
        call = asked(world)
        world.clock.advance(599)
        world.gate.inbox.deny(call, by="ana", reason="no")
        world.clock.advance(100)
        recover(world.gate.conductor.ports)

        assert answer(world.go(call)).ending == "rejected"

    @silence_approves
    def test_an_answer_that_is_too_late_is_told_so(self, world: World) -> None:
        """Whoever answers after silence spoke learns it, and nothing of theirs is counted."""
        call = asked(world)
        world.clock.advance(600)
        with pytest.raises(AlreadyDecided, match="nobody answered"):
            world.gate.inbox.deny(call, by="ana", reason="no")

        assert world.state(call) == "auto_approved"
        assert world.gate.inbox.show(call).votes == ()

    @pytest.mark.parametrize(
        ("world", "ended"),
        [("deny", "expired"), ("approve", "auto_approved")],
        indirect=["world"],
    )
    def test_an_end_needs_no_policy(self, world: World, ended: str) -> None:
        """I5: where no policy can be read, what asks nobody else ends; a level waits for one."""

        def unreadable() -> NoReturn:
            raise PolicyError("it is gone")

        call, ports = asked(world), world.gate.conductor.ports
        blind = replace(ports, policy=unreadable)
        world.clock.advance(100)
        assert recover(blind) == []
        assert [each.came_to for each in recover(ports)] == ["escalated"]
        world.clock.advance(500)
        assert ended in [each.came_to for each in recover(blind)]
        assert world.state(call) == ended

    def test_too_few_are_not_nobody(self, tmp_path: Path, database: str) -> None:
        """Silence is no second yes; all groups that may answer are named where one of two did."""
        two = (
            policy("approve").replace("[ana]", "[ana, abe]").replace("ops, a", "ops, quorum: 2, a")
        )
        world = open_world(tmp_path, two)
        call = asked(world)
        world.gate.inbox.approve(call, by="ana", reason="seen")
        world.clock.advance(100)
        recover(world.gate.conductor.ports)
        shown = world.gate.inbox.show(call)
        assert shown.asked == ("ops", "leads")
        assert shown.missing == ({"group": "ops or leads", "more": 1},)
        world.clock.advance(500)

        with pytest.raises(AlreadyDecided, match="expired"):
            world.gate.inbox.approve(call, by="abe", reason="seen")
        assert world.state(call) == "expired"
        assert world.gate.audit.verify().problems == ()
        world.gate.close()

    @silence_approves
    def test_looking_claims_nothing(self, world: World) -> None:
        """Regression: an inbox that went over what is due must not take the right to run it."""
        call = asked(world)
        world.clock.advance(600)
        assert world.gate.inbox.pending() == []

        assert world.state(call) == "auto_approved"

    @silence_approves
    def test_lasts_from_the_end_of_the_request(self, world: World) -> None:
        """I11: it goes stale at the same time whoever looks when, and expires then."""
        call = asked(world)
        world.clock.advance(600 + 60)

        assert answer(world.go(call)).ending == "expired"
        assert world.effects == []

    @silence_approves
    def test_nobody_looked_until_it_was_stale(self, world: World) -> None:
        """Regression: recovering twice is once, also where its approval would be over already."""
        first = asked(world)
        world.clock.advance(400)
        asked(world)
        world.clock.advance(600)

        assert ("use", "expired") not in fired(world)
        assert fired(world) == []
        assert world.state(first) == "expired"

    @silence_approves
    def test_not_used_in_time_it_expires_without_a_touch(self, world: World) -> None:
        """I5, I11: the time in which it may be used is a timer as of any approval."""
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        world.clock.advance(60)

        assert fired(world) == [("use", "expired")]
        assert world.state(call) == "expired"

    @silence_approves
    @pytest.mark.parametrize("now", ["deny", "escalate"])
    def test_the_guard_asks_the_policy_of_now(self, world: World, tmp_path: Path, now: str) -> None:
        """I2: a policy under which silence approves no more asks again, and nothing ran."""
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        other = open_world(tmp_path, policy(now), clock=world.clock)

        again = waiting(other.go(call)).request
        assert (again.state, again.level, again.terms.on_timeout) == ("open", 0, now)
        assert other.effects == []
        other.gate.close()

    @silence_approves
    def test_the_guard_looks_at_the_tags_of_now(self, world: World, tmp_path: Path) -> None:
        """I2: a tool that deletes by the policy of now is approved by people only."""
        call = asked(world)
        world.clock.advance(600)
        recover(world.gate.conductor.ports)
        now = policy("approve").replace("pay: {risk_tags: [write]}", "pay: {risk_tags: [delete]}")
        other = open_world(tmp_path, now, clock=world.clock)

        assert waiting(other.go(call)).request.terms.on_timeout == "deny"
        assert other.effects == []
        other.gate.close()

    @silence_approves
    def test_a_claim_given_back_is_still_nobodys_approval(self, world: World) -> None:
        """What silence approved never comes to stand as approved by a person."""
        call = asked(world)
        world.clock.advance(600)
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        world.gate.conductor.give_back(ready.warrant, "paused")

        assert world.state(call) == "auto_approved"

    @silence_approves
    def test_siblings_go_on_when_silence_speaks(self, world: World) -> None:
        """I18: what waited beside the question waits no more."""
        pay, ship = world.propose(PAY, ("orders.get", {}))
        del ship
        (held,) = world.propose(("pay", {"n": 3}), name="m9")
        world.clock.advance(600)

        assert answer(world.go(pay)).ending == "released"
        assert not isinstance(world.go(held), Held)

    @silence_approves
    def test_a_withdrawal_after_the_time_runs_nothing(self, world: World) -> None:
        """I6: nobody waits for it any more, so nothing runs."""
        call = asked(world)
        with world.gate.ledger.begin() as tx:
            key = tx.call(call).key
        world.clock.advance(600)
        assert world.gate.conductor.withdraw(key, "the user moved on").ending == "cancelled"

        assert world.state(call) == "cancelled"
        assert answer(world.go(call)).ending == "cancelled"


def test_too_few_answers_are_not_nobody(tmp_path: Path, database: str) -> None:
    """Who approved in time is not denied by what the agent is told."""
    two = policy("deny").replace("{route: ops, ", "{quorum: 2, ")
    world = open_world(tmp_path, two)
    call = asked(world)
    world.gate.inbox.approve(call, by="zoe")
    world.clock.advance(600)
    got = answer(world.go(call))

    assert got.ending == "expired"
    assert "not enough people answered within 600 s" in got.content
    world.gate.close()


class TestRecord:
    """What was done to rows behind the record's back is named."""

    @pytest.mark.parametrize(
        "edit",
        [
            "update requests set level = 2",
            "update requests set expires_at = '2099-01-01T00:00:00.000000Z'",
            "update timers set due_at = '2000-01-01T00:00:00.000000Z' where kind = 'escalation'",
            "update timers set fired_at = due_at where kind = 'escalation'",
            "delete from timers where kind = 'escalation'",
        ],
    )
    def test_an_edited_level_or_timer_is_named(self, tmp_path: Path, edit: str) -> None:
        """Verify replays levels and times from entries."""
        world = open_world(tmp_path, policy("escalate"))
        asked(world)
        world.clock.advance(100)
        recover(world.gate.conductor.ports)
        assert world.gate.audit.verify().problems == ()
        with world.gate.ledger.engine.begin() as db:
            db.execute(text(edit))

        assert world.gate.audit.verify().problems != ()
        world.gate.close()

    def test_a_forged_silence_is_named(self, tmp_path: Path) -> None:
        """A call that silence did not approve does not look as if it had."""
        world = open_world(tmp_path, policy("deny"))
        asked(world)
        with world.gate.ledger.engine.begin() as db:
            db.execute(text("update calls set state = 'auto_approved'"))
            db.execute(text("update requests set state = 'auto_approved'"))

        assert world.gate.audit.verify().problems != ()
        world.gate.close()


class TestSnooze:
    def test_is_noted_and_moves_nothing(self, world: World) -> None:
        """It expires and escalates when it would have."""
        call = asked(world)
        before = waiting(world.go(call)).request
        until = snooze(world.gate.conductor.ports, call, 1800, "ana", "at lunch")

        assert waiting(world.go(call)).request == before
        (entry,) = entries(world, "snoozed")
        assert (entry["actor"], entry["body"]["reason"]) == ("ana", "at lunch")
        assert (until - world.clock.now()).total_seconds() == 1800
        world.clock.advance(100)
        assert fired(world) == [("escalation", "escalated")]

    def test_says_no_more_than_an_answer_may(self, world: World) -> None:
        """A reason that fills the record is cut."""
        snooze(world.gate.conductor.ports, asked(world), 60, "ana", "x" * 100_000)

        assert len(entries(world, "snoozed")[0]["body"]["reason"]) == 2000

    @pytest.mark.parametrize("seconds", [0, -1, SNOOZE_MAX_S + 1, float("nan")])
    def test_for_a_time_that_ends(self, world: World, seconds: float) -> None:
        """Nothing is put off for ever, nor into the past."""
        with pytest.raises(DeskError, match="put off"):
            snooze(world.gate.conductor.ports, asked(world), seconds, "ana", "")

    def test_what_waits_for_nobody_is_not_put_off(self, world: World) -> None:
        """A call that has its answer is no question."""
        call = asked(world)
        world.gate.inbox.deny(call, by="ana", reason="no")
        with pytest.raises(AlreadyDecided):
            snooze(world.gate.conductor.ports, call, 60, "ana", "")


@pytest.mark.parametrize(("risk", "means"), [("low", "approve"), ("medium", "escalate")])
def test_silence_means_what_the_risk_says(tmp_path: Path, risk: str, means: str) -> None:
    """Where a rule does not say it, `timeouts` does, by the call's risk."""
    text = policy("deny").replace("on_timeout: deny", "reason_required: false")
    times = "timeouts: {low: approve, medium: escalate, high: deny}\n"
    level = f"risk:\n  - {{level: {risk}}}\n"
    world = open_world(tmp_path, text + times + level)

    assert waiting(world.go(asked(world))).request.terms.on_timeout == means
    world.gate.close()
