"""Advise: what a question says of itself that cannot come to pass: no next level, no answer."""

from collections.abc import Iterable, Iterator
from typing import Final

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.lint_reach import fits
from interlock.policy.authoring.lint_rules import Placed
from interlock.policy.decisions import ReviewTerms
from interlock.policy.document import Document, Review
from interlock.policy.evaluation.routing import DEFAULT
from interlock.policy.file.source import Mark, Node, locate

_SHOWN: Final = frozenset({"token", "signed"})
"""What an answer inside the run never shows. Source: `docs/policy.md`, `review.auth`."""


def questions(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Return what is found about the questions that rules ask."""
    for placed in rules:
        if placed.rule.kind != "require_approval":
            continue
        review = placed.entry.review if placed.entry else None
        yield from _late(document, placed, review or Review(), root)
        yield from _rest(document, placed, root)
        yield from _silent(placed, root)
        yield from _inline(placed, root)
        if review is not None:
            yield from _never_above(document, placed, review, root)


def _late(document: Document, placed: Placed, review: Review, root: Node) -> Iterator[LintFinding]:
    """Name a question that is over before the next level is asked, where silence asks none."""
    terms = placed.rule.terms or ReviewTerms()
    after_s = terms.by_call.escalate_after_s if terms.by_call else terms.escalate_after_s
    if after_s is None or terms.approval_ttl_s > after_s or not _has_level(document, terms):
        return
    if "escalate" in (review.on_timeout, *(document.timeouts or ())):
        return
    message = (
        f"the question of `{placed.rule.id}` is over after {terms.approval_ttl_s:g} s, "
        f"so nobody else is asked after {after_s:g} s"
    )
    remedy = "let it be open longer, or write `on_timeout: escalate`"
    yield LintFinding(_mark(placed, root, "approval_ttl_sec", "route"), "IL031", message, remedy)


def _has_level(document: Document, terms: ReviewTerms) -> bool:
    """Say whether somebody else is asked next, whatever the call is."""
    asking = terms.by_call
    if asking is None or asking.route is not None:
        routes = [asking.route if asking else terms.route]
    else:
        routes = [] if asking.groups else [*document.routing.values()]
    default = document.routing.get(DEFAULT)
    above = [document.escalation.get(each or "", default not in (None, each)) for each in routes]
    return bool(above) and all(above)


def _never_above(
    document: Document, placed: Placed, review: Review, root: Node
) -> Iterator[LintFinding]:
    """Name a question of several groups and no route that its author wants escalated."""
    if review.route is not None or not review.groups_all:
        return
    wants = [each for each in review.groups_all if each in document.escalation]
    if not (wants or review.escalate_after_sec or review.on_timeout == "escalate"):
        return
    message = f"`{placed.rule.id}` asks groups and no route, so it never escalates"
    remedy = (
        f"give it a `route`, as `route: {review.groups_all[0]}`, and leave that out of the groups"
    )
    mark = _mark(placed, root, "escalate_after_sec", "on_timeout", "groups_all")
    yield LintFinding(mark, "IL032", message, remedy)


def _silent(placed: Placed, root: Node) -> Iterator[LintFinding]:
    """Name a question whose author wants silence to approve what one person's word does not."""
    review, terms = placed.entry.review if placed.entry else None, placed.rule.terms
    if review is None or terms is None or review.on_timeout != "approve":
        return
    asking = terms.by_call
    several = asking is not None and (asking.quorum != 1 or len(asking.groups) > 1)
    if not (several or terms.wants_more_than_a_word):
        return
    message = (
        f"`{placed.rule.id}` asks for more than one person's word, so silence does not approve it"
    )
    yield LintFinding(_mark(placed, root, "on_timeout"), "IL035", message, "write `deny`")


def _inline(placed: Placed, root: Node) -> Iterator[LintFinding]:
    """Name a question that a run may answer, and of which no such answer counts."""
    terms = placed.rule.terms or ReviewTerms()
    if not terms.inline:
        return
    if terms.auth in _SHOWN:
        why, remedy = f"`auth: {terms.auth}` asks for more", "drop `inline`, or the `auth`"
    elif "policy_snapshot" in terms.evidence:
        why = "`evidence_contract` asks for `policy_snapshot`, which it does not carry"
        remedy = "drop `inline`, or that field"
    else:
        return
    message = f"no answer in the run approves what `{placed.rule.id}` asks: {why}"
    yield LintFinding(_mark(placed, root, "inline"), "IL033", message, remedy)


def _rest(document: Document, placed: Placed, root: Node) -> Iterator[LintFinding]:
    """Name a group of whom all must approve, where one rests for longer than a question is open."""
    controls, terms = document.fatigue_controls, placed.rule.terms
    rest_s = controls.cooldown_sec if controls else None
    if rest_s is None or terms is None or not terms.eligible or terms.levels:
        return
    if rest_s < terms.approval_ttl_s:
        return
    about = {name: each for name, each in document.tools.items() if fits(placed.rule, name, each)}
    able = [len({*terms.eligible} - {tool.owner}) for tool in about.values()]
    if min(able, default=len(terms.eligible)) > terms.quorum:
        return
    message = (
        f"one of `{terms.route}` who rests for {rest_s:g} s lets what `{placed.rule.id}` asks "
        f"expire after {terms.approval_ttl_s:g} s: nobody can stand in"
    )
    remedy = "shorten `cooldown_sec`, add a member, or let the question be open longer"
    yield LintFinding(_mark(placed, root, "quorum", "route"), "IL034", message, remedy)


def _mark(placed: Placed, root: Node, *keys: str) -> Mark:
    """Return where the first of some keys of a rule's review stands, else the rule."""
    review = placed.entry.review if placed.entry else None
    for key in keys:
        if review is not None and getattr(review, key):
            return locate(root, (*placed.path, "review", key))
    return locate(root, placed.path, key=placed.path[:1] == ("decision_matrix",))
