"""Probes: answered as a call is, disclosed at once, and never anything that runs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from interlock.app.cases import Case
from interlock.cli.lines import tell
from interlock.conduct import Answered
from interlock.conduct.taking_back import take_back
from interlock.errors import (
    AlreadyDecided,
    DeskError,
    InterlockError,
    NotEligible,
    StaleTransition,
    UnknownId,
)
from interlock.ledger import tables
from interlock.ledger.disclosures import outcomes
from interlock.ledger.probes import find
from interlock.path.record import RUNNABLE, TRANSITIONS, Step

from ..databases import without_belt  # isort: skip
from .conftest import World, breaker, open_world  # isort: skip

ASKS = """
version: v1
tools:
  refund.issue: {risk_tags: [write], owner: payments}
rules:
  - id: big
    match: {tools: [refund.issue]}
    decision: require_approval
    review: {approval_ttl_sec: 7200, execution_ttl_sec: 300}
"""
RATES = "fatigue_controls: {canary_rate: 1.0, sampled_second_review_rate: 0.0}\n"
LOOKS = "fatigue_controls: {canary_rate: 0.0, sampled_second_review_rate: 1.0}\n"


@pytest.fixture
def world(tmp_path: Path, database: str) -> Any:
    """Return a world in which every question draws a canary."""
    made = open_world(tmp_path, ASKS + RATES)
    yield made
    made.gate.close()


@pytest.fixture
def looks(tmp_path: Path, database: str) -> Any:
    """Return a world in which every answer is looked at a second time."""
    made = open_world(tmp_path, ASKS + LOOKS)
    yield made
    made.gate.close()


def canary(world: World, **args: Any) -> tuple[str, Case]:
    """Ask for a refund, and return its call with the canary that is made of it."""
    (call,) = world.propose(("refund.issue", args or {"amount": 60}))
    world.clock.advance(3600)
    world.gate.inbox.deny(call, by="zoe", reason="over")
    (posed,) = world.gate.inbox.pending()
    assert posed.call_id != call
    return call, posed


def look(world: World, answer: str, by: str = "ana") -> tuple[str, Case]:
    """Ask for a refund and answer; return its call with the second look at that."""
    (call,) = world.propose(("refund.issue", {"amount": 60}))
    getattr(world.gate.inbox, answer)(call, by=by, reason="so")
    world.clock.advance(3600)
    (posed,) = world.gate.inbox.pending()
    return call, posed


class TestCanary:
    def test_it_is_a_real_call_made_wrong(self, world: World) -> None:
        """It is the agent's own call with one value changed, which policy would ask about."""
        _, posed = canary(world)
        assert (posed.tool, posed.args) == ("refund.issue", {"amount": 600})
        assert (posed.state, posed.decision) == ("pending", "require_approval")

    @pytest.mark.parametrize("answer", ["deny", "cancel"])
    def test_a_refusal_catches_it(self, world: World, answer: str) -> None:
        """Who refuses it is told at once that it was one, and what was changed."""
        call, posed = canary(world)
        after = getattr(world.gate.inbox, answer)(posed.id, by="ana", reason="too much")
        assert after.state == "disclosed"
        assert after.probe == {
            "kind": "canary",
            "of": call,
            "how": "extra_zero",
            "came_to": "caught",
            "changed": [{"path": "amount", "before": "60", "after": "600"}],
        }

    def test_an_approval_misses_it_and_runs_nothing(self, world: World) -> None:
        """An approved canary has no effect, whoever comes for it."""
        _, posed = canary(world)
        after = world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        assert after.probe is not None
        assert after.probe["came_to"] == "missed"
        world.gate.recover()
        world.clock.advance(10_000)
        world.gate.recover()
        assert world.effects == []

    def test_a_response_catches_it(self, world: World) -> None:
        """An answer in the tool's place keeps it from running, too."""
        _, posed = canary(world)
        after = world.gate.inbox.respond(posed.id, by="ana", message="ask billing")
        assert after.probe is not None
        assert after.probe["came_to"] == "caught"

    @pytest.mark.parametrize(
        ("amount", "came_to"), [(60, "caught"), (40, "caught"), (599, "missed")]
    )
    def test_an_edit_that_takes_it_away_catches_it(
        self, world: World, amount: int, came_to: str
    ) -> None:
        """The real value must stand there again, or less money; no revision of it is made."""
        _, posed = canary(world)
        after = world.gate.inbox.edit(posed.id, args={"amount": amount}, by="ana", reason="typo")
        assert after.probe is not None
        assert after.probe["came_to"] == came_to
        assert after.call_id == posed.call_id

    def test_an_edit_that_keeps_it_misses_it(self, world: World) -> None:
        """Something else was changed, and the wrong value would have run."""
        _, posed = canary(world)
        args = {"amount": 600, "note": "x"}
        after = world.gate.inbox.edit(posed.id, args=args, by="ana", reason="a note")
        assert after.probe is not None
        assert after.probe["came_to"] == "missed"


