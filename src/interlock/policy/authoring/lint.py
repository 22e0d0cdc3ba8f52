"""Advise: what a policy says that its author hardly meant.

A finding is never a guess: what cannot be shown is not reported. Nothing here changes what loads
or what is decided.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeAlias

from interlock.policy.authoring.findings import LintFinding
from interlock.policy.authoring.lint_asking import questions
from interlock.policy.authoring.lint_limits import limits
from interlock.policy.authoring.lint_loose import loose
from interlock.policy.authoring.lint_people import people
from interlock.policy.authoring.lint_reach import Reach, fits
from interlock.policy.authoring.lint_rules import Placed, every, placed_rules, shadows
from interlock.policy.decisions import STRICTNESS, Kind
from interlock.policy.document import Document
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.rules import Rule, RuleSet
from interlock.policy.file.files import left_out
from interlock.policy.file.refused import Refused, refusal
from interlock.policy.file.source import Mark, Node, locate

Loosest: TypeAlias = Callable[[str, Mapping[str, Any]], Kind]
"""Returns the loosest decision, at any level, about a tool with some arguments."""

FALLBACK: Final = '- {match: {topics: ["*"]}, decision: allow}'
"""The line that allows what no rule speaks about."""
_ASKS: Final = STRICTNESS["require_approval"]
_PATHS: Final = frozenset(
    {"path", "paths", "file", "filename", "file_name", "file_path", "filepath", "destination"}
)
"""Arguments that say where a tool writes."""


def not_enforced(refused: Iterable[Refused]) -> Iterator[LintFinding]:
    """Say which keys stop the load."""
    for each in refused:
        place = f" in `{each.place}`" if each.place else ""
        message = refusal(each.name).partition(";")[0] + place
        yield LintFinding(each.mark, "IL002", message, "remove it; a policy with it does not load")


def lint(policy: CompiledPolicy, root: Node, ask: Loosest | None = None) -> tuple[LintFinding, ...]:
    """Return all findings about a policy that compiles, in the order of the files.

    `root` knows where each part stands. Without `ask` nothing is said of agents that write their
    own policy.
    """
    document, rules = policy.document, placed_rules(policy)
    found = chain(
        shadows(document, rules, root),
        Reach(document, rules, root).findings(),
        people(document, rules, root),
        questions(document, rules, root),
        limits(document, rules, root),
        loose(document, rules, root),
        _left_out(root),
        _everything_asks(policy, root),
        _no_constraints(document, rules, root),
        _unchecked(document, rules, root),
        _own_policy(document, root, ask) if ask else (),
    )
    return tuple(sorted(set(found)))


# What is let through at all ---------------------------------------------------------------------


def _everything_asks(policy: CompiledPolicy, root: Node) -> Iterator[LintFinding]:
    sets = (policy.rules, *policy.levels, *policy.others)
    rules = list(chain.from_iterable(every(each) for each in sets))
    matrix = policy.document.decision_matrix
    lists_none = matrix is not None and matrix.unlisted == "deny" and not matrix.actions
    asks_always = policy.levels and all(map(_strict, policy.levels))
    always = lists_none or _strict(policy.rules) or asks_always
    if always or not rules:
        said = "denied" if lists_none or _denies(policy, rules) else "asked about"
        yield LintFinding(
            locate(root, ("decision_matrix",) if lists_none else ("rules",), key=True),
            "IL012",
            f"every call is {said}, whatever it is and whoever makes it",
            "list the actions of the matrix, or drop its `unlisted`"
            if lists_none
            else "write a rule with `decision: allow` for what agents may do alone",
        )
    elif not any(_permissive(rule) for rule in rules):
        ends = "is denied" if policy.default == "deny" else "goes to a person"
        yield LintFinding(
            locate(root, ("rules",), key=True),
            "IL013",
            f"no rule allows anything, so what no rule speaks about {ends}",
            f"if all else may run, add this line to `rules`: {FALLBACK}",
        )


def _strict(rules: RuleSet) -> bool:
    """Say whether a set asks about every call or denies it."""
    return rules.fallback is not None and not any(map(_permissive, every(rules)))


def _denies(policy: CompiledPolicy, rules: list[Rule]) -> bool:
    return all(rule.kind == "deny" for rule in rules) and (bool(rules) or policy.default == "deny")


def _permissive(rule: Rule) -> bool:
    return STRICTNESS[rule.kind] < _ASKS


def _no_constraints(
    document: Document, rules: Iterable[Placed], root: Node
) -> Iterator[LintFinding]:
    if document.default_constraints is not None:
        return
    for placed in rules:
        if placed.entry is None or placed.entry.decision != "allow_with_constraints":
            continue
        if placed.entry.constraints is None:
            yield LintFinding(
                locate(root, (*placed.path, "decision")),
                "IL014",
                f"`{placed.rule.id}` allows with constraints and names none, so it allows outright",
                "give it `constraints`, or write `default_constraints`",
            )


# Where it is in force ---------------------------------------------------------------------------


def _left_out(root: Node) -> Iterator[LintFinding]:
    for path in left_out(Path(root.mark.file)):
        message = "the file is not in force: its name does not end in `.yaml`"
        yield LintFinding(Mark(str(path), 1, 1), "IL025", message, "rename it, or move it away")


# Expressions ------------------------------------------------------------------------------------


def _unchecked(document: Document, rules: Iterable[Placed], root: Node) -> Iterator[LintFinding]:
    """Name the expressions that read arguments of unknown types."""
    untyped = {
        name: tool
        for name, tool in document.tools.items()
        if tool.args is None and tool.schema is None
    }
    for name, tool in untyped.items():
        reading = [fact for fact, text in tool.facts.items() if "args." in text]
        if reading:
            facts = ", ".join(f"`{fact}`" for fact in sorted(reading))
            message = f"{facts} of `{name}` may name arguments that the tool has not"
            yield _of_unknown_types(message, name, locate(root, ("tools", name, "facts"), key=True))
    for placed in rules:
        for key, text in _expressions(placed, document):
            about = [name for name in untyped if fits(placed.rule, name, untyped[name])]
            if "args." in text and about:
                message = (
                    f"`{key}` of `{placed.rule.id}` may name arguments that `{about[0]}` has not"
                )
                yield _of_unknown_types(
                    message, about[0], locate(root, (*placed.path, *key.split(".")))
                )


def _of_unknown_types(message: str, tool: str, mark: Mark) -> LintFinding:
    remedy = f"give `{tool}` its `args` with names and types, or a `schema`"
    return LintFinding(mark, "IL019", message, remedy)


def _expressions(placed: Placed, document: Document) -> Iterator[tuple[str, str]]:
    """Return a rule's expressions by their keys."""
    matches = [placed.entry.match] if placed.entry else []
    if placed.path[:1] == ("guardrails",):
        bar = document.guardrails[int(placed.path[1])]
        matches.append(bar.match)
        if bar.require is not None:
            yield "require", bar.require
    for match in matches:
        if match.when is not None:
            yield "match.when", match.when
        if match.unless is not None and match.unless.when is not None:
            yield "match.unless.when", match.unless.when


# The policy itself ------------------------------------------------------------------------------


def _own_policy(document: Document, root: Node, ask: Loosest) -> Iterator[LintFinding]:
    """Ask about a call of each writing tool whose arguments name the policy's own file."""
    file = root.mark.file
    for name, tool in document.tools.items():
        if tool.effect == "read" or "*" in name:
            continue
        writes = sorted(_PATHS & (tool.args or {}).keys())
        about = {path: [file] if path == "paths" else file for path in writes}
        named = "policy" in (tool.topic or name).split(".")
        if (writes or named) and STRICTNESS[ask(name, about)] < _ASKS:
            where = f" with `{writes[0]}` {file}" if writes else ""
            yield LintFinding(
                locate(root, ("tools", name), key=True),
                "IL018",
                f"`{name}`{where} runs without anyone being asked, and may change this policy",
                "deny it with a guardrail, or require approval for it",
            )
