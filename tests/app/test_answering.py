"""Answer: what goes with a person's word."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.errors import AlreadyDecided, DeskError
from interlock.path.proposal import Agent, Context

POLICY = """
version: v1
tools: {pay: {risk_tags: [read]}}
rules: [{id: ask, match: {tools: [pay]}, decision: require_approval}]
"""


class Till:
    """A gate before which calls wait."""

    def __init__(self, folder: Path) -> None:
        """Open a ledger in a folder."""
        self.clock = FrozenClock()
        ledger = str(folder / "l.db")
        self.gate = Gate.open(Policy.parse(POLICY), ledger, clock=self.clock, state=folder)
        self._turns = 0

    def ask(self) -> str:
        """Make a call that waits; return its request's id."""
        self._turns += 1
        intents = (Intent("pay", {"amount": self._turns}, "c"),)
        turn = Turn(Context(Agent("bot")), "shop", "t", "", f"m{self._turns}", intents)
        (call,) = self.gate.conductor.propose(turn)
        return self.gate.inbox.show(call).id


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A till that is empty."""
    opened = Till(tmp_path)
    with opened.gate:
        yield opened


class TestTimeOnScreen:
    def test_is_kept_with_the_vote_and_its_entry(self, till: Till) -> None:
        """In the vote and in the record to the millisecond, and verify finds them alike."""
        request = till.ask()
        till.clock.advance(60)
        case = till.gate.inbox.approve(request, by="ana", on_screen_s=12.3456)
        (voted,) = (one for one in till.gate.audit.log() if one["kind"] == "voted")

        assert case.votes[0]["on_screen_s"] == 12.346
        assert voted["body"]["on_screen_ms"] == 12346
        assert till.gate.audit.verify().ok

    @pytest.mark.parametrize("answer", ["approve", "deny", "cancel"])
    def test_is_kept_with_every_answer(self, till: Till, answer: str) -> None:
        """Whatever was answered, it was looked at."""
        request = till.ask()
        till.clock.advance(60)
        case = getattr(till.gate.inbox, answer)(request, by="ana", on_screen_s=2.5)

        assert case.votes[0]["on_screen_s"] == 2.5

    def test_is_absent_where_nobody_measured(self, till: Till) -> None:
        """An answer from a command line says nothing of it."""
        case = till.gate.inbox.approve(till.ask(), by="ana")
        (voted,) = (one for one in till.gate.audit.log() if one["kind"] == "voted")

        assert "on_screen_s" not in case.votes[0]
        assert "on_screen_ms" not in voted["body"]

    def test_is_never_longer_than_the_question_was_open(self, till: Till) -> None:
        """Who says that they looked for a year looked since it was asked."""
        request = till.ask()
        till.clock.advance(7)
        case = till.gate.inbox.approve(request, by="ana", on_screen_s=3e7)

        assert case.votes[0]["on_screen_s"] == 7

    @pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
    def test_no_time_is_refused(self, till: Till, seconds: float) -> None:
        """What is no time is an error, and nothing is answered."""
        request = till.ask()
        with pytest.raises(DeskError, match="number of seconds"):
            till.gate.inbox.approve(request, by="ana", on_screen_s=seconds)

        assert till.gate.inbox.show(request).state == "pending"


def test_an_edited_call_names_the_one_to_answer(till: Till) -> None:
    """Who answers what was edited is told the request that asks now."""
    request = till.ask()
    now = till.gate.inbox.edit(request, args={"amount": 9}, by="bo").id

    with pytest.raises(AlreadyDecided, match=f"the call is now `{now}`"):
        till.gate.inbox.approve(request, by="ana")
