"""Review: which answers count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.review import Answer, RequestState, ReviewRequest, Vote, admit, tally
from interlock.policy.decisions import ReviewTerms

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = ReviewRequest(
    "req",
    "call",
    "d" * 64,
    "open",
    NOW,
    NOW + timedelta(hours=1),
    ReviewTerms(),
    frozenset({"requester"}),
    "low",
)
YES = Vote("req", "d" * 64, "approve", "ana", "local", NOW)


def test_a_good_vote_counts() -> None:
    """Open, in time, same digest, eligible: it counts."""
    admit(YES, OPEN, NOW)

    assert tally([YES], OPEN) == "approved"


@given(st.sampled_from(get_args(RequestState)), st.integers(-7200, 7200), st.booleans())
def test_only_an_open_request_in_time_takes_votes(
    state: RequestState, seconds: int, same: bool
) -> None:
    """I7, I11: closed, late or for another digest never counts."""
    request = replace(OPEN, state=state)
    vote = YES if same else replace(YES, digest="e" * 64)
    good = state == "open" and seconds < 3600 and same
    if good:
        admit(vote, request, NOW + timedelta(seconds=seconds))
    else:
        with pytest.raises((AlreadyDecided, DeskError)):
            admit(vote, request, NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("answer", get_args(Answer))
def test_the_requester_may_withdraw_but_not_grant(answer: Answer) -> None:
    """Q1: who asks may deny, edit or cancel; never approve, nor answer for the tool."""
    vote = replace(YES, by="requester", answer=answer)
    if answer in ("approve", "respond"):
        with pytest.raises(NotEligible):
            admit(vote, OPEN, NOW)
    else:
        admit(vote, OPEN, NOW)


@pytest.mark.parametrize("risk", ["high", "critical"])
def test_a_risky_approval_needs_a_reason(risk: str) -> None:
    """High and critical risk are not approved in silence; a blank is no reason."""
    request = replace(OPEN, risk=risk)

    for reason in ("", "  "):
        with pytest.raises(DeskError, match="--reason"):
            admit(replace(YES, reason=reason), request, NOW)
    admit(replace(YES, reason="checked the order"), request, NOW)
    admit(replace(YES, answer="deny"), request, NOW)


def test_votes_for_other_digests_do_not_add_up() -> None:
    """Q5, Q6: a vote counts for its own digest and request only."""
    others = [replace(YES, digest="e" * 64), replace(YES, request_id="other")]

    assert tally(others, OPEN) == "open"
    assert tally([*others, replace(YES, answer="deny")], OPEN) == "rejected"