class TestSecondLook:
    @pytest.mark.parametrize(
        ("first", "second", "came_to"),
        [
            ("approve", "approve", "agreed"),
            ("approve", "deny", "disagreed"),
            ("deny", "deny", "agreed"),
            ("deny", "approve", "disagreed"),
        ],
    )
    def test_another_person_answers_the_same(
        self, looks: World, first: str, second: str, came_to: str
    ) -> None:
        """Approvals and denials are looked at alike, and told whether both agree."""
        call, posed = look(looks, first)
        after = getattr(looks.gate.inbox, second)(posed.id, by="bea", reason="me too")
        assert after.probe is not None
        assert (after.probe["of"], after.probe["came_to"]) == (call, came_to)
        assert after.probe["changed"] == []

    def test_it_holds_nothing_up(self, looks: World) -> None:
        """The call runs on the first answer."""
        (call,) = looks.propose(("refund.issue", {"amount": 60}))
        looks.gate.inbox.approve(call, by="ana", reason="so")
        assert isinstance(looks.go(call), Answered)
        assert len(looks.effects) == 1

    def test_who_answered_first_is_not_asked(self, looks: World) -> None:
        """They do not see it, may not approve it, and are named to nobody."""
        _, posed = look(looks, "approve")
        assert looks.gate.inbox.pending(viewer="ana") == []
        assert looks.gate.inbox.count(viewer="ana") == 0
        assert len(looks.gate.inbox.pending(viewer="bea")) == 1
        assert "ana" not in str(posed.json())
        with pytest.raises(NotEligible, match="another person must"):
            looks.gate.inbox.approve(posed.id, by="ana", reason="again")

    def test_their_denial_ends_it_uncounted(self, looks: World) -> None:
        """What the first person says again tells nothing of agreement."""
        _, posed = look(looks, "approve")
        after = looks.gate.inbox.deny(posed.id, by="ana", reason="after all")
        assert after.probe is not None
        assert after.probe["came_to"] == "uncounted"


