"""Check: fact comparisons of a match, which no model can know beforehand.

Refuses a comparison with the wrong type, and a fact that no tool declares although the rule could
be about one that the catalogue has.
"""

from collections.abc import Mapping
from typing import Final, cast

from interlock.policy.document import ToolEntry
from interlock.policy.facts import is_number
from interlock.policy.globs import compiled, is_glob
from interlock.policy.match import Comparison, Match, split_comparison
from interlock.policy.source import Node, Path, fault, locate
from interlock.policy.suggestion import did_you_mean, shown

_OPERANDS: Final[Mapping[Comparison, str]] = {
    "above": "a number",
    "below": "a number",
    "at_least": "a number",
    "at_most": "a number",
    "is": "text, a number or a boolean",
    "in": "a list of texts, numbers or booleans",
}


def check_comparisons(match: Match, tools: Mapping[str, ToolEntry], root: Node, path: Path) -> None:
    """Check every fact comparison of a match and its `unless`.

    Raises `PolicyError`.
    """
    _check(match, match, tools, root, path)
    if match.unless is not None:
        _check(match.unless, match, tools, root, (*path, "unless"))


def _check(
    conditions: Match, match: Match, tools: Mapping[str, ToolEntry], root: Node, path: Path
) -> None:
    for key, wanted in conditions.comparisons.items():
        split = split_comparison(key)
        mark = locate(root, (*path, key), key=True)
        if split is None:
            raise fault(mark, f"unknown key `{key}`")
        fact, comparison = split
        if not _comparable(wanted, comparison):
            at = locate(root, (*path, key))
            raise fault(at, f"`{key}` is {shown(wanted)}; expected {_OPERANDS[comparison]}")
        declared = any(fact in entry.facts for entry in tools.values())
        if not declared and any(_about(match, name, tools[name]) for name in tools):
            known = {name for entry in tools.values() for name in entry.facts}
            raise fault(mark, f"unknown fact `{fact}`{did_you_mean(fact, known)}")


def _comparable(wanted: object, comparison: Comparison) -> bool:
    match comparison:
        case "is":
            return _scalar(wanted)
        case "in":
            items = cast("tuple[object, ...]", wanted) if isinstance(wanted, tuple) else ()
            return bool(items) and all(_scalar(item) for item in items)
        case _:
            return is_number(wanted)


def _scalar(value: object) -> bool:
    return isinstance(value, str | bool) or is_number(value)


def _about(match: Match, name: str, entry: ToolEntry) -> bool:
    """Say whether the rule may be about a tool of this entry."""
    return _overlap(match.tools, name) and _overlap(match.topics, entry.topic or name)


def _overlap(patterns: tuple[str, ...] | None, name: str) -> bool:
    """Say whether a pattern may hold the name; of two globs, either holding the other is enough."""
    return patterns is None or any(
        compiled(pattern).match(name) or (is_glob(name) and compiled(name).match(pattern))
        for pattern in patterns
    )
