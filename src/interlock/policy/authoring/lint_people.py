"""Advise: groups, quorums and silence: whether those who are asked can answer."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, combinations
from typing import Final

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.implication import contradiction, exempts_all
from interlock.policy.authoring.lint_reach import fits
from interlock.policy.authoring.lint_rules import Placed
from interlock.policy.decisions import ReviewTerms
from interlock.policy.document import Document
from interlock.policy.evaluation.routing import asked_groups
from interlock.policy.evaluation.rules import Rule
from interlock.policy.file.source import Mark, Node, Path, locate

_HIGH: Final = frozenset({"delete", "financial", "secrets"})
"""Tags of high risk where the policy has no `risk` section. Source: `docs/policy.md`."""
_QUOTED: Final = re.compile(r"""'([^']*)'|"([^"]*)\"""")


def people(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Return what is found about those who are asked."""
    asking = [placed for placed in rules if placed.rule.kind == "require_approval"]
    yield from _unused(document, root)
    yield from _roles(document, asking, root)
    yield from _loops(document.escalation, root)
    yield from _silence(document, asking, root)
    yield from _quorums(document, asking, root)
    yield from _nobody(document, asking, root)


# Groups -----------------------------------------------------------------------------------------


def _unused(document: Document, root: Node) -> Iterator[LintFinding]:
    named = set(_named_groups(document))
    for group in document.groups:
        if group not in named:
            message = f"nothing names the group `{group}`"
            remedy = "route a rule to it, or drop it"
            yield LintFinding(locate(root, ("groups", group), key=True), "IL020", message, remedy)


def _roles(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Say which groups are not declared here, so that the ledger says who is in them."""
    known = set(document.groups)
    for name, path in _asked_groups(document, rules):
        if name not in known:
            known.add(name)
            message = (
                f"`{name}` is no group of this policy: whoever has that role in the ledger is asked"
            )
            remedy = "see `interlock reviewer list`, or declare it under `groups`"
            yield LintFinding(locate(root, path), "IL030", message, remedy)


def _asked_groups(document: Document, rules: Iterable[Placed]) -> Iterator[tuple[str, Path]]:
    """Return the groups that are asked, with the places where they are named."""
    for key, group in document.routing.items():
        yield group, ("routing", key)
    for route, levels in document.escalation.items():
        yield from ((group, ("escalation", route, at)) for at, group in enumerate(levels))
    for placed in rules:
        review = placed.entry.review if placed.entry else None
        terms = placed.rule.terms or ReviewTerms()
        if review is None:  # a cell of the matrix names its group where it stands
            if (route := terms.by_call.route if terms.by_call else terms.route) is not None:
                yield route, placed.path
            continue
        if review.route is not None:
            yield review.route, (*placed.path, "review", "route")
        for at, group in enumerate(review.groups_all):
            yield group, (*placed.path, "review", "groups_all", at)


def _named_groups(document: Document) -> Iterator[str]:
    yield from asked_groups(document)
    levels = [each for each in document.autonomy_levels or () if each is not None]
    for rule in chain(document.rules, *(level.rules for level in levels)):
        yield from _quoted(rule.match.when)
    for bar in document.guardrails:
        yield from _quoted(bar.require)
        yield from _quoted(bar.match.when)
    yield from (document.audit.routing if document.audit else {}).values()


def _quoted(expression: str | None) -> Iterator[str]:
    """Return the texts of an expression: `'dpo' in approval.groups` names a group."""
    for single, double in _QUOTED.findall(expression or ""):
        yield single or double


def _loops(escalation: Mapping[str, tuple[str, ...]], root: Node) -> Iterator[LintFinding]:
    for group in escalation:
        way = _way_back(group, escalation)
        if way and group == min(way):
            message = f"escalation goes in a circle: {' -> '.join((*way, group))}"
            mark = locate(root, ("escalation", group), key=True)
            yield LintFinding(
                mark, "IL017", message, "let it end at somebody who is not asked before"
            )


def _way_back(group: str, escalation: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the way on which a group's escalation leads back to it; empty where it does not."""
    ways: list[tuple[str, ...]] = [(group,)]
    seen = {group}
    while ways:
        way = ways.pop()
        for after in escalation.get(way[-1], ()):
            if after == group:
                return way
            if after not in seen:
                seen.add(after)
                ways.append((*way, after))
    return ()


# Silence and quorums ----------------------------------------------------------------------------


def _silence(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    if document.timeouts is not None and document.timeouts.high == "approve":
        message = "nobody answering lets a call of high risk run"
        yield LintFinding(locate(root, ("timeouts", "high")), "IL016", message, "write `deny`")
    for placed in rules:
        review = placed.entry.review if placed.entry else None
        if review is None or review.on_timeout != "approve":
            continue
        high = [
            name
            for name, tool in document.tools.items()
            if document.risk is None
            and _HIGH & set(tool.risk_tags)
            and fits(placed.rule, name, tool)
        ]
        if high:
            path = (*placed.path, "review", "on_timeout")
            message = f"nobody answering lets `{high[0]}` run, whose risk is high"
            yield LintFinding(locate(root, path), "IL016", message, "write `deny` or `escalate`")


def _quorums(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    for placed in rules:
        review, eligible = placed.entry.review if placed.entry else None, _eligible(placed.rule)
        if eligible is None:
            continue
        quorum = (placed.rule.terms or ReviewTerms()).quorum
        for name, tool in document.tools.items():
            able = set(eligible) - {tool.owner}
            if len(able) < quorum and fits(placed.rule, name, tool):
                message = (
                    f"{quorum} must approve `{name}`, and only {len(able)} of "
                    f"{_route(placed.rule)} may: its owner never counts"
                )
                key = "quorum" if review and review.quorum else "route"
                mark = _mark((*placed.path, "review", key), root)
                yield LintFinding(mark, "IL015", message, "lower it, or add a member")
                break


# Two groups at once -----------------------------------------------------------------------------


def _nobody(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name pairs of rules that may ask about one call, of whom nobody may answer for both."""
    asked = [placed for placed in rules if _eligible(placed.rule) is not None]
    for one, other in combinations(asked, 2):
        first, second = _eligible(one.rule) or (), _eligible(other.rule) or ()
        if not set(first).isdisjoint(second):
            continue
        if tools := shared_tools(one, other, document):
            message = (
                f"nobody may approve `{tools[0]}` where `{one.rule.id}` and `{other.rule.id}` "
                f"both ask: {_route(one.rule)} and {_route(other.rule)} have no common member"
            )
            remedy = "give the groups a common member, or one of the rules an `unless`"
            yield LintFinding(_mark(other.path, root), "IL021", message, remedy)


def _eligible(rule: Rule) -> tuple[str, ...] | None:
    """Return who the rule asks; None where it is anyone, or who has a role."""
    return (rule.terms.eligible or None) if rule.terms else None


def _route(rule: Rule) -> str:
    return f"`{(rule.terms or ReviewTerms()).route}`"


def _together(one: Placed, other: Placed) -> bool:
    """Say whether two rules may speak of one call, by all but the tool."""
    levels = {placed.set for placed in (one, other) if placed.set.startswith("autonomy_levels.")}
    fallbacks = one.set == other.set and (one.rule.fallback or other.rule.fallback)
    if len(levels) > 1 or fallbacks:
        return False
    both = (*one.rule.conditions, *other.rule.conditions)
    exempt = any(exempts_all(placed.rule._replace(conditions=both)) for placed in (one, other))
    return not exempt and contradiction(both) is None


def shared_tools(one: Placed, other: Placed, document: Document) -> list[str]:
    """Name the tools of the catalogue of which two rules may speak in one call."""
    if not _together(one, other):
        return []
    return [
        name
        for name, tool in document.tools.items()
        if fits(one.rule, name, tool) and fits(other.rule, name, tool)
    ]


def _mark(path: Path, root: Node) -> Mark:
    return locate(root, path, key=path[:1] == ("decision_matrix",))
