"""Review: which answers count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.names import person
from interlock.path.people import People, is_apart
from interlock.path.review import (
    RequestState,
    ReviewRequest,
    Vote,
    VoteAnswer,
    admit,
    counts,
    may_decide,
)
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
NOBODY = People(NOW)
YES = Vote("req", "d" * 64, "approve", "ana", "local", NOW)


def test_a_good_vote_counts() -> None:
    """Open, in time, same digest, eligible: it counts."""
    admit(YES, OPEN, NOW, NOBODY)

    assert counts(YES, OPEN, NOBODY)


@given(st.sampled_from(get_args(RequestState)), st.integers(-7200, 7200), st.booleans())
def test_only_an_open_request_in_time_takes_votes(
    state: RequestState, seconds: int, same: bool
) -> None:
    """I7, I11: closed, late or for another digest never counts."""
    request = replace(OPEN, state=state)
    vote = YES if same else replace(YES, digest="e" * 64)
    good = state == "open" and seconds < 3600 and same
    if good:
        admit(vote, request, NOW + timedelta(seconds=seconds), NOBODY)
    else:
        with pytest.raises((AlreadyDecided, DeskError)):
            admit(vote, request, NOW + timedelta(seconds=seconds), NOBODY)


@pytest.mark.parametrize("answer", get_args(VoteAnswer))
def test_the_requester_may_withdraw_but_not_grant(answer: VoteAnswer) -> None:
    """Q1: who asks may deny, edit or cancel; never approve, nor answer for the tool."""
    vote = replace(YES, by="requester", answer=answer)
    if answer in ("approve", "respond", "break_glass"):
        with pytest.raises(NotEligible):
            admit(vote, OPEN, NOW, NOBODY)
    else:
        admit(vote, OPEN, NOW, NOBODY)


@pytest.mark.parametrize("answer", ["approve", "respond", "edit"])
def test_what_lets_something_happen_is_shown_as_the_request_asks(answer: VoteAnswer) -> None:
    """Also an edit, which may run at once: a bare name, or one without evidence, gives none."""
    vote = replace(YES, answer=answer)
    signed = replace(OPEN, terms=ReviewTerms(auth="signed"))
    with pytest.raises(NotEligible, match="takes no answer that is local"):
        admit(vote, signed, NOW, NOBODY)
    told = replace(OPEN, terms=ReviewTerms(evidence=("policy_snapshot",)))
    with pytest.raises(DeskError, match="does not say its policy_snapshot"):
        admit(vote, told, NOW, NOBODY)
    admit(replace(vote, proof={"policy": "p" * 64}), told, NOW, NOBODY)


@pytest.mark.parametrize("risk", ["high", "critical"])
def test_a_risky_approval_needs_a_reason(risk: str) -> None:
    """High and critical risk are not approved in silence; a blank is no reason."""
    request = replace(OPEN, risk=risk)

    for reason in ("", "  "):
        with pytest.raises(DeskError, match="--reason"):
            admit(replace(YES, reason=reason), request, NOW, NOBODY)
    admit(replace(YES, reason="checked the order"), request, NOW, NOBODY)
    admit(replace(YES, answer="deny"), request, NOW, NOBODY)


def test_votes_for_other_digests_do_not_add_up() -> None:
    """Q5, Q6: a vote counts for its own digest and request only."""
    others = [replace(YES, digest="e" * 64), replace(YES, request_id="other")]

    assert not any(counts(one, OPEN, NOBODY) for one in others)


@pytest.mark.parametrize(
    "disguise",
    [
        "support-bot",
        "Support-Bot",
        "local:support-bot",
        " LOCAL:support-bot ",
        "support\u2011bot",
        "support\u2010bot",
        "support\u2013bot",
        "support\u2212bot",
        "support\u02d7bot",
        "support-bot\u200b",
        "sup\u00adport-bot",
        "\uff53upport-bot",
        "support\uff0dbot",
        "support-bo\u034ft",
    ],
)
def test_a_disguise_makes_no_other_person(disguise: str) -> None:
    """Q2: case, width, hyphens and what nobody sees do not make a second human of one."""
    request = replace(OPEN, excluded=frozenset({disguise}))

    assert person(disguise) == "support-bot"
    assert not may_decide("support-bot", request, NOBODY)
    assert not may_decide(disguise, replace(OPEN, excluded=frozenset({"support-bot"})), NOBODY)


@pytest.mark.parametrize(
    ("left_out", "alike"),
    [
        ("payments-team", "\u0440\u0430\u0443ments-team"),
        ("cap-bot", "\u0441\u0430\u0440-bot"),
        ("\u0441\u0430\u0440", "cap"),
        ("cap", "local:\u0421\u0410\u0420"),
        ("lucas", "Iucas"),
        ("lucas", "1ucas"),
        ("bob", "b0b"),
        ("payments-team", "payments-tearn"),
        ("pay", "p\u0251y"),
    ],
)
def test_who_looks_like_one_that_is_left_out_may_not_decide(left_out: str, alike: str) -> None:
    """I7: nobody approves beside an excluded person under a name that is drawn the same."""
    request = replace(OPEN, excluded=frozenset({left_out}))

    assert person(alike) != person(left_out)
    assert not may_decide(alike, request, NOBODY)
    assert not is_apart(alike, [left_out])
    with pytest.raises(NotEligible, match="looks like a name that is left out"):
        admit(replace(YES, by=alike), request, NOW, NOBODY)


def test_a_look_alike_is_no_member_of_a_group() -> None:
    """Who is asked must be named as they are; a name that only looks so is not among them."""
    request = replace(OPEN, terms=ReviewTerms(eligible=("bob",)))

    assert may_decide("Bob", request, NOBODY)
    assert not may_decide("b0b", request, NOBODY)


@pytest.mark.parametrize("other", ["ana", "anna", "payments", "team", "mike", "Андрей"])
def test_another_name_is_another_person(other: str) -> None:
    """Only who could be taken for one that is left out is left out with them."""
    assert may_decide(
        other, replace(OPEN, excluded=frozenset({"payments-team", "annie", "mia"})), NOBODY
    )


class TestEditing:
    TEAM = replace(OPEN, terms=ReviewTerms(route="ops", eligible=("ana", "requester")))

    @pytest.mark.parametrize("name", ["ana", "requester"])
    def test_who_is_asked_may(self, name: str) -> None:
        """Also somebody who had a part in the call: what they make of it is asked anew."""
        admit(replace(YES, by=name, answer="edit"), self.TEAM, NOW, NOBODY)

    def test_who_is_not_asked_may_not(self) -> None:
        """Nobody makes another call of what others are asked about."""
        with pytest.raises(NotEligible, match="is not in `ops`"):
            admit(replace(YES, by="mallory", answer="edit"), self.TEAM, NOW, NOBODY)

    def test_as_surely_as_the_request_asks(self) -> None:
        """A bare name makes no other call of one that takes a signature."""
        strict = replace(OPEN, terms=ReviewTerms(auth="signed"))
        with pytest.raises(NotEligible, match="only one that is signed"):
            admit(replace(YES, answer="edit"), strict, NOW, NOBODY)
