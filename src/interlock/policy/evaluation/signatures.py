"""Check: what a policy says of arguments against the tools that take them, once these are known."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from interlock.policy.constraints import Constraints
from interlock.policy.document import Document, LevelEntry, RuleEntry
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.evaluation.compiled import TOP_LEVEL, CompiledPolicy
from interlock.policy.file.argument_names import named_arguments
from interlock.policy.file.argument_types import types_of
from interlock.policy.file.comparisons import about
from interlock.policy.file.source import Path, fault, locate
from interlock.policy.match import Match

Stranger: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], str | None]
"""Says which name of some arguments a JSON Schema does not; None for none."""


def check_signatures(policy: CompiledPolicy, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Check what a policy says of the arguments of tools against their own JSON Schemas, by name.

    An entry that declares `args` itself is taken at its word; a tool that speaks of more arguments
    than it names may be given any. Raises `PolicyError`, at its place in the file.
    """
    entries = policy.document.tools
    untyped = {name for name, entry in entries.items() if entry.args is None} & schemas.keys()
    typed = {
        name: entries[name]._replace(args=types)
        for name in untyped
        if (types := types_of(schemas[name])) is not None
    }
    if typed:
        document = policy.document._replace(tools={**entries, **typed})
        compile_policy(document, policy.root)


def check_ways(
    policy: CompiledPolicy, schemas: Mapping[str, Mapping[str, Any]], stranger: Stranger
) -> None:
    """Check the arguments that constraints force or drop inside of objects.

    `stranger` says which name of some arguments, at any depth, a schema does not. A name must be
    one of at least one of the tools that it is about, as one of the first step must. Raises
    `PolicyError`, at its place in the file.
    """
    for limits, match, path in _limited(policy.document):
        tools = policy.document.tools.items()
        reached = [name for name, tool in tools if name in schemas and about(match, name, tool)]
        for each in named_arguments(limits):
            strange = [stranger(schemas[name], _within(each.argument)) for name in reached]
            if strange and (why := strange[0]) is not None and None not in strange:
                forced = each.place[0] == "args"
                mark = locate(policy.root, (*path, *each.place), key=forced)
                raise fault(mark, f"`{each.argument}` is no argument of `{reached[0]}`: {why}")


def _within(argument: str) -> dict[str, Any]:
    """Return arguments that hold nothing but the one at a path."""
    first, *rest = argument.split(".")
    value: Any = None
    for step in reversed(rest):
        value = {step: value}
    return {first: value}


def _limited(document: Document) -> Iterator[tuple[Constraints, Match, Path]]:
    """Return all constraints of a policy, which calls they are about and where they stand."""
    if document.default_constraints is not None:
        yield document.default_constraints, Match(), ("default_constraints",)
    sections: list[tuple[tuple[RuleEntry, ...], Path]] = [(document.rules, ("rules",))]
    for name in (f"level_{at}" for at in range(TOP_LEVEL + 1)):
        level: LevelEntry | None = getattr(document.autonomy_levels, name, None)
        sections.append((level.rules if level else (), ("autonomy_levels", name, "rules")))
    for rules, path in sections:
        for at, rule in enumerate(rules):
            if rule.constraints is not None:
                yield rule.constraints, rule.match, (*path, at, "constraints")
