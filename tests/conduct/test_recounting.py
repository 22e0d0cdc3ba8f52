"""Recount: an approval is held to the stricter of then and now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from interlock.conduct.recounting import approval_of, narrowed, said
from interlock.conduct.values import Judgement
from interlock.path.people import People, Person
from interlock.path.quorum import Vacancies
from interlock.path.review import ReviewRequest, Vote
from interlock.policy.decisions import Allow, Ask, Decision, ReviewTerms
from interlock.policy.load import parse

NOW = datetime(2026, 1, 1, tzinfo=UTC)
THEN = ReviewTerms(execution_ttl_s=60.0, editor_may_approve=True, route="ops", eligible=("a", "b"))
REQUEST = ReviewRequest(
    "req",
    "call",
    "d" * 64,
    "approved",
    NOW,
    NOW + timedelta(hours=1),
    THEN,
    frozenset({"asker"}),
    "low",
    level=1,
)


def judged(decision: Decision, owner: str | None = None) -> Judgement:
    return Judgement(decision, "t", "read", "low", (), owner, 0, {}, {}, "v1:0", "p")


def asks(terms: ReviewTerms) -> Judgement:
    return judged(Ask((), "", terms=terms), "olga")


def test_the_stricter_terms_and_all_who_are_left_out() -> None:
    """Numbers, groups and proofs are the stricter; who owns it now, or edited it, is left out."""
    now = replace(THEN, eligible=("b", "c"), quorum=2, auth="signed", editor_may_approve=False)
    found = narrowed(REQUEST, asks(now), frozenset({"ed"}))

    assert (found.terms.eligible, found.terms.quorum, found.terms.auth) == (("b",), 2, "signed")
    assert found.terms.execution_ttl_s == 60.0
    assert found.excluded == {"asker", "olga", "ed"}
    assert (found.id, found.digest, found.level) == ("req", "d" * 64, 1)


def test_what_was_asked_stays_asked() -> None:
    """A looser policy loosens no question that was put."""
    loose = narrowed(REQUEST, asks(ReviewTerms(editor_may_approve=True)), frozenset({"ed"}))
    silent = narrowed(REQUEST, judged(Allow((), "")), frozenset({"ed"}))

    assert loose.terms == replace(THEN, editor_may_approve=True)
    assert silent.terms == THEN
    assert "ed" not in loose.excluded | silent.excluded


@pytest.mark.parametrize(
    ("by", "groups"), [("a", {"ops"}), ("A", {"ops"}), ("eve", set[str]()), ("asker", set[str]())]
)
def test_who_approved_and_for_whom(by: str, groups: set[str]) -> None:
    """Guardrails see approvals that count, and the groups of who gave them; no others."""
    policy = parse("groups: {ops: [a, b], legal: [c]}")
    vote = Vote("req", "d" * 64, "approve", by, "local", NOW)
    found = approval_of(policy, REQUEST, [vote], People(NOW))

    assert found.groups == groups
    assert found.approvers == ({by} if groups else set())


@pytest.mark.parametrize(
    ("declared", "groups"), [("{legal: [c]}", {"dpo"}), ("{dpo: [c]}", set[str]())]
)
def test_a_group_that_is_not_declared_is_a_role(declared: str, groups: set[str]) -> None:
    """Roles of the ledger are groups of who approved; who is in a declared group, the policy says.

    A role by the name of a declared group would let the ledger's people into the policy's group.
    """
    policy = parse(f"groups: {declared}")
    people = People(NOW, {"a": Person("a", frozenset({"dpo"})), "b": Person("b")})
    vote = Vote("req", "d" * 64, "approve", "a", "local", NOW)

    assert approval_of(policy, REQUEST, [vote], people).groups == groups


def test_the_alarm_names_groups() -> None:
    """Who reads the log sees which group lacks whom."""
    text = said((Vacancies("finance", 2), Vacancies("", 1)), ("dpo",))

    assert text.startswith("nobody is in `dpo`; 2 too few may approve for `finance`; 1 too few")
