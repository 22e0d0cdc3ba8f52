"""Combine: laws of the strictest terms."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.decisions import BatchTerms, Group, QuorumShare, ReviewTerms
from interlock.policy.evaluation.terms import strictest_terms


def tidy(who: set[str]) -> tuple[str, ...]:
    return tuple(sorted(who))


def as_groups(each: dict[Any, tuple[str, ...]]) -> tuple[Group, ...]:
    return tuple(Group(name, each[name]) for name in sorted(each))


members = st.sets(st.sampled_from("abcd"), max_size=3).map(tidy)
named = st.sampled_from(("finance", "legal", "ops"))
times = st.sampled_from((60.0, 600.0))
plain = st.builds(
    ReviewTerms,
    approval_ttl_s=times,
    execution_ttl_s=times,
    inline=st.booleans(),
    editor_may_approve=st.booleans(),
    reason_required=st.booleans(),
    quorum=st.integers(1, 3),
    groups=st.dictionaries(named, members, max_size=2).map(as_groups),
    auth=st.sampled_from(("local", "token", "signed")),
    on_timeout=st.sampled_from(("deny", "escalate", "approve")),
    evidence=st.sampled_from(((), ("job_hash",), ("approver_id", "job_hash"))),
    unstaffed=st.sampled_from(((), ("dpo",))),
    batch=st.sampled_from((None, BatchTerms(5, 60.0), BatchTerms(20, 60.0), BatchTerms(20, 9.0))),
)


def asking(
    terms: ReviewTerms,
    route: str,
    eligible: tuple[str, ...],
    levels: tuple[Group, ...],
    after_s: float,
) -> ReviewTerms:
    """Give terms a route; those without levels know no time for them."""
    after = after_s if levels else None
    return replace(terms, route=route, eligible=eligible, levels=levels, escalate_after_s=after)


def sharing(terms: ReviewTerms, shares: set[QuorumShare], at_least: int) -> ReviewTerms:
    """Give terms a quorum that is counted: no smaller than what it never falls below."""
    return replace(
        terms,
        shares=tuple(sorted(shares)),
        at_least=at_least if shares else 1,
        quorum=max(terms.quorum, at_least),
    )


above = st.lists(st.builds(Group, named, members), max_size=2).map(tuple)
routed = st.builds(asking, plain, named, members, above, times)
share = st.builds(
    QuorumShare, st.sampled_from(("majority", "unanimous")), named.map(lambda name: (name,))
)
shared = st.builds(sharing, routed, st.sets(share, max_size=2), st.integers(1, 3))
terms = st.one_of(plain, routed, shared)


def together(*each: ReviewTerms) -> ReviewTerms:
    return strictest_terms(each)


def by_level(each: ReviewTerms, level: int) -> set[str] | None:
    """Return who of the route may answer once so many levels are asked; None: anyone."""
    if each.eligible is None:
        return None
    above = [who for group in each.levels[:level] for who in group.members or ()]
    return {*each.eligible, *above}


class TestLaws:
    """Terms form a semilattice, whose join is kept by whoever keeps to it."""

    @given(terms, terms)
    def test_the_order_is_nothing(self, a: ReviewTerms, b: ReviewTerms) -> None:
        """Whichever rule is first, the terms are the same."""
        assert together(a, b) == together(b, a)

    @given(terms, terms, terms)
    def test_the_grouping_is_nothing(self, a: ReviewTerms, b: ReviewTerms, c: ReviewTerms) -> None:
        """Of three, any two may be taken first."""
        assert together(together(a, b), c) == together(a, together(b, c)) == together(a, b, c)

    @given(terms, terms)
    def test_again_is_nothing(self, a: ReviewTerms, b: ReviewTerms) -> None:
        """What is in already changes nothing."""
        assert together(a, a) == a
        assert together(together(a, b), b) == together(a, b)

    @given(terms, terms, st.integers(0, 3))
    def test_nobody_is_asked_whom_one_leaves_out(
        self, a: ReviewTerms, b: ReviewTerms, level: int
    ) -> None:
        """At each level only who may answer for both may answer."""
        both = by_level(together(a, b), level)
        for one in (a, b):
            allowed = by_level(one, level)
            assert allowed is None or (both is not None and both <= allowed)

    @given(terms, terms)
    def test_each_is_kept(self, a: ReviewTerms, b: ReviewTerms) -> None:
        """No time is longer, no number smaller, no proof weaker, no silence looser than one's."""
        both = together(a, b)
        for one in (a, b):
            assert both.quorum >= one.quorum
            assert {*both.shares} >= {*one.shares}
            assert not both.shares or both.at_least >= (one.at_least if one.shares else one.quorum)
            assert {group.name for group in both.groups} >= {group.name for group in one.groups}
            assert PROOFS.index(both.auth) >= PROOFS.index(one.auth)
            assert SILENCES.index(both.on_timeout) >= SILENCES.index(one.on_timeout)
            assert {*both.evidence} >= {*one.evidence}
            assert both.batch is None or (
                one.batch is not None and both.batch.most <= one.batch.most
            )
            assert both.approval_ttl_s <= one.approval_ttl_s
            after = one.escalate_after_s
            assert after is None or (both.escalate_after_s or 0) <= after


PROOFS = ("local", "token", "signed")
SILENCES = ("approve", "escalate", "deny")
