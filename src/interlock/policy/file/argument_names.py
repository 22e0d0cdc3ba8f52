"""Check: the arguments that constraints and the catalogue name, against those that tools take.

A name that no tool takes would force or drop nothing, and say so to nobody.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import NamedTuple, assert_never

from interlock.policy.constraints import Constraints
from interlock.policy.document import ArgumentType, ToolEntry
from interlock.policy.facts import is_number
from interlock.policy.file.comparisons import about
from interlock.policy.file.source import Node, Path, fault, locate
from interlock.policy.match import Match
from interlock.policy.suggestion import did_you_mean, shown


class NamedArgument(NamedTuple):
    """An argument that constraints name."""

    argument: str
    """Its path."""
    place: Path
    """Where it stands, within the constraints."""

    @property
    def first(self) -> str:
        """The argument itself, without the way into it."""
        return self.argument.partition(".")[0]


def named_arguments(limits: Constraints) -> Iterator[NamedArgument]:
    """Return what is forced and what is dropped."""
    yield from (NamedArgument(argument, ("args", argument)) for argument in limits.args)
    yield from (NamedArgument(path, ("args_drop", at)) for at, path in enumerate(limits.args_drop))


def check_arguments(
    limits: Constraints, match: Match, tools: Mapping[str, ToolEntry], root: Node, path: Path
) -> None:
    """Check the arguments of constraints against every tool that they may be about.

    A name must be one of at least one of them; where some do not say what they take, only a
    misspelt one is wrong. Raises `PolicyError`.
    """
    reached = {name: tool for name, tool in tools.items() if about(match, name, tool)}
    typed = {name: tool.args for name, tool in reached.items() if tool.args is not None}
    for each in named_arguments(limits):
        forced = each.place[0] == "args"
        takers: dict[str, ArgumentType] = {
            name: args[each.first] for name, args in typed.items() if each.first in args
        }
        if typed and not takers:
            near = did_you_mean(each.first, chain.from_iterable(typed.values()))
            if near or len(typed) == len(reached):
                message = f"no tool that this is about takes an argument `{each.first}`{near}"
                raise fault(locate(root, (*path, *each.place), key=forced), message)
        for tool, kind in takers.items():
            if why := _misfit(each, limits, kind):
                raise fault(locate(root, (*path, *each.place)), f"{why} of `{tool}` is {kind}")


def _misfit(named: NamedArgument, limits: Constraints, kind: ArgumentType) -> str:
    """Say what does not fit an argument's type; empty where all does."""
    if named.first != named.argument:
        into = kind in ("any", "object")
        return "" if into else f"`{named.argument}` leads into no object: `{named.first}`"
    value = limits.args.get(named.argument)
    fits = named.place[0] != "args" or _is(value, kind)
    return "" if fits else f"{shown(value)} does not fit: `{named.first}`"


def _is(value: object, kind: ArgumentType) -> bool:
    """Say whether a value is of a type; null is of all, as the catalogue cannot tell."""
    if value is None:
        return True
    match kind:
        case "any":
            return True
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_number(value) and value == int(value)
        case "number":
            return is_number(value)
        case "array":
            return isinstance(value, list | tuple)
        case "object":
            return isinstance(value, Mapping)
        case _:
            assert_never(kind)


def check_key(name: str, tool: ToolEntry, root: Node) -> None:
    """Check the argument that takes a call's digest: text, and no misspelt one.

    One that `args` does not list is not shown to the model, and allowed. Raises `PolicyError`.
    """
    key, args = tool.idempotency_argument, tool.args
    if key is None or args is None:
        return
    mark = locate(root, ("tools", name, "idempotency_argument"))
    near = "" if key in args else did_you_mean(key, args)
    if near:
        raise fault(mark, f"`{name}` takes no argument `{key}`{near}; or list it in `args`")
    if key in args and args[key] not in ("any", "string"):
        raise fault(mark, f"`{key}` is {args[key]}, and is filled with text; expected a string")
