"""Break the glass: one person alone in an emergency, seen by all, looked at by another after."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from interlock.app.people import Credentials, Token
from interlock.conduct import people
from interlock.conduct.glass import REVIEW_S, RUNNABLE
from interlock.desk.answers import Malformed, read_answer
from interlock.errors import AlreadyDecided, DeskError, InterlockError, NotEligible
from interlock.path import review
from interlock.path.record import TRANSITIONS
from interlock.path.review import Vote
from interlock.signing import new_key

from .conftest import World, answer, open_world, waiting  # isort: skip

POLICY = """
version: v1
tools:
  pay: {risk_tags: [write, financial], owner: tim, facts: {amount_usd: args.amount}}
  wipe: {risk_tags: [delete]}
  note: {risk_tags: [write]}
groups: {fin: [ana, bo], sec: [cy]}
rules:
  - id: pays
    match: {tools: [pay]}
    decision: require_approval
    review: {route: fin, quorum: 2, groups_all: [sec], execution_ttl_sec: 600}
  - {id: wipes, match: {tools: [wipe]}, decision: require_approval, review: {auth: signed}}
  - {id: notes, match: {tools: [note]}, decision: notify, escalate_after_sec: 60}
guardrails:
  - {id: cap, match: {tools: [pay]}, stage: guard, require: "args.amount < 900"}
