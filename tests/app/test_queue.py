"""Share out: who is asked to look at what, through the gate."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn, Waiting
from interlock.ledger.queue import queue_rows
from interlock.path.proposal import Agent, Context

from ..databases import ledger_of  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

POLICY = """
version: v1
tools: {pay: {risk_tags: [write]}, ship: {risk_tags: [write]}, wire: {risk_tags: [write]}}
groups: {ops: [ana, bo], leads: [cy], both: [ana, bo, cy]}
approval_queue_policy: {max_open_requests_per_reviewer: 2, target_median_wait_sec: 600}
fatigue_controls: {cooldown_after_approvals: 2, cooldown_sec: 60}
review_defaults: {approval_ttl_sec: 7200}
rules:
  - {id: pay, match: {tools: [pay]}, decision: require_approval, review: {route: ops}}
  - {id: ship, match: {tools: [ship]}, decision: require_approval, review: {route: leads}}
  - id: wire
    match: {tools: [wire]}
    decision: require_approval
    review: {route: both, quorum: 2}
"""


class Office:
    """A gate, its clock, and agents that ask."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.clock = FrozenClock()
        url = ledger_of(folder)
        self.gate = Gate.open(Policy.parse(policy), url, clock=self.clock, state=folder)
        self.turns = 0

    def ask(self, tool: str = "pay", agent: str = "bot", **said: Any) -> str:
        """Have an agent ask, half a second after the last; return the request."""
        self.turns += 1
        args = said.pop("args", {"at": self.turns})
        context = Context(Agent(agent, owner="olga"), said.pop("principal", "cust"))
        intents = (Intent(tool, args, "c0"),)
        turn = Turn(context, "main", f"thread {agent}", "", f"m{self.turns}", intents, **said)
        (call,) = self.gate.conductor.propose(turn)
        self.clock.advance(0.5)
        progress = self.gate.conductor.advance(call)
        assert isinstance(progress, Waiting)
        return progress.request.id

    def of(self, name: str) -> list[str]:
        """Return the requests that somebody is asked to look at."""
        return [case.id for case in self.gate.queue.of(name)]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office where who is first in line stays so."""
    made = Office(tmp_path, POLICY)
    yield made
    made.gate.close()


@pytest.fixture
def fluid(tmp_path: Path) -> Iterator[Office]:
    """An office that rebalances."""
    rebalanced = POLICY.replace("cooldown_sec: 60", "cooldown_sec: 60, auto_rebalance: true")
    made = Office(tmp_path, rebalanced)
    yield made
    made.gate.close()


class TestShares:
    def test_each_question_has_who_could_answer_it(self, fluid: Office) -> None:
        """One of its group, or as many as must approve; and no more than the cap each."""
        asked = [fluid.ask("pay", f"bot{at}") for at in range(6)]
        ship = fluid.ask("ship")
        given = fluid.gate.queue.assigned()

        assert [len(given[one]) for one in asked] == [1, 1, 1, 1, 0, 0]
        assert given[ship] == ("cy",)
        assert sorted([*fluid.of("ana"), *fluid.of("bo")]) == sorted(asked[:4])
        assert len(fluid.of("ana")) == len(fluid.of("bo")) == 2

    def test_what_had_no_room_comes_when_there_is(self, fluid: Office) -> None:
        """The oldest that waits comes next, once something is answered."""
        asked = [fluid.ask("pay", f"bot{at}") for at in range(5)]
        fluid.gate.inbox.deny(asked[0], by="ana", reason="no")

        assert len(fluid.gate.queue.assigned()[asked[4]]) == 1

    def test_who_gave_their_approval_is_not_asked_again(self, office: Office) -> None:
        """Of two who must approve, the other is; when they did, nobody."""
        wire = office.ask("wire")
        first, second = office.gate.queue.assigned()[wire]
        office.gate.inbox.approve(wire, by=first, reason="ok")
        after = office.gate.queue.assigned()[wire]

        assert after == (second,)
        office.gate.inbox.approve(wire, by=after[0], reason="ok")
        assert wire not in office.gate.queue.assigned()

    def test_nobody_who_is_left_out(self, fluid: Office) -> None:
        """Who asked for the call, or owns its agent, is not asked to look at it."""
        mine = [fluid.ask("pay", "bot", principal="ana") for _ in range(2)]

        given = fluid.gate.queue.assigned()
        assert [given[one] for one in mine] == [("bo",), ("bo",)]

    def test_a_flood_is_behind_the_first_of_others(self, fluid: Office) -> None:
        """Another agent's first question is the second that is seen."""
        flood = [fluid.ask("ship", "flood") for _ in range(30)]
        other = fluid.ask("ship", "quiet")

        assert fluid.of("cy") == [flood[0], other]

    def test_like_questions_count_once(self, fluid: Office) -> None:
        """The same call asked thirty times leaves room for another, and goes to one person."""
        same = [fluid.ask("ship", args={"order": 1}) for _ in range(30)]
        other = fluid.ask("ship", args={"order": 2})
        given = fluid.gate.queue.assigned()

        assert {given[one] for one in (*same, other)} == {("cy",)}
        assert len(fluid.of("cy")) == 31


