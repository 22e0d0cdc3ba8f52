"""Check: fact comparisons of a match, which no model can know beforehand.

Refuses a comparison with the wrong type, and a fact that no tool declares although the rule could
be about one that the catalogue has.
"""

from collections.abc import Mapping
from typing import Final, cast

from interlock.policy.document import ToolEntry
from interlock.policy.facts import is_number
from interlock.policy.file.overlap import may_meet
from interlock.policy.file.source import Node, Path, fault, locate
from interlock.policy.match import Comparison, Match, split_comparison
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
        if not declared and any(about(match, name, tools[name]) for name in tools):
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


def about(match: Match, name: str, entry: ToolEntry) -> bool:
    """Say whether a match may be about a tool of this entry, by what the catalogue says of it."""
    tags = set(entry.risk_tags)
    return (
        _any(match.tools, name)
        and _any(match.topics, entry.topic or name)
        and (match.risk_tags is None or not tags.isdisjoint(match.risk_tags))
        and tags.issuperset(match.risk_tags_all or ())
    )


def _any(patterns: tuple[str, ...] | None, name: str) -> bool:
    return patterns is None or any(may_meet(pattern, name) for pattern in patterns)