class TestAnswering:
    def test_the_same_checks_hold(self, world: World) -> None:
        """Who may not approve a call may not approve a probe, in the same words."""
        _, posed = canary(world)
        (real,) = world.propose(("refund.issue", {"amount": 61}))
        told = []
        for name in (posed.call_id, real):
            with pytest.raises(NotEligible) as refused:
                world.gate.inbox.approve(name, by="olga", reason="mine")
            told.append(str(refused.value))
            with pytest.raises(DeskError) as invalid:
                world.gate.inbox.edit(name, args=world.gate.inbox.show(name).args, by="ana")
            told.append(str(invalid.value))
        assert told[:2] == told[2:]
        assert world.gate.inbox.show(posed.id).probe is None

    def test_who_is_not_asked_learns_nothing_by_an_edit(
        self, tmp_path: Path, database: str
    ) -> None:
        """It is refused in the same words as that of a call; both wait on."""
        routed = ASKS.replace("review: {", "review: {route: ops, ")
        world = open_world(tmp_path, f"{routed}{RATES}groups: {{ops: [zoe, ana]}}\n")
        _, posed = canary(world)
        (real,) = world.propose(("refund.issue", {"amount": 61}))
        told = []
        for name in (posed.call_id, real):
            with pytest.raises(NotEligible, match="is not in `ops`") as refused:
                world.gate.inbox.edit(name, args={"amount": 62}, by="mallory")
            told.append(str(refused.value))
        after = [world.gate.inbox.show(name) for name in (posed.call_id, real)]
        world.gate.close()
        assert told[0] == told[1]
        assert [(one.state, one.probe) for one in after] == [("pending", None)] * 2

    @pytest.mark.parametrize("kind", ["canary", "second_look"])
    def test_an_edit_of_who_had_a_part_in_it_is_taken_as_of_a_call(
        self, world: World, looks: World, kind: str
    ) -> None:
        """An owner or who answered first tells nothing by trying; it says nothing of the team."""
        here, by = (world, "olga") if kind == "canary" else (looks, "ana")
        _, posed = canary(here) if kind == "canary" else look(here, "approve")
        (real,) = here.propose(("refund.issue", {"amount": 61}))
        after = [
            here.gate.inbox.edit(name, args={"amount": 62}, by=by, reason="less")
            for name in (real, posed.id)
        ]
        assert [one.state for one in after] == ["pending", "disclosed"]
        assert after[0].call_id != real
        assert after[1].probe is not None
        assert after[1].probe["came_to"] == "uncounted"
        assert here.effects == []

    def test_the_first_answer_ends_it(self, world: World) -> None:
        """Whoever comes second is told as with a call."""
        _, posed = canary(world)
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        with pytest.raises(AlreadyDecided, match="is already disclosed"):
            world.gate.inbox.deny(posed.id, by="bea", reason="no")

    def test_nobody_answers(self, world: World) -> None:
        """It ends quietly with its time, whoever fires it, and counts as nothing."""
        _, posed = canary(world)
        world.clock.advance(7200)
        assert any(one.came_to == "disclosed" for one in world.gate.recover())
        after = world.gate.inbox.show(posed.id)
        assert after.probe is not None
        assert after.probe["came_to"] == "unanswered"
        assert world.gate.audit.verify().ok

    def test_an_answer_that_comes_too_late(self, world: World) -> None:
        """The words are those of a call."""
        _, posed = canary(world)
        world.clock.advance(7200)
        with pytest.raises(AlreadyDecided, match=r"expired at .*; nothing ran"):
            world.gate.inbox.approve(posed.id, by="ana", reason="fine")

    def test_it_can_be_put_off(self, world: World) -> None:
        """As a call can."""
        _, posed = canary(world)
        world.gate.inbox.snooze(posed.id, for_s=60, by="ana", reason="lunch")
        assert world.gate.inbox.pending(viewer="ana") == []
        world.clock.advance(61)
        assert len(world.gate.inbox.pending(viewer="ana")) == 1