class TestAtHand:
    """Whoever has nothing of their own takes of what others have."""

    def test_ones_own_comes_first(self, fluid: Office) -> None:
        """Who has a share has that, and nothing else."""
        asked = [fluid.ask("pay", f"bot{at}") for at in range(4)]
        ana, bo = (fluid.gate.queue.at_hand(who) for who in ("ana", "bo"))

        assert [case.id for case in ana.cases] == fluid.of("ana")
        assert sorted(case.id for case in (*ana.cases, *bo.cases)) == sorted(asked)
        assert (ana.are_own, ana.told) == (True, "")

    def test_then_what_others_have(self, fluid: Office) -> None:
        """Of that what they may answer; and it says that it is others'."""
        pay, _ = fluid.ask("pay"), fluid.ask("ship")
        (asked,) = fluid.gate.queue.assigned()[pay]
        free = {"ana": "bo", "bo": "ana"}[asked]
        found = fluid.gate.queue.at_hand(free)

        assert fluid.of(free) == []
        assert [case.id for case in found.cases] == [pay]
        assert found.told == "nothing of your own waits; these are others'"
        assert fluid.gate.queue.at_hand(free, "another thread").cases == []

    def test_no_more_than_the_cap(self, tmp_path: Path) -> None:
        """Of two questions with two people the third is shown the first."""
        policy = POLICY.replace("quorum: 2", "quorum: 1").replace("reviewer: 2", "reviewer: 1")
        office = Office(tmp_path, policy.replace("_sec: 60}", "_sec: 60, auto_rebalance: true}"))
        first, second = office.ask("wire", "one"), office.ask("wire", "two")
        given = office.gate.queue.assigned()
        (free,) = {"ana", "bo", "cy"} - {*given[first], *given[second]}

        assert [case.id for case in office.gate.queue.at_hand(free).cases] == [first]
        office.gate.close()

    def test_who_rests_or_is_away_has_none(self, fluid: Office) -> None:
        """A pause is one, also where nothing of theirs waits."""
        for at in range(2):
            fluid.gate.inbox.approve(fluid.ask("pay", f"bot{at}"), by="bo", reason="ok")
        fluid.ask("pay")
        assert fluid.gate.queue.at_hand("bo").cases == []
        fluid.clock.advance(120)
        assert len(fluid.gate.queue.at_hand("bo").cases) == 1

        until = fluid.clock.now() + timedelta(days=1)
        fluid.gate.reviewers.add("bo", by="bo")
        fluid.gate.reviewers.away("bo", until=until, reason="rest", by="bo")
        assert fluid.gate.queue.at_hand("bo").cases == []


