"""Doubt: only a person settles it, and a call runs again only by a person's word."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from interlock.conduct import Ready, settling
from interlock.conduct.doubts import Settlement, settle_doubt
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.execution import Done, Failed, InDoubt, Outcome

from .conftest import POLICY, World, answer, open_world, waiting  # isort: skip

SMALL, BIG = ("refund.issue", {"amount": 20}), ("refund.issue", {"amount": 200})


def lost(world: World, call: tuple[str, dict[str, Any]] = SMALL) -> tuple[str, Ready]:
    """Claim a call and lose its process; return the call and what the process held."""
    (name,) = world.propose(call)
    if call is BIG:
        request = waiting(world.go(name)).request
        world.gate.inbox.approve(request.id, by="ana", reason="ok")
    ready = world.gate.conductor.advance(name)
    assert isinstance(ready, Ready)
    world.clock.advance(31)
    world.gate.recover()
    assert world.state(name) == "in_doubt"
    return name, ready


def settle(world: World, call: str, how: Settlement, by: str = "bea") -> str:
    return world.gate.doubts.settle(call, how, by=by, reason="looked it up")


class TestSettled:
    @pytest.mark.parametrize(
        ("how", "ending", "status", "says"),
        [
            ("done", "released", "success", "took effect. Its result is not known"),
            ("failed", "failed", "error", "did not take effect"),
            ("compensated", "compensated", "error", "bea undid it"),
        ],
    )
    def test_by_a_persons_word(
        self, world: World, how: Settlement, ending: str, status: str, says: str
    ) -> None:
        """The answer says who checked and what is not known; nothing runs, ever."""
        call, ready = lost(world)
        settle(world, call, how)

        got = answer(world.go(call))
        assert (got.ending, got.status, got.record["settled_by"]) == (ending, status, "bea")
        assert says in got.content
        late = world.gate.conductor.settle(ready.warrant, Done("late"))
        assert late.answer == got
        assert world.effects == []
        assert world.gate.audit.log()[-1]["kind"] == "stale_result"
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_the_list_says_what_to_check(self, world: World) -> None:
        """A doubt names the run, the key that the tool got, and why nobody knows."""
        call, ready = lost(world)
        (doubt,) = world.gate.doubts.list()

        assert (doubt.call_id, doubt.fence, doubt.args) == (call, 1, {"amount": 20})
        assert doubt.idempotency_key == ready.warrant.digest
        assert "may have run" in doubt.why
        settle(world, call, "done")
        assert world.gate.doubts.list() == []

    def test_once_only(self, world: World) -> None:
        """A doubt that is settled stays so."""
        call, _ = lost(world)
        settle(world, call, "failed")
        with pytest.raises(AlreadyDecided, match="released, not in doubt"):
            settle(world, call, "retried")

    def test_not_without_a_reason(self, world: World) -> None:
        """Nobody can check it later, so the record says what was seen."""
        call, _ = lost(world)
        with pytest.raises(DeskError, match="--reason"):
            world.gate.doubts.settle(call, "done", by="bea", reason="")

    def test_a_late_result_settles_it_first(self, world: World) -> None:
        """The doubted run's own result is better than anybody's word."""
        call, ready = lost(world)
        world.gate.conductor.settle(ready.warrant, Done("paid"))

        assert answer(world.go(call)).content == "paid"
        with pytest.raises(AlreadyDecided):
            settle(world, call, "retried")


class TestApart:
    @pytest.mark.parametrize("how", ["done", "failed", "compensated", "retried"])
    @pytest.mark.parametrize("call", [SMALL, BIG], ids=["allowed", "asked"])
    def test_who_may_not_decide_does_not_settle(
        self, world: World, call: tuple[str, dict[str, Any]], how: Settlement
    ) -> None:
        """I7: agent, requester and owners have no say, asked or not, however they write a name."""
        name, _ = lost(world, call)
        for who in ("bot", "cust", "olga", "payments", "local:Bot", "ｃust"):
            with pytest.raises(NotEligible, match="may not settle its doubt"):
                settle(world, name, how, by=who)

        assert world.state(name) == "in_doubt"
        assert settle(world, name, how) != "in_doubt"

    @pytest.mark.parametrize("how", ["done", "failed", "compensated", "retried"])
    def test_nor_does_who_wrote_the_arguments(self, world: World, how: Settlement) -> None:
        """I7: an edit that policy allows asks nobody, and its author still cannot vouch for it."""
        (name,) = world.propose(BIG)
        request = waiting(world.go(name)).request
        edited = world.gate.inbox.edit(request.id, by="eve", args={"amount": 10}).call_id
        assert isinstance(world.gate.conductor.advance(edited), Ready)
        world.clock.advance(31)
        world.gate.recover()

        with pytest.raises(NotEligible):
            settle(world, edited, how, by="eve")
        assert world.state(edited) == "in_doubt"


class TestLate:
    """What an earlier run reports once a later one was claimed."""

    def test_done_after_the_repetition_was_given_back(self, world: World) -> None:
        """I3: the effect happened, so the call ends with it and does not run again."""
        call, first = lost(world)
        settle(world, call, "retried")
        second = world.gate.conductor.advance(call)
        assert isinstance(second, Ready)
        world.gate.conductor.give_back(second.warrant, "paused")
        got = world.gate.conductor.settle(first.warrant, Done("paid"))

        assert (got.answer.content, world.state(call)) == ("paid", "released")
        assert answer(world.go(call)).content == "paid"
        assert world.effects == []
        assert stale(world) == [(1, "retried", "done")]
        assert states(world, call)[-5:] == ["retried", "in_doubt", "done", "inspected", "released"]
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_done_before_the_repetition_is_given_back(self, world: World) -> None:
        """I3: its result came while another claim held the call, which then does not run again."""
        call, first = lost(world)
        settle(world, call, "retried")
        second = world.gate.conductor.advance(call)
        assert isinstance(second, Ready)
        told(world, first, Done("paid"))
        world.gate.conductor.give_back(second.warrant, "paused")

        assert answer(world.go(call)).ending == "in_doubt"
        assert world.effects == []
        (doubt,) = world.gate.doubts.list()
        assert doubt.later == ("run 1 later reported done",)
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_done_while_a_later_run_is_in_doubt(self, world: World) -> None:
        """The effect happened: the call is done; what the later run reports is noted."""
        call, first = lost(world)
        second = lost_again(world, call)
        world.gate.conductor.settle(first.warrant, Done("first"))

        assert answer(world.go(call)).content == "first"
        world.gate.conductor.settle(second.warrant, Done("second"))
        assert answer(world.go(call)).content == "first"
        assert stale(world) == [(1, "in_doubt", "done"), (2, "released", "done")]
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_failed_while_a_later_run_is_in_doubt(self, world: World) -> None:
        """The later run may have had the effect: it is noted, and shown to whoever settles."""
        call, first = lost(world)
        second = lost_again(world, call)
        told(world, first, Failed("no"))

        assert world.state(call) == "in_doubt"
        (doubt,) = world.gate.doubts.list()
        assert doubt.later == ("run 1 later reported failed",)
        world.gate.conductor.settle(second.warrant, Failed("no"))
        assert answer(world.go(call)).ending == "failed"
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    @pytest.mark.parametrize("outcome", [Done("again"), Failed("no")])
    def test_an_idempotent_call_keeps_its_one_answer(self, world: World, outcome: Any) -> None:
        """What ended stays so, whichever run ended it and whatever the other says."""
        (call,) = world.propose(("set.flag", {}))
        first = world.gate.conductor.advance(call)
        assert isinstance(first, Ready)
        world.clock.advance(31)
        second = world.gate.conductor.advance(call)
        assert isinstance(second, Ready)
        world.gate.conductor.settle(second.warrant, InDoubt("timed out"))
        world.gate.conductor.settle(first.warrant, Done("first"))
        world.gate.conductor.settle(second.warrant, outcome)

        assert answer(world.go(call)).content == "first"
        assert world.effects == []
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems


def lost_again(world: World, call: str) -> Ready:
    """Have a call repeated and lose that run too."""
    settle(world, call, "retried")
    second = world.gate.conductor.advance(call)
    assert isinstance(second, Ready)
    world.clock.advance(31)
    world.gate.recover()
    return second


def told(world: World, ready: Ready, outcome: Outcome) -> None:
    """Report an outcome that does not end the call."""
    assert settling.settle(world.gate.conductor.ports, ready.warrant, outcome) is None


def stale(world: World) -> list[tuple[int, str, str]]:
    """Return what the record says of results that came too late."""
    notes = [line["body"] for line in world.gate.audit.log() if line["kind"] == "stale_result"]
    return [(note["fence"], note["state"], note["outcome"]) for note in notes]


def states(world: World, call: str) -> list[str]:
    """Return the states that a call went through."""
    return [line["state"] for line in world.gate.audit.log() if line["chain"] == call]


class TestRetried:
    @pytest.mark.parametrize("call", [SMALL, BIG], ids=["allowed", "asked"])
    def test_it_runs_once_more_under_a_new_fence(
        self, world: World, call: tuple[str, dict[str, Any]]
    ) -> None:
        """A repetition is claimed anew, once, by whoever delivers the call."""
        name, ready = lost(world, call)
        assert settle(world, name, "retried") == "retried"

        assert answer(world.go(name)).ending == "released"
        assert answer(world.go(name)).ending == "released"
        assert len(world.effects) == 1
        claims = [e["body"] for e in world.gate.audit.log() if e["kind"] == "claimed"]
        assert [claim["fence"] for claim in claims] == [1, 2]
        assert claims[0]["digest"] == claims[1]["digest"] == ready.warrant.digest
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_the_first_run_ends_after_all(self, world: World) -> None:
        """I3: a result that comes before the repetition takes it back: it ran, so it will not."""
        call, ready = lost(world)
        settle(world, call, "retried")
        world.gate.conductor.settle(ready.warrant, world.run(ready))

        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems

    def test_a_result_of_the_first_run_is_stale_beside_the_second(self, world: World) -> None:
        """After the repetition began, only its own result counts."""
        call, first = lost(world)
        settle(world, call, "retried")
        second = world.gate.conductor.advance(call)
        assert isinstance(second, Ready)
        world.gate.conductor.settle(second.warrant, Done("second"))
        stale = world.gate.conductor.settle(first.warrant, Done("first"))

        assert stale.answer.content == "second"
        assert "stale_result" in [line["kind"] for line in world.gate.audit.log()]

    def test_policy_that_forbids_it_now_wins(self, world: World, tmp_path: Path) -> None:
        """Guarded again: a denial leaves it in doubt, as nobody may say that it did not run."""
        call, _ = lost(world)
        settle(world, call, "retried")
        other = open_world(
            tmp_path,
            POLICY + "  - {id: never, match: {tools: [refund.issue]}, decision: deny}\n",
            world.clock,
        )

        got = answer(other.go(call))
        assert (got.ending, other.state(call)) == ("in_doubt", "in_doubt")
        assert "may not run again now" in got.content
        assert other.effects == []
        other.gate.close()

    @pytest.mark.parametrize(
        ("asked", "ends"),
        [
            ("decision: require_approval", "released"),
            ("decision: require_approval, review: {route: few}", "in_doubt"),
        ],
    )
    def test_policy_that_asks_now_takes_the_word_for_an_approval(
        self, world: World, tmp_path: Path, asked: str, ends: str
    ) -> None:
        """I2: only of a person who may approve the call by the policy of now."""
        call, _ = lost(world)
        settle(world, call, "retried")
        asks = POLICY.replace(
            "amount_usd_at_most: 50}, decision: allow",
            "amount_usd_at_most: 50}, " + asked,
        )
        asks += "groups: {few: [dan]}\n"
        other = open_world(tmp_path, asks, world.clock)

        assert answer(other.go(call)).ending == ends
        assert other.gate.audit.verify().ok, other.gate.audit.verify().problems
        other.gate.close()

    @pytest.mark.parametrize(("order", "lasts_s"), [(BIG, 300), (SMALL, 3600)])
    def test_the_word_does_not_last_for_ever(
        self, world: World, order: tuple[str, dict[str, int]], lasts_s: int
    ) -> None:
        """An approval to repeat that nobody used in time is none, asked or not."""
        call, _ = lost(world, order)
        settle(world, call, "retried")
        world.clock.advance(lasts_s)

        assert answer(world.go(call)).ending == "in_doubt"
        assert world.effects == []

    def test_a_repetition_given_back_stays_one(self, world: World) -> None:
        """What is given back before it ran is retried still, not as if it had never run."""
        call, _ = lost(world)
        settle(world, call, "retried")
        ready = world.gate.conductor.advance(call)
        assert isinstance(ready, Ready)
        world.gate.conductor.give_back(ready.warrant, "paused")

        assert world.state(call) == "retried"
        assert answer(world.go(call)).ending == "released"

    def test_lost_twice_is_doubted_twice(self, world: World) -> None:
        """I3: each repetition takes a person's word of its own."""
        call, _ = lost(world)
        settle(world, call, "retried")
        assert isinstance(world.gate.conductor.advance(call), Ready)
        world.clock.advance(31)
        world.gate.recover()

        assert answer(world.go(call)).ending == "in_doubt"
        assert world.effects == []
        settle(world, call, "retried")
        assert answer(world.go(call)).ending == "released"
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems


def test_a_forged_repetition_is_named(world: World) -> None:
    """I10: an approval to repeat that no entry tells of is found."""
    call, _ = lost(world)
    settle(world, call, "retried")
    with world.gate.ledger.engine.begin() as db:
        db.exec_driver_sql("update votes set by = 'cato'")  # quoted nowhere: a column of SQLite

    assert any("differs from its entry" in line for line in world.gate.audit.verify().problems)


def test_a_run_that_ended_in_doubt_can_be_settled(world: World) -> None:
    """What a tool left in doubt itself is settled like a lost run."""
    (call,) = world.propose(SMALL)
    ready = world.gate.conductor.advance(call)
    assert isinstance(ready, Ready)
    world.gate.conductor.settle(ready.warrant, InDoubt("timed out"))

    assert settle_doubt(world.gate.conductor.ports, call, "failed", "bea", "no").state == "released"


class TestSeveral:
    """What took two people to run once takes two to run again."""

    TWO = POLICY.replace("approval_ttl_sec: 600", "route: few, quorum: 2, approval_ttl_sec: 600")
    TWO += "groups: {few: [ana, bea, cy]}\n"

    @pytest.fixture
    def world(self, tmp_path: Path, database: str) -> Iterator[World]:
        """A world in which big refunds take two; its record is whole in the end."""
        made = open_world(tmp_path, self.TWO)
        yield made
        verified = made.gate.audit.verify()
        assert verified.ok, verified.problems
        made.gate.close()

    def doubted(self, world: World) -> str:
        """Return a call that ana and bea approved, and whose process was lost."""
        (name,) = world.propose(BIG)
        request = waiting(world.go(name)).request
        for who in ("ana", "bea"):
            world.gate.inbox.approve(request.id, by=who, reason="ok")
        self.lose(world, name)
        return name

    def lose(self, world: World, name: str) -> None:
        assert isinstance(world.gate.conductor.advance(name), Ready)
        world.clock.advance(31)
        world.gate.recover()
        assert world.state(name) == "in_doubt"

    def test_one_alone_has_it_repeated_never(self, world: World) -> None:
        """I2, I7: earlier approvals are used up, and one person's word twice is one word."""
        call = self.doubted(world)
        for _ in range(3):
            assert settle(world, call, "retried", by="ana") == "in_doubt"

        assert answer(world.go(call)).ending == "in_doubt"
        assert world.effects == []
        assert settle(world, call, "retried", by="bea") == "retried"
        assert answer(world.go(call)).ending == "released"
        assert len(world.effects) == 1

    def test_each_doubt_takes_two_words_of_its_own(self, world: World) -> None:
        """What two said of one run says nothing of the next, whoever of them speaks first."""
        call = self.doubted(world)
        settle(world, call, "retried", by="ana")
        settle(world, call, "retried", by="cy")
        self.lose(world, call)
        assert settle(world, call, "retried", by="ana") == "in_doubt"
        assert settle(world, call, "retried", by="cy") == "retried"

    def test_words_that_were_not_used_in_time(self, world: World) -> None:
        """One fresh word revives no older one, though no run lies between them."""
        call = self.doubted(world)
        settle(world, call, "retried", by="ana")
        settle(world, call, "retried", by="cy")
        world.clock.advance(301)
        assert answer(world.go(call)).ending == "in_doubt"

        assert settle(world, call, "retried", by="cy") == "in_doubt"
        assert settle(world, call, "retried", by="bea") == "retried"

    def test_another_may_say_that_it_was_done(self, world: World) -> None:
        """Where one wants it repeated, who looked and found it done ends the doubt."""
        call = self.doubted(world)
        settle(world, call, "retried", by="ana")
        assert settle(world, call, "done", by="bea") == "released"
        with pytest.raises(AlreadyDecided):
            settle(world, call, "retried", by="cy")

    def test_by_those_who_are_in_the_role_by_now(self, tmp_path: Path, database: str) -> None:
        """Q4: who left has no word; who came says how it ended, and has nothing repeated."""
        world = open_world(tmp_path, self.TWO.replace("groups: {few: [ana, bea, cy]}\n", ""))
        desk = world.gate.reviewers
        for who in ("ana", "bea", "cy"):
            desk.add(who, roles=["few"])
        call = self.doubted(world)
        desk.revoke("ana", roles=["few"], reason="moved")
        desk.add("dee", roles=["few"])
        for who in ("ana", "dee"):
            with pytest.raises(NotEligible):
                settle(world, call, "retried", by=who)
        with pytest.raises(NotEligible):
            settle(world, call, "done", by="ana")
        assert settle(world, call, "retried", by="bea") == "in_doubt"
        desk.revoke("bea", roles=["few"], reason="moved")
        assert settle(world, call, "retried", by="cy") == "in_doubt"

        assert settle(world, call, "failed", by="dee") == "released"
        assert world.gate.audit.verify().problems == ()
        world.gate.close()

    def test_not_by_who_was_not_asked(self, world: World) -> None:
        """I7: a word of somebody who may not approve it is none."""
        call = self.doubted(world)
        settle(world, call, "retried", by="ana")
        with pytest.raises(NotEligible):
            settle(world, call, "retried", by="zoe")
        assert world.state(call) == "in_doubt"

    def test_a_late_result_settles_it_first(self, world: World) -> None:
        """I3: the doubted run's own result ends it, between two words too."""
        (name,) = world.propose(BIG)
        request = waiting(world.go(name)).request
        for who in ("ana", "bea"):
            world.gate.inbox.approve(request.id, by=who, reason="ok")
        ready = world.gate.conductor.advance(name)
        assert isinstance(ready, Ready)
        world.clock.advance(31)
        world.gate.recover()
        settle(world, name, "retried", by="ana")
        world.gate.conductor.settle(ready.warrant, Done("paid"))

        assert answer(world.go(name)).content == "paid"


def test_the_evidence_contract_holds_for_a_repetition(tmp_path: Path) -> None:
    """What an approval must say, the word that repeats a call says, too."""
    wants = POLICY + (
        "evidence_contract: {required_fields: [policy_snapshot, approver_id], "
        "reject_if_incomplete: true}\n"
    )
    world = open_world(tmp_path, wants)
    call, _ = lost(world, BIG)
    assert settle(world, call, "retried") == "retried"
    assert answer(world.go(call)).ending == "released"
    world.gate.close()
