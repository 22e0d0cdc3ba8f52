"""Write out: short forms as the full ones, so that only one form of each thing is evaluated.

Every part of what is written out stands where its short form stands.
"""

from collections.abc import Callable, Mapping
from typing import Final

from interlock.policy.file.source import Member, Node, fault
from interlock.policy.suggestion import did_you_mean, one_of, shown

ACTIONS: Final[Mapping[str, str]] = {
    "allow": "allow",
    "block": "deny",
    "escalate": "require_approval",
}
"""Actions of the short form, and what they decide."""


def written_out(root: Node) -> Node:
    """Return the policy with every short form written out.

    Raises `PolicyError` for a short form that says too little or too much.
    """
    if not isinstance(root.value, dict):
        raise fault(root.mark, "expected a mapping of sections; write `version: v1` first")
    levels = _changed(root, "autonomy_levels", _levels)
    return _changed(_changed(levels, "rules", _rules), "output", _output)


def _changed(node: Node, key: str, change: Callable[[Node], Node]) -> Node:
    if not isinstance(node.value, dict) or key not in node.value:
        return node
    member = node.value[key]
    return Node({**node.value, key: member._replace(node=change(member.node))}, node.mark)


def _each(node: Node, change: Callable[[Node], Node]) -> Node:
    for name in node.value if isinstance(node.value, dict) else ():
        node = _changed(node, name, change)
    return node


def _levels(levels: Node) -> Node:
    return _each(levels, lambda level: _changed(level, "rules", _rules))


def _rules(rules: Node) -> Node:
    if not isinstance(rules.value, list):
        return rules
    return Node([_rule(rule) for rule in rules.value], rules.mark)


def _rule(rule: Node) -> Node:
    if not isinstance(rule.value, dict) or {"tool", "action"}.isdisjoint(rule.value):
        return rule
    for key in ("match", "decision"):
        if key in rule.value:
            raise fault(rule.value[key].key, f"`{key}` does not go with `tool` and `action`")
    _expect_no_misspelling(rule.value)
    tool, action = _member(rule, "tool"), _member(rule, "action")
    if not isinstance(tool.node.value, str) or not tool.node.value:
        raise fault(tool.node.mark, "a short rule needs `tool`: one name or glob, as text")
    said = action.node.value
    if not isinstance(said, str) or said not in ACTIONS:
        near = did_you_mean(str(said), ACTIONS)
        expected = one_of(ACTIONS)
        raise fault(action.node.mark, f"`action` is {shown(said)}; expected {expected}{near}")
    tools = Member(tool.key, Node([tool.node], tool.node.mark))
    match = Member(tool.key, Node({"tools": tools}, tool.node.mark))
    decision = action._replace(node=Node(ACTIONS[said], action.node.mark))
    rest = {key: member for key, member in rule.value.items() if key not in ("tool", "action")}
    return Node({"match": match, "decision": decision, **rest}, rule.mark)


def _expect_no_misspelling(rule: Mapping[str, Member]) -> None:
    absent = {"tool", "action"} - rule.keys()
    for key, member in rule.items():
        if near := did_you_mean(key, absent):
            raise fault(member.key, f"unknown key `{key}`{near}")


def _member(rule: Node, key: str) -> Member:
    absent = Member(rule.mark, Node(None, rule.mark))
    return rule.value.get(key, absent) if isinstance(rule.value, dict) else absent


def _output(output: Node) -> Node:
    terms = _changed(output, "blocked_terms", lambda node: _wrapped(node, "terms", list))
    length = _changed(terms, "max_length", lambda node: _wrapped(node, "chars", int))
    return _changed(length, "per_topic", lambda topics: _each(topics, _output))


def _wrapped(node: Node, key: str, short: type) -> Node:
    if not isinstance(node.value, short) or isinstance(node.value, bool):
        return node
    return Node({key: Member(node.mark, node)}, node.mark)