"""
WHY = {"reason": "the plant is on fire"}


class Staffed:
    """A world with two who may break the glass: gil by a token, gus by a key; bo has a key."""

    def __init__(self, world: World) -> None:
        self.world, self.inbox = world, world.gate.inbox
        desk = world.gate.reviewers
        self.root, self.gus, self.bo = new_key(), new_key(), new_key()
        desk.add("root")
        for name, roles in {"gil": ["break-glass"], "gus": ["break-glass"], "bo": []}.items():
            desk.add(name, roles=roles)
        desk.add("tim", roles=["break-glass"])
        desk.add_key("root", self.root.public)
        desk.add_key("gus", self.gus.public, held=self.root)
        desk.add_key("bo", self.bo.public, held=self.root)
        self.gil_id, self.gil = desk.new_token("gil", held=self.root)
        self.tim = desk.new_token("tim", held=self.root)[1]

    def ask(self, tool: str = "pay", amount: int = 5) -> tuple[str, str]:
        """Have a call that waits; return it and its request."""
        (call,) = self.world.propose((tool, {"amount": amount}))
        return call, waiting(self.world.go(call)).request.id


@pytest.fixture
def staffed(tmp_path: Path, database: str) -> Iterator[Staffed]:
    """A staffed world, whose record is whole in the end."""
    world = open_world(tmp_path, POLICY)
    yield Staffed(world)
    verified = world.gate.audit.verify()
    assert verified.ok, verified.problems
    world.gate.close()


class TestAlone:
    def test_one_person_stands_for_route_and_quorum(
        self, staffed: Staffed, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Q12: it runs by one person's word, which everybody is told of at once."""
        call, request = staffed.ask()
        with caplog.at_level(logging.WARNING, "interlock.review"):
            case = staffed.inbox.break_glass(request, held=staffed.gil, **WHY)

        assert (case.state, case.broken_by) == ("approved", "gil")
        assert f"call {call}: gil broke the glass" in caplog.text
        assert answer(staffed.world.go(call)).ending == "released"
        (listed,) = staffed.inbox.oversight()
        assert (listed.call_id, listed.broken_by) == (call, "gil")
        due = staffed.world.gate.ledger.clock.now()
        assert listed.acknowledge_until is not None
        assert (listed.acknowledge_until - due).total_seconds() == REVIEW_S
        voted = next(e for e in staffed.world.gate.audit.log(call=call) if e["kind"] == "voted")
        assert (voted["actor"], voted["auth"]) == ("gil", "token")
        assert voted["body"]["answer"] == "break_glass"
        assert voted["body"]["reason"] == WHY["reason"]

    def test_by_a_signature(self, staffed: Staffed) -> None:
        """What is signed says that the glass was broken, not that a call was approved."""
        call, request = staffed.ask("wipe")
        staffed.inbox.break_glass(request, held=staffed.gus, **WHY)

        assert answer(staffed.world.go(call)).ending == "released"

    @pytest.mark.parametrize(
        ("tool", "by", "held", "said"),
        [
            ("pay", "gil", None, "--token-file"),
            ("pay", "zoe", None, "takes the role `break-glass`"),
            ("pay", "bo", "bo", "takes the role `break-glass`"),
            ("pay", "gil", "gus", "not"),
            ("pay", None, "tim", "owns it"),
            ("wipe", None, "gil", "takes a signature; add --key"),
        ],
    )
    def test_not_by_just_anybody(
        self, staffed: Staffed, tool: str, by: str | None, held: str | None, said: str
    ) -> None:
        """I7: not by a bare name, without the role, by the call's own, or too weakly."""
        call, request = staffed.ask(tool)
        shown: Credentials | None = getattr(staffed, held) if held else None
        with pytest.raises(NotEligible, match=said):
            staffed.inbox.break_glass(request, by=by, held=shown, **WHY)

        assert staffed.inbox.show(call).state == "pending"
        assert staffed.inbox.oversight() == []

    def test_a_bare_name_with_the_role(self, staffed: Staffed) -> None:
        """The role of somebody without a credential opens nothing: a name is not enough."""
        staffed.world.gate.reviewers.add("ron", roles=["break-glass"], held=staffed.root)
        _, request = staffed.ask()
        with pytest.raises(NotEligible, match="breaks no glass"):
            staffed.inbox.break_glass(request, by="ron", **WHY)

    def test_not_in_the_place_of_somebody(self, staffed: Staffed) -> None:
        """A deputy of who may break the glass may not: the role is one's own."""
        desk, until = staffed.world.gate.reviewers, staffed.world.clock.now() + timedelta(days=1)
        desk.delegate("gus", "bo", until=until, reason="away", held=staffed.gus)
        _, request = staffed.ask()
        with pytest.raises(NotEligible, match="takes the role"):
            staffed.inbox.break_glass(request, held=staffed.bo, **WHY)

    def test_not_without_a_reason(self, staffed: Staffed) -> None:
        """Others read it, so it says why."""
        _, request = staffed.ask()
        with pytest.raises(DeskError, match="--reason"):
            staffed.inbox.break_glass(request, held=staffed.gil, reason="  ")

    def test_nobody_gives_it_to_themselves(self, staffed: Staffed) -> None:
        """Who changes people does not add the role to their own."""
        desk = staffed.world.gate.reviewers
        desk.add("bo", roles=["registrar"], held=staffed.root)
        with pytest.raises(NotEligible, match="nobody gives it to themselves"):
            desk.add("bo", roles=["break-glass"], held=staffed.bo)
        with pytest.raises(NotEligible, match="nobody gives it to themselves"):
            desk.add("BO", roles=["break-glass", "x"], held=staffed.bo)


