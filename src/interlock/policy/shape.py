"""Check: that every key of a policy is known, before anything is read from it.

Refuses unknown keys with a suggestion and keys that are not enforced yet by name, at their place;
then writes short forms out, so that only one form of each thing is ever evaluated.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from interlock.policy.document import PLACES, split_comparison
from interlock.policy.refused import KEYS, VALUES, refusal
from interlock.policy.source import Mark, Member, Node, Path, fault
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
            for key, member in members.items():
                _check_key(key, member.key, place, members)
                _check(member.node, (*path, key))
        case list() as items:
            for at, item in enumerate(items):
                _check(item, (*path, at))
        case str() as text if text in VALUES.get(place, ()):
            raise fault(node.mark, refusal(text))
        case _:
            pass


def _check_key(key: str, mark: Mark, place: str, siblings: Iterable[str]) -> None:
    if key in KEYS.get(place, ()):
        raise fault(mark, refusal(key))
    model = PLACES.get(place)
    if model is None or (place in _COMPARABLE and split_comparison(key)):
        return
    short = place == "rules[]" and is_short(siblings)
    known: set[str] = set(_SHORT if short else model.model_fields)
    if short and key in ("match", "decision"):
        raise fault(
            mark, f"`{key}` does not go with `tool` and `action`; write `match` and `decision`"
        )
    if key not in known:
        where = f" in `{place}`" if place else ""
        raise fault(
            mark,
            f"unknown key `{key}`{where}{did_you_mean(key, known | KEYS.get(place, frozenset()))}",
        )


def is_short(rule: Iterable[str]) -> bool:
    """Say whether a rule is written in the short form."""
    return not {"tool", "action"}.isdisjoint(rule)


def written_out(root: Node) -> Node:
    """Return the policy with every short form written out, each part where its short form stands.

    Raises `PolicyError` for a short form that says too little.
    """
    if not isinstance(root.value, dict):
        raise fault(root.mark, "expected a mapping of sections; write `version: v1` first")
    levels = _changed(root, "autonomy_levels", _written_levels)
    return _changed(_changed(levels, "rules", _written_rules), "output", _written_output)


def _changed(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    if not isinstance(node.value, dict) or key not in node.value:
        return node
    member = node.value[key]
    return Node({**node.value, key: member._replace(node=change(member.node))}, node.mark)


def _written_levels(levels: Node) -> Node:
    for name in levels.value if isinstance(levels.value, dict) else ():
        levels = _changed(levels, name, lambda level: _changed(level, "rules", _written_rules))
    return levels


def _written_rules(rules: Node) -> Node:
    if not isinstance(rules.value, list):
        return rules
    return Node([_written_rule(rule) for rule in rules.value], rules.mark)


def _written_rule(rule: Node) -> Node:
    if not isinstance(rule.value, dict) or not is_short(rule.value):
        return rule
    tool, action = _short(rule, "tool"), _short(rule, "action")
    if not isinstance(tool.node.value, str) or not tool.node.value:
        raise fault(tool.node.mark, "a short rule needs `tool`, one name or glob as text")
    said = action.node.value
    if not isinstance(said, str) or said not in _ACTIONS:
        raise fault(action.node.mark, f"`action` is {shown(said)}; expected {one_of(_ACTIONS)}")
    tools = Member(tool.key, Node([tool.node], tool.node.mark))
    match = Member(tool.key, Node({"tools": tools}, tool.node.mark))
    decision = action._replace(node=Node(_ACTIONS[said], action.node.mark))
    rest = {key: member for key, member in rule.value.items() if key not in ("tool", "action")}
    return Node({"match": match, "decision": decision, **rest}, rule.mark)


def _short(rule: Node, key: str) -> Member:
    absent = Member(rule.mark, Node(None, rule.mark))
    return rule.value.get(key, absent) if isinstance(rule.value, dict) else absent


def _written_output(output: Node) -> Node:
    terms = _changed(output, "blocked_terms", lambda node: _wrapped(node, "terms", list))
    return _changed(terms, "max_length", lambda node: _wrapped(node, "chars", int))


def _wrapped(node: Node, key: str, short: type) -> Node:
    is_short_form = isinstance(node.value, short) and not isinstance(node.value, bool)
    return Node({key: Member(node.mark, node)}, node.mark) if is_short_form else node