class TestPeople:
    def test_who_is_away_is_passed_over_and_may_answer(self, fluid: Office) -> None:
        """Theirs goes to others until they are back; their answer counts."""
        pay = fluid.ask()
        (first,) = fluid.gate.queue.assigned()[pay]
        other = {"ana": "bo", "bo": "ana"}[first]
        fluid.gate.reviewers.add(first)
        until = fluid.clock.now() + timedelta(hours=1)
        fluid.gate.reviewers.away(first, until=until, reason="lunch")

        assert fluid.gate.queue.assigned()[pay] == (other,)
        fluid.gate.reviewers.back(first)
        assert fluid.gate.queue.assigned()[pay] == (first,)
        fluid.gate.reviewers.away(first, until=until, reason="lunch")
        assert fluid.gate.inbox.approve(pay, by=first, reason="ok").state == "approved"

    def test_without_rebalancing_who_is_away_keeps_theirs(self, office: Office) -> None:
        """It stays with the first in its line."""
        pay = office.ask()
        (first,) = office.gate.queue.assigned()[pay]
        office.gate.reviewers.add(first)
        until = office.clock.now() + timedelta(hours=1)
        office.gate.reviewers.away(first, until=until, reason="lunch")

        assert office.gate.queue.assigned()[pay] == (first,)

    def test_who_is_away_has_their_deputy_asked(self, fluid: Office) -> None:
        """And the deputy's name stands in the queue, who may answer."""
        until = fluid.clock.now() + timedelta(hours=1)
        for name in ("cy", "dee"):
            fluid.gate.reviewers.add(name)
        fluid.gate.reviewers.delegate("cy", "dee", until=until, reason="on leave")
        ship = fluid.ask("ship")
        before = fluid.gate.queue.assigned()[ship]
        fluid.gate.reviewers.away("cy", until=until, reason="on leave")

        assert (before, fluid.gate.queue.assigned()[ship]) == (("cy",), ("dee",))
        assert fluid.gate.inbox.approve(ship, by="dee", reason="ok").state == "approved"

    def test_who_rests_is_passed_over(self, fluid: Office) -> None:
        """After two approvals in a row others are asked, for a minute."""
        for _ in range(2):
            fluid.gate.inbox.approve(fluid.ask("wire"), by="ana", reason="ok")
        asked = [fluid.ask("pay", f"bot{at}") for at in range(3)]
        resting = fluid.gate.queue.loads()[0]

        assert (resting.name, resting.rests_until is not None) == ("ana", True)
        assert "ana" not in {who for one in asked for who in fluid.gate.queue.assigned()[one]}
        fluid.clock.advance(60)
        assert fluid.gate.queue.loads()[0].rests_until is None

    def test_one_more_is_asked_when_it_waits_long(self, fluid: Office) -> None:
        """After the target for the median, a second person; the first stays asked."""
        pay = fluid.ask()
        before = fluid.gate.queue.assigned()[pay]
        fluid.clock.advance(600)
        after = fluid.gate.queue.assigned()[pay]

        assert (len(before), len(after), before[0]) == (1, 2, after[0])

    def test_loads_tell_of_everybody(self, office: Office) -> None:
        """Who could answer, what of it they are asked to look at, and the cap."""
        office.gate.reviewers.add("dee")
        for at in range(3):
            office.ask("ship", f"bot{at}")

        (loaded,) = (one for one in office.gate.queue.loads() if one.name == "cy")
        (idle,) = (one for one in office.gate.queue.loads() if one.name == "dee")
        assert (loaded.assigned, loaded.open, loaded.cap) == (2, 3, 2)
        assert (idle.assigned, idle.open) == (0, 0)
        assert loaded.json()["away_until"] is None