class TestTwoKeys:
    """Who says who answers never acts alone, too."""

    @pytest.mark.parametrize("first", ["registrar", "break-glass"])
    def test_nobody_gets_both(self, staffed: Staffed, first: str) -> None:
        """Not by another's hand either, nor by one that takes both at once; nothing is changed."""
        desk = staffed.world.gate.reviewers
        (other,) = {"registrar", "break-glass"} - {first}
        desk.add("ron", roles=[first], held=staffed.root)
        for who, roles in (("ron", [other]), ("ned", [first, other])):
            with pytest.raises(DeskError, match="would hold both"):
                desk.add(who, roles=roles, held=staffed.root)

        assert [one.roles for one in desk.list() if one.principal == "ron"] == [(first,)]
        desk.revoke("ron", roles=[first], reason="other work", last=True, held=staffed.root)
        desk.add("ron", roles=[other], held=staffed.root)

    def test_the_first_credential_is_anothers(self, tmp_path: Path, database: str) -> None:
        """It makes a registrar, so who may break the glass does not get it."""
        with open_world(tmp_path, POLICY).gate as gate:
            gate.reviewers.add("gil", roles=["break-glass"])
            with pytest.raises(DeskError, match="would hold both"):
                gate.reviewers.new_token("gil")
            gate.reviewers.add("ana")
            token = gate.reviewers.new_token("ana")[1]
            gate.reviewers.new_token("gil", held=token)

    def test_of_before(
        self, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who has both from an earlier version acts not alone; what they let run then did run."""
        world = open_world(tmp_path, POLICY)
        desk, inbox = world.gate.reviewers, world.gate.inbox
        with monkeypatch.context() as earlier:
            earlier.setattr(people, "_require_apart", lambda *_: None)
            earlier.setattr(review, "REGISTRAR", "nobody")
            desk.add("gil", roles=["break-glass"])
            gil = desk.new_token("gil")[1]
            (then,) = world.propose(("pay", {"amount": 5}))
            inbox.break_glass(then, held=gil, **WHY)
        desk.add("ana", held=gil)
        (call,) = world.propose(("pay", {"amount": 6}))
        with pytest.raises(NotEligible, match="acts not alone"):
            inbox.break_glass(call, held=gil, **WHY)

        assert answer(world.go(then)).ending == "released"
        found = world.gate.figures().warnings
        assert [(one.kind, one.about) for one in found] == [("two_keys", "gil")]
        desk.add("zoe", roles=["registrar"], held=gil)
        zoe = desk.new_token("zoe", held=gil)[1]
        desk.revoke("gil", roles=["registrar"], reason="one is enough", held=gil)
        assert inbox.break_glass(call, held=gil, **WHY).broken_by == "gil"
        assert world.gate.figures().warnings == []
        with pytest.raises(DeskError, match="would hold both"):
            desk.add("gil", roles=["registrar"], held=zoe)
        assert world.gate.audit.verify().problems == ()
        world.gate.close()


class TestUntouched:
    def test_guardrails_hold(self, staffed: Staffed) -> None:
        """Nobody's word lifts a guardrail."""
        call, request = staffed.ask(amount=950)
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)

        assert answer(staffed.world.go(call)).ending == "denied"
        assert staffed.world.effects == []
        assert [case.call_id for case in staffed.inbox.unreviewed()] == [call]

    def test_halts_hold(self, staffed: Staffed) -> None:
        """What is switched off stays off."""
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        staffed.world.gate.halt(agent="bot", reason="stop", by="zoe")

        assert answer(staffed.world.go(call)).ending == "halted"

    def test_the_policy_of_now_holds(self, tmp_path: Path, staffed: Staffed) -> None:
        """A policy that denies it by now denies it."""
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        stricter = POLICY.replace(
            "guardrails:", "  - {match: {tools: [pay]}, decision: deny}\nguardrails:"
        )
        other = open_world(tmp_path, stricter, staffed.world.clock)

        assert answer(other.go(call)).ending == "denied"
        assert other.effects == []
        other.gate.close()

    def test_a_denial_stands(self, staffed: Staffed) -> None:
        """I6: what a person denied, nobody's emergency revives."""
        call, request = staffed.ask()
        staffed.inbox.deny(request, held=staffed.bo, reason="no")
        with pytest.raises(AlreadyDecided):
            staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        assert answer(staffed.world.go(call)).ending == "rejected"

    def test_time_is_over_for_all(self, staffed: Staffed) -> None:
        """I11: an expired request stays so, and an approval that was not used in time expires."""
        _, request = staffed.ask()
        late, second = staffed.ask(amount=6)
        staffed.inbox.break_glass(second, held=staffed.gil, **WHY)
        staffed.world.clock.advance(601)
        assert answer(staffed.world.go(late)).ending == "expired"
        staffed.world.clock.advance(2 * 86400)
        with pytest.raises(AlreadyDecided, match="expired"):
            staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        assert staffed.world.effects == []

    @pytest.mark.parametrize("how", ["role", "token"])
    def test_the_role_is_asked_again_when_it_runs(self, staffed: Staffed, how: str) -> None:
        """I7: who lost the role, or what showed who they are, lets nothing run any more."""
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        desk = staffed.world.gate.reviewers
        if how == "role":
            desk.revoke("gil", roles=["break-glass"], reason="left", held=staffed.root)
        else:
            desk.revoke_credential(staffed.gil_id, reason="lost", held=staffed.root)

        assert waiting(staffed.world.go(call)).request.id != request
        assert staffed.world.effects == []
        assert [case.broken_by for case in staffed.inbox.unreviewed()] == ["gil"]

    def test_a_payload_breaks_no_glass(self, staffed: Staffed) -> None:
        """What a resume brings, or calls itself inline, is never it."""
        _, request = staffed.ask()
        asked = staffed.inbox.show(request)
        now = staffed.world.clock.now()
        given = Vote(request, asked.digest, "break_glass", "gil", "inline", now, "why")
        with pytest.raises(NotEligible):
            staffed.world.gate.conductor.vote(given)
        for payload in (
            "break_glass",
            {"type": "break_glass"},
            {"decisions": [{"type": "break_glass"}]},
        ):
            assert isinstance(read_answer(payload), Malformed)

    def test_it_can_be_taken_back(self, staffed: Staffed) -> None:
        """Before it runs, who broke the glass thinks better of it; that is looked at, too."""
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        staffed.inbox.take_back(call, held=staffed.gil, reason="false alarm")

        assert answer(staffed.world.go(call)).ending == "cancelled"
        assert [case.call_id for case in staffed.inbox.unreviewed()] == [call]


