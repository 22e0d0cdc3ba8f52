"""Know: the names that an expression may read where it stands, and of which types they are."""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, get_args

from interlock.policy.catalogue import CataloguedTool
from interlock.policy.document import ArgumentType
from interlock.policy.facts import Fact, parse_fact
from interlock.policy.file.source import Mark, Node, Path, PathStep, fault, inside, node_at
from interlock.policy.suggestion import did_you_mean

MemberTypes = Mapping[str, ArgumentType]

_AGENT: Final[MemberTypes] = dict.fromkeys(("id", "owner", "model", "version"), "string")
_SIGNALS: Final[MemberTypes] = {
    "anomaly_score": "number",
    "confidence": "number",
    "error_streak": "integer",
    "first_time_action": "boolean",
    "retry_count": "integer",
    "retry_rounds": "integer",
    "risk_score": "number",
    "after_untrusted_read": "boolean",
    "tainted_by": "array",
    "unasked_effects": "array",
    "unprompted_identifier": "boolean",
}
_APPROVAL: Final[MemberTypes] = {"groups": "array", "approvers": "array"}

SCALARS: Final[MemberTypes] = {
    "environment": "string",
    "level": "integer",
    "principal": "string",
    "tool": "string",
    "topic": "string",
}
"""Variables that have no members."""
FACT_ROOTS: Final = frozenset({"args", "agent", "context"})
"""What a fact may be computed of."""
RULE_ROOTS: Final = frozenset({*FACT_ROOTS, "facts", "signals", *SCALARS})
"""What a rule may look at."""
GUARD_ROOTS: Final = RULE_ROOTS | {"approval"}
"""What a guardrail may look at right before the call runs."""


class Scope(NamedTuple):
    """What may be read."""

    roots: frozenset[str] = RULE_ROOTS
    """Variables."""
    args: MemberTypes | None = None
    """Arguments by name; None where not every tool says which it takes."""
    facts: MemberTypes | None = None
    """Facts by name; None where no catalogued tool is meant."""
    groups: frozenset[str] | None = None
    """Groups that may have approved; None where nobody says which there are."""

    def members(self, root: str) -> MemberTypes | None:
        """Return the members of a variable; None where anything may be one."""
        match root:
            case "args":
                return self.args
            case "facts":
                return self.facts
            case "agent":
                return _AGENT
            case "signals":
                return _SIGNALS
            case "approval":
                return _APPROVAL
            case _:
                return None


def scope_of(tools: Iterable[CataloguedTool], roots: frozenset[str] = RULE_ROOTS) -> Scope:
    """Make the scope of what may be about any of these tools.

    A name must be one of at least one tool: for the others it is missing, which cannot be
    evaluated and so never loosens, and is said in the explanation. Types that differ are any.
    """
    each = list(tools)
    if not each:
        return Scope(roots)
    typed = all(tool.args is not None for tool in each)
    args = _together(tool.args or {} for tool in each) if typed else None
    return Scope(roots, args, _together(tool.fact_types for tool in each))


def _together(all_members: Iterable[MemberTypes]) -> MemberTypes:
    joined: dict[str, ArgumentType] = {}
    for members in all_members:
        for name, kind in members.items():
            joined[name] = kind if joined.get(name, kind) == kind else "any"
    return MappingProxyType(joined)


class Site(NamedTuple):
    """Where a match stands, and what its expressions may read."""

    root: Node
    path: Path
    scope: Callable[[], Scope] = Scope
    """Makes the scope; asked only where there is an expression."""

    def node(self, text: str, *steps: PathStep) -> Node:
        """Find where a text of the match stands."""
        node = node_at(self.root, (*self.path, *steps))
        return node if node.value == text else Node(text, node.mark)


NOWHERE: Final = Site(Node(None, Mark("<text>", 1, 1)), ())
"""The site of what stands in no file."""


def compile_fact(node: Node, args: MemberTypes | None) -> tuple[Fact, ArgumentType]:
    """Compile the text of a fact, and say of which type it is; `args` are the tool's own.

    A plain member path, or the size of one, needs no CEL, neither here nor at run time. An argument
    that `args` does not list is an error where it is a misspelt one, else of any type.
    Raises `PolicyError`.
    """
    text, scope = str(node.value), Scope(FACT_ROOTS, args)
    path = parse_fact(text)
    if path is None:
        from interlock.policy.expression.expressions import (
            compile_expression,  # only where there is one
        )

        expression = compile_expression(node, scope, "any")
        return expression, _KINDS.get(expression.kind, "any")
    members, first = scope.members(path.root), path.steps[0]
    if members is not None and first not in members:
        near = did_you_mean(first, members)
        if near or path.root != "args":
            raise fault(inside(node, text.find(first)), f"`{path.root}` has no `{first}`{near}")
    if path.sized:
        return path, "integer"
    return path, (members or {}).get(first, "any") if len(path.steps) == 1 else "any"


_KINDS: Final[Mapping[str, ArgumentType]] = {each: each for each in get_args(ArgumentType)}
