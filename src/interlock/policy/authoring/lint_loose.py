"""Advise: permissions that are wider than they look."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.implication import covers
from interlock.policy.authoring.lint_rules import Placed
from interlock.policy.decisions import RESTRICTIVE
from interlock.policy.document import Document
from interlock.policy.file.source import Node, Path, locate
from interlock.policy.match import Match
from interlock.policy.suggestion import shown


def loose(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Return what is found about permissions, and about what exempts from a denial."""
    each = list(rules)
    yield from _notices(document, each, root)
    yield from _patterns(each, root)
    yield from _everything(each, root)


def _notices(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name the notices that let run what would else be denied, and what nothing else allows."""
    sets: dict[str, list[Placed]] = {}
    for placed in rules:
        sets.setdefault(placed.set, []).append(placed)
    for together in sets.values():
        fallback = next((each.rule.kind for each in together if each.rule.fallback), None)
        allowing = [each.rule for each in together if each.rule.kind not in RESTRICTIVE]
        for placed in together:
            rule = placed.rule
            if rule.kind != "notify" or (fallback or document.default) != "deny":
                continue
            if not rule.fallback and not any(covers(each, rule) for each in allowing):
                by = "the fallback" if fallback else "`default: deny`"
                message = f"`{rule.id}` tells people and lets run what {by} would deny"
                remedy = "say so with an `allow` of the same calls, or deny them"
                mark = locate(root, (*placed.path, "decision"))
                yield LintFinding(mark, "IL027", message, remedy)


# Patterns --------------------------------------------------------------------------------------


def _patterns(rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name the patterns that permit, or exempt, wherever they are found in a text."""
    for placed in rules:
        if placed.entry is None:
            continue
        match = placed.entry.match
        exempting = placed.rule.restrictive
        asked: Match | None = match.unless if exempting else match
        path: Path = (*placed.path, "match", "unless") if exempting else (*placed.path, "match")
        for name, pattern in ((asked.args_match if asked else None) or {}).items():
            if not all(map(_anchored, _alternatives(pattern))):
                message = f"{shown(pattern)} is found anywhere in `{name}`, so more fits than meant"
                mark = locate(root, (*path, "args_match", name))
                yield LintFinding(mark, "IL028", message, "begin it with `^` and end it with `$`")


def _anchored(pattern: str) -> bool:
    """Say whether a pattern is about the beginning or the end of a text."""
    begins = re.match(r"(\(\?[a-zA-Z:]*\)?|\()*(\^|\\A)", pattern)
    return begins is not None or re.search(r"(?<!\\)(\\\\)*(\$|\\z)\)*$", pattern) is not None


_PIECE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|.", re.DOTALL)
"""An escape, a class of characters, or one character."""


def _alternatives(pattern: str) -> list[str]:
    """Return what stands between the `|` that no parentheses hold."""
    found, depth = [""], 0
    for piece in _PIECE.findall(pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            found.append("")
        else:
            found[-1] += piece
    return found


# Everything ------------------------------------------------------------------------------------


def _everything(rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name the fallback that allows all, where nothing is ever asked or denied."""
    each = list(rules)
    if any(placed.rule.restrictive for placed in each):
        return
    for placed in each:
        if placed.rule.fallback:
            message = f"`{placed.rule.id}` allows every call, and no rule asks about or denies any"
            remedy = "name what may run, or write the rules that ask and deny"
            yield LintFinding(locate(root, placed.path), "IL029", message, remedy)
