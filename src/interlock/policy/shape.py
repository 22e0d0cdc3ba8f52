"""Check: that every key of a policy is known, before anything is read from it.

Refuses unknown keys with a suggestion and keys that are not enforced yet by name, at their place;
then writes short forms out, so that only one form of each thing is ever evaluated.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from interlock.policy.document import PLACES, split_comparison
from interlock.policy.refused import KEYS, VALUES, refusal
from interlock.policy.source import Mark, Member, Node, Path, fail, plain
from interlock.policy.suggestion import did_you_mean, one_of, shown

_OPEN: Final = frozenset({"tools", "autonomy_levels", "output.entities"})
"""Mappings whose keys are names of the author's."""
_COMPARABLE: Final = frozenset({"rules[].match", "rules[].match.unless"})
_SHORT: Final = frozenset({"action", "id", "reason", "review", "review_result", "tool"})
_ACTIONS: Final[Mapping[str, str]] = {
    "allow": "allow",
    "block": "deny",
    "escalate": "require_approval",
}


def place_of(path: Path) -> str:
    """Write a path as the place that `PLACES` and the refused keys name."""
    place = ""
    for step in path:
        if isinstance(step, int):
            place += "[]"
        elif place in _OPEN:
            place += ".*"
        else:
            place = f"{place}.{step}" if place else step
    return re.sub(r"^autonomy_levels\.\*\.rules", "rules", place)


def check_shape(root: Node) -> None:
    """Refuse the first key or value that is unknown or not enforced.

    Raises `PolicyError`.
    """
    _check(root, ())


def _check(node: Node, path: Path) -> None:
    place = place_of(path)
    match node.value:
        case dict() as members:
            for key, member in cast("dict[str, Member]", members).items():
                _check_key(key, member.key, place, cast("dict[str, Member]", members))
                _check(member.node, (*path, key))
        case list() as items:
            for at, item in enumerate(cast("list[Node]", items)):
                _check(item, (*path, at))
        case str() as text if text in VALUES.get(place, ()):
            fail(node.mark, refusal(text))
        case _:
            pass


def _check_key(key: str, mark: Mark, place: str, siblings: Iterable[str]) -> None:
    if key in KEYS.get(place, ()):
        fail(mark, refusal(key))
    model = PLACES.get(place)
    if model is None or (place in _COMPARABLE and split_comparison(key)):
        return
    known: set[str] = set(model.model_fields)
    if place == "rules[]":
        if is_short(siblings):
            known = set(_SHORT)
        elif key in _SHORT:
            return
    if key not in known:
        where = f" in `{place}`" if place else ""
        fail(
            mark,
            f"unknown key `{key}`{where}{did_you_mean(key, known | KEYS.get(place, frozenset()))}",
        )


def is_short(rule: Iterable[str]) -> bool:
    """Say whether a rule is written in the short form."""
    return not {"tool", "action"}.isdisjoint(rule)


def written_out(root: Node) -> dict[str, Any]:
    """Return the policy as plain values with every short form written out.

    Raises `PolicyError` for a short form that is no full rule.
    """
    if not isinstance(root.value, dict):
        fail(root.mark, "expected a mapping of sections; write `version: v1` first")
    document = cast("dict[str, Any]", plain(root))
    members = cast("dict[str, Member]", root.value)
    _write_rules(document, members)
    levels = members.get("autonomy_levels")
    if levels is not None and isinstance(levels.node.value, dict):
        for name, member in cast("dict[str, Member]", levels.node.value).items():
            if isinstance(member.node.value, dict):
                _write_rules(
                    document["autonomy_levels"][name], cast("dict[str, Member]", member.node.value)
                )
    if isinstance(output := document.get("output"), dict):
        _write_output(cast("dict[str, Any]", output))
    return document


def _write_rules(section: dict[str, Any], members: dict[str, Member]) -> None:
    node = members["rules"].node if "rules" in members else None
    if node is None or not isinstance(node.value, list):
        return
    nodes = cast("list[Node]", node.value)
    section["rules"] = tuple(
        _written_rule(rule, at) for rule, at in zip(section["rules"], nodes, strict=True)
    )


def _written_rule(rule: Any, node: Node) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(rule, dict) or not is_short(cast("dict[str, Any]", rule)):
        return cast("Any", rule)
    short = cast("dict[str, Any]", rule)
    tool, action = short.get("tool"), short.get("action")
    if not isinstance(tool, str) or not tool:
        fail(_mark(node, "tool"), "a short rule needs `tool`, one name or glob as text")
    if not isinstance(action, str) or action not in _ACTIONS:
        fail(_mark(node, "action"), f"{shown(action)} is no action; expected {one_of(_ACTIONS)}")
    rest = {key: value for key, value in short.items() if key not in ("tool", "action")}
    return {"match": {"tools": (tool,)}, "decision": _ACTIONS[action], **rest}


def _mark(node: Node, key: str) -> Mark:
    members = cast("dict[str, Member]", node.value)
    return members[key].node.mark if key in members else node.mark


def _write_output(output: dict[str, Any]) -> None:
    if isinstance(terms := output.get("blocked_terms"), tuple):
        output["blocked_terms"] = {"terms": terms}
    chars = output.get("max_length")
    if isinstance(chars, int) and not isinstance(chars, bool):
        output["max_length"] = {"chars": chars}