class TestNothingRuns:
    """Whatever is tried with a probe, no tool is called."""

    def test_glass_that_is_broken_misses_it(self, world: World) -> None:
        """In an emergency, too, nothing of it runs."""
        _, posed = canary(world)
        token = breaker(world.gate, "gus")
        after = world.gate.inbox.break_glass(posed.id, by="gus", reason="fire", held=token)
        assert after.probe is not None
        assert after.probe["came_to"] == "missed"
        assert after.state == "disclosed"
        assert world.effects == []
        assert world.gate.audit.verify().problems == ()

    def test_the_answer_says_what_it_was(
        self, world: World, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command line tells it in the same output, and gives no thread to go on with."""
        _, posed = canary(world)
        tell(world.gate.inbox.approve(posed.id, by="ana", reason="fine"), "approved")
        said = " ".join(capsys.readouterr().out.split())
        assert "this was a canary, changed from" in said
        assert "you let it pass; nothing ran amount: 60 -> 600" in said
        assert "interlock resume" not in said

    @pytest.mark.parametrize("approved", [False, True])
    def test_no_way_of_a_call_finds_it(self, world: World, approved: bool) -> None:
        """Not to advance, to claim, to answer as a call, to veto or take back, nor as a doubt."""
        _, posed = canary(world)
        if approved:
            world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        conductor = world.gate.conductor
        with pytest.raises(InterlockError):
            conductor.advance(posed.call_id)
        with pytest.raises(UnknownId):
            conductor.request(posed.id)
        with pytest.raises(AlreadyDecided):
            take_back(conductor.ports, posed.call_id, "ana", "no")
        with pytest.raises(InterlockError):
            world.gate.doubts.settle(posed.call_id, "retried", by="ana", reason="once more")
        with world.gate.ledger.read() as db:
            shown = find(db, posed.call_id)
        for state in {*RUNNABLE, "pending"}:
            as_if = replace(shown, state=state)
            with pytest.raises(StaleTransition), conductor.ports.ledger.begin() as tx:
                tx.advance(as_if, [Step(min(TRANSITIONS[state]), "claimed")])
        assert world.effects == []

    def test_a_delivery_under_its_key_is_another_call(self, world: World) -> None:
        """A host that calls itself as a probe's does makes a call of its own, which is asked."""
        _, posed = canary(world)
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        turn = world.turn(("refund.issue", dict(posed.args)), name=posed.call_id)
        own = replace(turn, host="interlock", thread_id=posed.call_id)
        (call,) = world.gate.conductor.propose(own)
        assert world.state(call) == "pending"
        assert world.effects == []

    def test_a_row_that_somebody_moves(self, world: World) -> None:
        """A state that is written by hand runs nothing, and verify names it."""
        _, posed = canary(world)
        mine = tables.probes.c.call_id == posed.call_id
        with world.gate.ledger.engine.begin() as db, without_belt(db):
            db.execute(update(tables.probes).where(mine).values(state="approved"))
        with pytest.raises(InterlockError):
            world.gate.conductor.advance(posed.call_id)
        assert "differs from its entries" in str(world.gate.audit.verify().problems)

    def test_a_row_that_somebody_puts_among_calls(self, world: World) -> None:
        """A call without a decision of its own is refused, and verify names it."""
        call, posed = canary(world)
        with world.gate.ledger.engine.begin() as db, without_belt(db):
            row = dict(db.execute(select(tables.calls)).mappings().first() or {})
            forged = {
                "id": posed.call_id,
                "call_key": "x",
                "state": "approved",
                "request_id": posed.id,
            }
            db.execute(insert(tables.calls).values({**row, **forged}))
            kept = {"call_id": posed.call_id, "canonical": b'{"amount":600}', "nonce": "x"}
            db.execute(insert(tables.arguments).values(kept))
        assert "stands among calls" in str(world.gate.audit.verify().problems)
        assert call


class TestCountedNowhere:
    def test_what_is_known_of_the_agent_stays(self, world: World) -> None:
        """No attempt, first time, budget, question or wait of the agent's comes of probes."""
        call, posed = canary(world)
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        known = world.gate.conductor.ports.ledger
        with known.begin() as tx:
            proposal = tx.call(call).proposal
            background = tx.background(proposal, tx.now() - timedelta(days=1))
            asked = tx.questions("", "bot", tx.now() - timedelta(days=1), (100, 100))
        assert (background.same, background.failed, background.executed) == (0, 0, False)
        assert tuple(asked) == (0, 1)
        assert len(world.gate.audit.calls()) == 1
        assert len(world.gate.audit.answered()) == 1
        assert [one.call_id for one in world.gate.inbox.decided()] == [call]
        assert [(one.open, one.answered) for one in world.gate.inbox.queues()] == [(0, 1)]

    def test_the_agent_is_answered_once(self, world: World) -> None:
        """Its thread is woken for its own call only."""
        _, posed = canary(world)
        before = world.gate.threads.woken()
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        assert world.gate.threads.woken() == before
        assert ("main", "thread") in before

    def test_outcomes_name_no_person(self, world: World) -> None:
        """A team's figure: what it was, at which route, and what it came to."""
        _, posed = canary(world)
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        (one,) = outcomes(world.gate.ledger)
        assert (one.kind, one.route, one.how, one.came_to) == ("canary", "", "extra_zero", "missed")
        assert {*one._fields} == {"kind", "route", "how", "came_to", "at"}


class TestRecord:
    def test_there_is_no_case_of_it(self, world: World) -> None:
        """A case shows how a call came to run; of a probe there is only the log."""
        call, posed = canary(world)
        with pytest.raises(DeskError, match="there is no case of"):
            world.gate.audit.case(posed.call_id)
        assert world.gate.audit.case(call)
        assert [
            line["kind"] for line in world.gate.audit.log(call=posed.call_id, undisclosed=True)
        ] == ["posed"]

    def test_everything_verifies(self, world: World) -> None:
        """Posed, answered and left to expire, the record is whole."""
        canary(world)
        assert world.gate.audit.verify().problems == ()
        (posed,) = world.gate.inbox.pending()
        world.gate.inbox.approve(posed.id, by="ana", reason="fine")
        assert world.gate.audit.verify().problems == ()
