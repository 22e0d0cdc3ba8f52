"""Recount: what an approval comes to when its call is about to run, and whether it can at all."""

import logging
from dataclasses import replace

from interlock.conduct.ports import Transaction
from interlock.conduct.steps import asked_step
from interlock.conduct.values import Judgement
from interlock.path.people import People
from interlock.path.quorum import Vacancies, shortage, standing
from interlock.path.record import Step
from interlock.path.review import ReviewRequest, Vote
from interlock.policy.decisions import Ask, ReviewTerms, terms_json
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.routing import asked_groups
from interlock.policy.evaluation.terms import strictest_terms
from interlock.policy.subject import Approval

_log = logging.getLogger("interlock.review")


def restaffed(tx: Transaction, policy: CompiledPolicy, terms: ReviewTerms) -> ReviewTerms:
    """Return terms with who is in their groups now, and how many must approve, of those.

    A group that the policy neither declares nor asks stays as it was asked: another's policy tells.
    """
    if terms.route is None and not terms.groups:
        return terms
    return staffed(policy, tx.registry.people(), terms)


def staffed(policy: CompiledPolicy, people: People, terms: ReviewTerms) -> ReviewTerms:
    """Return terms with who is in their groups by a policy and some people."""
    known = {*policy.document.groups, *asked_groups(policy.document)}
    return policy.routing.restaffed(terms, people.with_role, known)


def regrouped(
    tx: Transaction, policy: CompiledPolicy, request: ReviewRequest
) -> tuple[ReviewRequest, tuple[Step, ...]]:
    """Ask who is in the groups now, where that is not who was; return what says so, too.

    INVARIANT I7: who left a group has no say any more, and who came has. Source: Q4.
    Who calls it looks for people, once it is known that the change stays.
    """
    return put_anew(tx, policy, request, restaffed(tx, policy, request.terms))


def put_anew(
    tx: Transaction, policy: CompiledPolicy, request: ReviewRequest, terms: ReviewTerms
) -> tuple[ReviewRequest, tuple[Step, ...]]:
    """Put a question on other terms, where they are others; return it with what says so.

    No answer comes of it: what approves is somebody's word. Source: ADR 0027.
    """
    if terms == request.terms:
        return request, ()
    after = replace(request, terms=terms)
    tx.widen_request(request, after)
    tx.remember_policy(policy)
    body = {"request_id": request.id, "terms": terms_json(terms), "policy": policy.digest}
    return after, (Step("pending", "regrouped", body),)


def narrowed(request: ReviewRequest, judged: Judgement, editors: frozenset[str]) -> ReviewRequest:
    """Return the request on the stricter terms of then and now, and with all who are left out."""
    barred = request.excluded | ({judged.owner} if judged.owner else set[str]())
    terms = request.terms
    if isinstance(judged.decision, Ask):
        terms = strictest_terms((terms, judged.decision.terms))
        barred |= frozenset() if terms.editor_may_approve else editors
    return replace(request, excluded=barred, terms=terms)


def approval_of(
    policy: CompiledPolicy, request: ReviewRequest | None, votes: list[Vote], people: People
) -> Approval:
    """Return who approved, and the groups that they are members of.

    A group that the policy does not declare is a role in the ledger.
    """
    if request is None:
        return Approval(frozenset(), frozenset())
    approvers = {vote.by for vote in standing(votes, request, people).approvals}
    principals = {people.behind(name) for name in approvers}
    declared = policy.document.groups
    groups = {
        group
        for group, members in declared.items()
        if not principals.isdisjoint(people.behind(member) for member in members)
    }
    for who in principals & people.persons.keys():
        groups |= people.persons[who].roles.difference(declared)
    return Approval(frozenset(approvers), frozenset(groups))


def put(tx: Transaction, request: ReviewRequest, again: Judgement | None = None) -> Step:
    """Put a question, and return its transition; `again` is the decision when it was made anew."""
    tx.open_request(request)
    look_for_people(tx, request)
    return asked_step(request, again)


def look_for_people(tx: Transaction, request: ReviewRequest) -> None:
    """Sound an alarm where a question cannot be answered as the policy wants it. Source: Q9."""
    empty = request.terms.unstaffed
    asked = request.terms.asked() is not None
    short = shortage(request, tx.registry.people()) if asked else ()
    if short or empty:
        sound_alarm(tx, request, empty, short)


def sound_alarm(
    tx: Transaction,
    request: ReviewRequest,
    empty: tuple[str, ...],
    short: tuple[Vacancies, ...] = (),
) -> None:
    """Say in the log and in the record that groups have nobody in them, or too few who may."""
    body = {
        "request_id": request.id,
        "call_id": request.call_id,
        "empty": list(empty),
        "missing": [list(each) for each in short],
    }
    tx.note("understaffed", body)
    _log.warning("request %s: %s", request.id, said(short, empty))


def said(short: tuple[Vacancies, ...], empty: tuple[str, ...]) -> str:
    """Say in one line who is missing."""
    parts = [f"nobody is in `{name}`" for name in empty]
    parts += [f"{more} too few may approve for {_whom(group)}" for group, more in short]
    return "; ".join(parts)


def _whom(group: str) -> str:
    return f"`{group}`" if group else "its groups"