def test_one_of_the_reviewers_sees_theirs_first_where_there_is_a_cap(office: Office) -> None:
    """A stranger does not, nor anyone without a cap."""
    office.ask("ship")

    assert office.gate.queue.is_shared_with("Cy")
    assert not office.gate.queue.is_shared_with("zoe")
    office.gate.reviewers.add("zoe")
    assert office.gate.queue.is_shared_with("Zoe")
    office.gate.reviewers.revoke("zoe", reason="left")
    assert not office.gate.queue.is_shared_with("zoe")


def test_a_ledger_that_no_policy_was_used_with_shares_nothing(tmp_path: Path) -> None:
    """An empty queue is empty, not an error."""
    with Gate.open(None, ledger_of(tmp_path), state=tmp_path) as gate:
        assert (gate.queue.is_shared, gate.queue.is_shared_with("ana")) == (False, False)
        assert (gate.queue.assigned(), gate.queue.of("ana"), gate.queue.loads()) == ({}, [], [])


def test_what_somebody_put_off_is_hidden_from_them_alone(office: Office) -> None:
    """Snoozed by the one, still there for who looks without a viewer."""
    ship = office.ask("ship")
    office.gate.inbox.snooze(ship, for_s=60, reason="later", by="cy")

    assert office.gate.queue.of("cy", viewer="cy") == []
    assert office.of("cy") == [ship]
    assert [case.id for case in office.gate.queue.of("cy", "thread bot")] == [ship]
    assert office.gate.queue.of("cy", "thread other") == []
    assert office.gate.queue.of("cy", tenant="acme") == []


class TestProbes:
    """Nothing tells a probe from a question that it looks like."""

    @pytest.fixture
    def wary(self, tmp_path: Path) -> Iterator[Office]:
        """An office in which every question draws a canary, and every answer a second look."""
        rates = "auto_rebalance: true, canary_rate: 1.0, sampled_second_review_rate: 1.0"
        made = Office(tmp_path, POLICY.replace("cooldown_sec: 60", f"cooldown_sec: 60, {rates}"))
        yield made
        made.gate.close()

    def test_a_canary_is_given_to_one_who_could_answer_it(self, wary: Office) -> None:
        """In its turn, and in the queue of that person alone."""
        pay = wary.ask("ship", args={"order": "a17", "amount": 60})
        wary.clock.advance(3600)
        (canary,) = (case.id for case in wary.gate.inbox.pending() if case.id != pay)

        assert wary.gate.queue.assigned()[canary] == ("cy",)
        assert wary.of("cy") == [pay, canary]
        assert canary in {case.id for case in wary.gate.queue.of("cy", "thread bot")}

    def test_the_same_question_is_shared_out_with_a_canary_as_one(self, wary: Office) -> None:
        """Whoever is asked to look at one is asked to look at both, and they count once."""
        wary.ask("ship", args={"order": "a17", "amount": 60})
        wary.clock.advance(3600)
        (canary,) = (case for case in wary.gate.inbox.pending() if case.args["amount"] != 60)
        same = wary.ask("ship", args=dict(canary.args))
        rows = {row.request.id: row for row in queue_rows(wary.gate.ledger, 9)}

        told = [(rows[each].flow, rows[each].alike, rows[each].asked) for each in (canary.id, same)]
        assert told[0] == told[1]
        assert wary.of("cy")[1:] == [canary.id, same]

    def test_a_second_look_is_given_to_nobody_who_answered(self, wary: Office) -> None:
        """Only the other one of the group is asked to look."""
        pay = wary.ask("pay", args={"note": "x"})
        wary.gate.inbox.approve(pay, by="ana", reason="ok")
        wary.clock.advance(3600)
        posed = wary.gate.queue.assigned()

        assert posed
        assert {who for asked in posed.values() for who in asked} <= {"ana", "bo"}
        looks = [case for case in wary.gate.inbox.pending() if case.args == {"note": "x"}]
        assert [posed[case.id] for case in looks] == [("bo",)]
