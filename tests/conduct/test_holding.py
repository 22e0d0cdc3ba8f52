"""Hold: a veto window keeps a call from running, people may stop it, and then it goes on."""

from pathlib import Path

import pytest

from interlock.conduct import Held
from interlock.conduct.holding import veto
from interlock.errors import AlreadyDecided, DeskError

from .conftest import World, answer, open_world, waiting  # isort: skip

WINDOW = """
version: v1
tools:
  refund.issue: {risk_tags: [write], facts: {amount_usd: args.amount}}
  mail.send: {risk_tags: [write]}
rules:
  - {id: told, match: {tools: [refund.issue]}, decision: notify, veto_window_sec: 30}
  - {id: longer, match: {tools: [refund.issue], amount_usd_above: 50}, decision: notify,
     veto_window_sec: 90}
  - {id: ask, match: {tools: [mail.send]}, decision: require_approval}
"""
PAY = ("refund.issue", {"amount": 20})


@pytest.fixture
def told(tmp_path: Path, database: str) -> World:
    """A world whose policy gives people time to stop a call."""
    return open_world(tmp_path, WINDOW)


class TestWindow:
    def test_it_runs_after_the_window_and_not_before(self, told: World) -> None:
        """A call with a veto window runs at its first touch after it, never earlier."""
        (call,) = told.propose(PAY)
        for _ in range(3):
            assert isinstance(told.go(call), Held)
            told.clock.advance(9.99)
        assert told.effects == []

        told.clock.advance(0.03)
        assert answer(told.go(call)).ending == "released"
        assert told.gate.audit.verify().ok

    def test_no_claim_in_the_proposals_own_commit(self, told: World) -> None:
        """I16: a host that claims as it proposes does not get past the window either."""
        turn = told.turn(PAY)
        (call,) = told.gate.conductor.propose(turn, claim=True)

        assert told.gate.conductor.claimed(call) is None
        assert told.state(call) == "held"

    def test_the_longest_window_counts(self, told: World) -> None:
        """Of two notices with a window each, the longer holds the call."""
        (call,) = told.propose(("refund.issue", {"amount": 60}))
        told.clock.advance(60)
        assert isinstance(told.go(call), Held)
        told.clock.advance(31)

        assert answer(told.go(call)).ending == "released"

    def test_people_are_told_at_once(self, told: World) -> None:
        """The oversight item is there while the window is open, and says until when."""
        (call,) = told.propose(PAY)
        (item,) = told.gate.inbox.oversight()

        assert (item.call_id, item.state) == (call, "held")
        assert item.veto_until is not None
        assert (item.veto_until - told.clock.now()).total_seconds() == 30

    def test_a_clock_that_steps_back_only_makes_it_longer(self, told: World) -> None:
        """A window is never cut short."""
        (call,) = told.propose(PAY)
        told.clock.advance(-3600)
        told.gate.recover()
        told.clock.advance(60)

        assert isinstance(told.go(call), Held)

    def test_a_window_that_came_later_holds_what_was_allowed(
        self, told: World, tmp_path: Path
    ) -> None:
        """Q8: policy that gives a window by now opens it before the call runs."""
        free = open_world(
            tmp_path, WINDOW.replace("notify, veto_window_sec: 30", "allow"), told.clock
        )
        (call,) = free.propose(PAY)
        free.gate.close()

        assert isinstance(told.go(call), Held)
        told.clock.advance(31)
        assert answer(told.go(call)).ending == "released"
        assert told.gate.audit.verify().ok, told.gate.audit.verify().problems

    def test_a_window_that_got_longer_meanwhile(self, told: World, tmp_path: Path) -> None:
        """Q8: the longer window of the policy of now counts, from when the call was proposed."""
        (call,) = told.propose(PAY)
        longer = open_world(tmp_path, WINDOW.replace("_sec: 30", "_sec: 45"), told.clock)
        told.clock.advance(31)
        assert isinstance(longer.go(call), Held)
        told.clock.advance(15)

        assert answer(longer.go(call)).ending == "released"
        assert longer.gate.audit.verify().ok, longer.gate.audit.verify().problems
        longer.gate.close()

    def test_beside_a_question_both_must_end(self, told: World) -> None:
        """I18: a call whose window is over waits for the question of its turn all the same."""
        pay, mail = told.propose(PAY, ("mail.send", {}))
        told.clock.advance(31)
        held = told.go(pay)
        assert isinstance(held, Held)
        assert held.behind == (waiting(told.go(mail)).request.id,)
        told.gate.inbox.deny(held.behind[0], by="ana", reason="no")

        assert answer(told.go(pay)).ending == "released"


class TestVeto:
    def test_a_vetoed_call_never_runs(self, told: World) -> None:
        """I6: the answer says who may be asked, and nothing runs, ever."""
        (call,) = told.propose(PAY)
        case = told.gate.inbox.veto(call, by="ana", reason="wrong customer")

        assert case.state == "vetoed"
        told.clock.advance(3600)
        told.gate.recover()
        got = answer(told.go(call))
        assert (got.ending, got.status) == ("vetoed", "error")
        assert "wrong customer" in got.content
        assert told.effects == []
        assert told.gate.audit.log(call=call)[-1]["actor"] == "ana"
        assert told.gate.audit.verify().ok

    def test_an_awake_host_may_be_late_but_a_veto_still_counts(self, told: World) -> None:
        """As long as the call did not start, a veto stops it, the window over or not."""
        (call,) = told.propose(PAY)
        told.clock.advance(31)
        told.gate.recover()

        assert told.gate.inbox.veto(call, by="ana", reason="no").state == "vetoed"
        assert answer(told.go(call)).ending == "vetoed"

    def test_too_late_is_said(self, told: World) -> None:
        """What ran is not vetoed."""
        (call,) = told.propose(PAY)
        told.clock.advance(31)
        told.go(call)
        with pytest.raises(AlreadyDecided, match="released"):
            told.gate.inbox.veto(call, by="ana", reason="no")

    def test_a_reason_is_needed(self, told: World) -> None:
        """A veto overrides policy, so it says why."""
        (call,) = told.propose(PAY)
        with pytest.raises(DeskError, match="reason"):
            told.gate.inbox.veto(call, by="ana", reason=" ")

    def test_a_call_held_for_another_reason_has_no_window(self, world: World) -> None:
        """What waits for its siblings is stopped by denying these."""
        _, small = world.propose(("refund.issue", {"amount": 200}), ("refund.issue", {"amount": 2}))
        with pytest.raises(DeskError, match="no veto window"):
            veto(world.gate.conductor.ports, small, "ana", "no")

    def test_its_thread_is_named_for_a_resume(self, told: World) -> None:
        """What was vetoed, and what may go on now, can be rung for; an open window cannot."""
        one, two = told.propose(PAY)[0], told.propose(PAY)[0]
        assert told.gate.inbox.decided() == []
        told.gate.inbox.veto(two, by="ana", reason="no")
        assert [each.call_id for each in told.gate.inbox.decided()] == [two]
        told.clock.advance(31)

        assert {each.call_id for each in told.gate.inbox.decided()} == {one, two}
