"""Combine: the terms on which several rules ask about one call, so that all of them are kept."""

from collections.abc import Iterable
from functools import reduce
from itertools import chain, zip_longest
from typing import Final

from interlock.policy.decisions import BatchTerms, Group, Proof, ReviewTerms, Silence
from interlock.policy.evaluation.routing import AND

_NO_TERMS: Final = ReviewTerms()
_PROOFS: Final[tuple[Proof, ...]] = ("local", "token", "signed")
"""How approvers show who they are, weakest first."""
_SILENCES: Final[tuple[Silence, ...]] = ("approve", "escalate", "deny")
"""What silence means, loosest first."""


def strictest_terms(terms: Iterable[ReviewTerms]) -> ReviewTerms:
    """Return the strictest of some terms: whoever answers on them answers on each.

    Commutative, associative and idempotent.
    """
    each = list(terms)
    if len(each) == 1:
        return each[0]
    return reduce(_both, each) if each else _NO_TERMS


def _both(a: ReviewTerms, b: ReviewTerms) -> ReviewTerms:
    if a is b:
        return a
    after = [each.escalate_after_s for each in (a, b) if each.escalate_after_s is not None]
    shares = tuple(sorted({*a.shares, *b.shares}))
    return ReviewTerms(
        approval_ttl_s=min(a.approval_ttl_s, b.approval_ttl_s),
        execution_ttl_s=min(a.execution_ttl_s, b.execution_ttl_s),
        inline=a.inline and b.inline,
        editor_may_approve=a.editor_may_approve and b.editor_may_approve,
        reason_required=a.reason_required or b.reason_required,
        route=_both_names(a.route, b.route) or None,
        eligible=_common(a.eligible, b.eligible),
        quorum=max(a.quorum, b.quorum),
        shares=shares,
        at_least=max(_floor(a), _floor(b)) if shares else 1,
        groups=_both_groups(a.groups, b.groups),
        auth=max((a.auth, b.auth), key=_PROOFS.index),
        escalate_after_s=min(after, default=None),
        levels=_both_levels(a, b),
        on_timeout=max((a.on_timeout, b.on_timeout), key=_SILENCES.index),
        evidence=tuple(sorted({*a.evidence, *b.evidence})),
        unstaffed=tuple(sorted({*a.unstaffed, *b.unstaffed})),
        batch=_both_batches(a.batch, b.batch),
    )


def _floor(terms: ReviewTerms) -> int:
    """Return below which number its quorum never falls, whoever comes and goes."""
    return terms.at_least if terms.shares else terms.quorum


def _both_batches(a: BatchTerms | None, b: BatchTerms | None) -> BatchTerms | None:
    """Return the smaller and later batch; none, where one of both wants none."""
    if a is None or b is None:
        return None
    return BatchTerms(min(a.most, b.most), max(a.collect_s, b.collect_s))


def _both_names(*routes: str | None) -> str:
    return AND.join(sorted({name for route in routes if route for name in route.split(AND)}))


def _both_groups(a: tuple[Group, ...], b: tuple[Group, ...]) -> tuple[Group, ...]:
    """Return all groups of both; of one that both name, who is a member in both."""
    found: dict[str, tuple[str, ...] | None] = {}
    for name, members in (*a, *b):
        found[name] = _common(found.get(name), members)
    return tuple(Group(name, found[name]) for name in sorted(found))


def _both_levels(a: ReviewTerms, b: ReviewTerms) -> tuple[Group, ...]:
    """Return the levels at which who is asked may answer for both by then."""
    if a.eligible is None:
        return b.levels
    if b.eligible is None:
        return a.levels
    if (a.eligible, a.levels) == (b.eligible, b.levels):
        return a.levels
    named = zip_longest((each.name for each in a.levels), (each.name for each in b.levels))
    return tuple(
        Group(_both_names(*names), _common(_by_level(a, at), _by_level(b, at)))
        for at, names in enumerate(named, 1)
    )


def _by_level(terms: ReviewTerms, level: int) -> tuple[str, ...]:
    """Return who of the route or of the first levels may answer."""
    asked = (each.members or () for each in terms.levels[:level])
    return tuple(sorted({*(terms.eligible or ()), *chain.from_iterable(asked)}))


def _common(a: tuple[str, ...] | None, b: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return who may answer for both groups; nobody, where they share no member."""
    if a is None or b is None:
        return b if a is None else a
    return tuple(sorted({*a} & {*b}))