class TestReview:
    def broken(self, staffed: Staffed) -> str:
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        staffed.world.go(call)
        return call

    def test_until_another_looked(self, staffed: Staffed) -> None:
        """It never lapses: it is on the list until somebody who was asked says what they found."""
        call, inbox = self.broken(staffed), staffed.inbox
        staffed.world.clock.advance(REVIEW_S + 1)
        assert [each.came_to for each in staffed.world.gate.recover()] == ["unacknowledged"]
        staffed.world.clock.advance(90 * 86400)
        assert [case.call_id for case in inbox.unreviewed()] == [call]
        inbox.acknowledge(call, by="ana", finding="harm", reason="paid the wrong one")

        assert inbox.unreviewed() == inbox.oversight() == []
        said: dict[str, Any] = staffed.world.gate.audit.log()[-1]
        assert (said["kind"], said["actor"]) == ("acknowledged", "ana")
        assert said["body"]["finding"] == "harm"
        with pytest.raises(AlreadyDecided, match="before"):
            inbox.acknowledge(call, by="ana", finding="fine", reason="again")

    @pytest.mark.parametrize("state", ["approved", "pending", "executing"])
    def test_nothing_is_found_before_it_ran(self, staffed: Staffed, state: str) -> None:
        """A finding in advance discharges nothing: what can still run is looked at after."""
        call, request = staffed.ask()
        staffed.inbox.break_glass(request, held=staffed.gil, **WHY)
        if state == "pending":
            desk = staffed.world.gate.reviewers
            desk.revoke("gil", roles=["break-glass"], reason="left", held=staffed.root)
            waiting(staffed.world.go(call))
        if state == "executing":
            staffed.world.gate.conductor.advance(call)
        assert staffed.world.state(call) == state
        with pytest.raises(DeskError, match="can still run"):
            staffed.inbox.acknowledge(call, by="ana", finding="harm", reason="on paper")
        assert [case.call_id for case in staffed.inbox.unreviewed()] == [call]

        if state == "approved":
            staffed.inbox.cancel(call, by="ana", reason="not while I watch")
            staffed.inbox.acknowledge(call, by="ana", finding="error", reason="stopped")
            assert staffed.inbox.unreviewed() == []
            assert staffed.world.effects == []

    def test_signed(self, staffed: Staffed) -> None:
        """Who has a key signs what they found, and verification checks it."""
        call = self.broken(staffed)
        staffed.inbox.acknowledge(call, held=staffed.bo, finding="fine", reason="right")

        assert staffed.world.gate.audit.log()[-1]["auth"] == "signed"

    @pytest.mark.parametrize(
        ("by", "held"),
        [(None, "gil"), ("gil", None), ("bo", None), ("zoe", None), ("gus", None), ("tim", None)],
    )
    def test_not_by_who_broke_it(self, staffed: Staffed, by: str | None, held: str | None) -> None:
        """I7: neither they, nor a name that is not shown, nor somebody who was not asked."""
        call = self.broken(staffed)
        shown: Token | None = getattr(staffed, held) if held else None
        with pytest.raises(NotEligible):
            staffed.inbox.acknowledge(call, by=by, held=shown, finding="fine", reason="looked")
        assert [case.call_id for case in staffed.inbox.unreviewed()] == [call]

    def test_not_by_who_broke_it_and_was_asked(self, staffed: Staffed) -> None:
        """I7: who could have approved it in the ordinary way does not look after themselves."""
        call, request = staffed.ask("wipe")
        staffed.inbox.break_glass(request, held=staffed.gus, **WHY)
        staffed.world.go(call)
        with pytest.raises(NotEligible, match="broke the glass"):
            staffed.inbox.acknowledge(call, held=staffed.gus, finding="fine", reason="right")
        staffed.inbox.acknowledge(call, held=staffed.bo, finding="fine", reason="right")

    @pytest.mark.parametrize("said", [{}, {"finding": "fine"}, {"reason": "looked"}])
    def test_not_in_passing(self, staffed: Staffed, said: Any) -> None:
        """To take notice is not enough: it says what was found, and why."""
        call = self.broken(staffed)
        with pytest.raises(DeskError, match="--finding"):
            staffed.inbox.acknowledge(call, by="ana", **said)

    def test_a_notice_has_no_finding(self, staffed: Staffed) -> None:
        """Where nobody broke the glass there is none to find."""
        (call,) = staffed.world.propose(("note", {}))
        with pytest.raises(DeskError, match="nobody broke the glass"):
            staffed.inbox.acknowledge(call, by="ana", finding="fine", reason="x")
        staffed.inbox.acknowledge(call, held=staffed.bo)

    def test_nothing_of_it_goes_before(self, staffed: Staffed, tmp_path: Path) -> None:
        """It is neither erased nor archived while somebody must still look at it."""
        call, audit = self.broken(staffed), staffed.world.gate.audit
        before = "2999-01-01T00:00:00.000000Z"
        assert audit.period(before).kept == 1
        with pytest.raises(DeskError, match="interlock ack"):
            audit.erase(call, reason="asked to", by="ana")
        with pytest.raises(InterlockError, match="has ended"):
            audit.archive(before, tmp_path / "out", by="ana")
        staffed.inbox.acknowledge(call, by="ana", finding="fine", reason="right")

        assert audit.period(before).kept == 0
        assert audit.erase(call, reason="asked to", by="ana").calls == (call,)


def test_what_can_still_run_is_what_leads_to_an_execution() -> None:
    """The states in which nothing is found yet are those from which the table leads to a run."""
    known: set[str] = {"executing"}
    while more := {s for s, after in TRANSITIONS.items() if after & known} - known:
        known |= more
    assert known - {"new"} == RUNNABLE
