"""Guard: everything again at the last moment, and one execution for one warrant."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from interlock.errors import WarrantError
from interlock.path.people import People
from interlock.path.proposal import Agent, CallKey, Context, propose
from interlock.path.review import ReviewRequest, Vote
from interlock.path.warrant import Cleared, Stopped, Warrant, guard
from interlock.policy.decisions import Allow, Ask, Decision, Deny, Notify, ReviewTerms

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROPOSAL = propose(CallKey("", "m", "t", "", "m", "c"), "pay", {"a": 1}, Context(Agent("bot")))
REQUEST = ReviewRequest(
    "req",
    "call",
    PROPOSAL.digest,
    "approved",
    NOW,
    NOW + timedelta(hours=1),
    ReviewTerms(execution_ttl_s=60),
    frozenset({"bot"}),
    "low",
)
YES = Vote("req", PROPOSAL.digest, "approve", "ana", "local", NOW)
NOBODY = People(NOW)
ALLOW, ASK, DENY = Allow((), ""), Ask((), ""), Deny((), "no")


@pytest.mark.parametrize("again", [ALLOW, Notify((), "")])
def test_an_allowed_call_is_cleared(again: Decision) -> None:
    """What nobody was asked about and policy still allows may run."""
    assert guard(again, None, (), NOBODY, PROPOSAL, NOW) == Cleared()


@pytest.mark.parametrize(("until_s", "cleared"), [(None, False), (1, False), (0, True), (-9, True)])
def test_a_veto_window_is_waited_for(until_s: int | None, cleared: bool) -> None:
    """A call with a window runs once the window of which people were told is over; never untold."""
    until = None if until_s is None else NOW + timedelta(seconds=until_s)
    verdict = guard(Notify((), "", veto_window_s=30), None, (), NOBODY, PROPOSAL, NOW, until)

    assert verdict == (Cleared() if cleared else Stopped("held", "its veto window is open"))


def test_an_approved_call_is_cleared() -> None:
    """A valid approval of these bytes clears a call that asks."""
    assert guard(ASK, REQUEST, [YES], NOBODY, PROPOSAL, NOW) == Cleared()


@pytest.mark.parametrize("request_", [None, REQUEST])
def test_a_denial_now_wins(request_: ReviewRequest | None) -> None:
    """No earlier permission or approval lifts what policy forbids now."""
    stopped = guard(DENY, request_, [YES], NOBODY, PROPOSAL, NOW)

    assert isinstance(stopped, Stopped)
    assert stopped.to == "denied"


def test_a_call_that_needs_approval_now_is_asked() -> None:
    """What was allowed and now asks is put before a human."""
    stopped = guard(ASK, None, (), NOBODY, PROPOSAL, NOW)

    assert isinstance(stopped, Stopped)
    assert stopped.to == "pending"


@pytest.mark.parametrize(
    "vote",
    [
        replace(YES, by="bot"),
        replace(YES, digest="0" * 64),
        replace(YES, request_id="other"),
        replace(YES, answer="deny"),
    ],
)
def test_an_approval_that_does_not_count(vote: Vote) -> None:
    """I2, I7: an excluded voter, another digest or request, another answer: asked again."""
    stopped = guard(ASK, REQUEST, [vote], NOBODY, PROPOSAL, NOW)

    assert isinstance(stopped, Stopped)
    assert stopped.to == "pending"


def test_an_approval_of_other_bytes_is_refused() -> None:
    """I8: a request about another digest opens nothing."""
    stopped = guard(ASK, replace(REQUEST, digest="0" * 64), [YES], NOBODY, PROPOSAL, NOW)

    assert isinstance(stopped, Stopped)
    assert stopped.to == "denied"


@pytest.mark.parametrize(("seconds", "cleared"), [(59, True), (60, False), (9999, False)])
def test_an_approval_has_its_time(seconds: int, cleared: bool) -> None:
    """Q7: after `execution_ttl` an approval is no more."""
    verdict = guard(ASK, REQUEST, [YES], NOBODY, PROPOSAL, NOW + timedelta(seconds=seconds))

    assert (verdict == Cleared()) == cleared


def test_a_warrant_is_spent_by_one_of_many() -> None:
    """Of any number of threads exactly one redeems a warrant."""
    warrant = Warrant("call", PROPOSAL, 1, "non_idempotent")
    outcomes: list[str] = []
    barrier = threading.Barrier(8)

    def redeem() -> None:
        barrier.wait()
        try:
            warrant.redeem("pay", PROPOSAL.canonical)
            outcomes.append("ran")
        except WarrantError:
            outcomes.append("refused")

    threads = [threading.Thread(target=redeem) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["ran"] + ["refused"] * 7


def test_a_refused_redemption_does_not_spend() -> None:
    """Trying other bytes or another tool leaves the warrant for its own."""
    warrant = Warrant("call", PROPOSAL, 1, "non_idempotent")
    for tool, canonical in (("pay", b'{"a":2}'), ("wipe", PROPOSAL.canonical)):
        with pytest.raises(WarrantError):
            warrant.redeem(tool, canonical)
    warrant.redeem("pay", PROPOSAL.canonical)
