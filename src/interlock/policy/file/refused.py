"""Refuse: keys and values of policy v1 that nothing enforces yet, by name and place.

A key that would be ignored is a promise nobody keeps, so it is an error at load, once all else is
found to be right. One test names this whole list; it may only shrink.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from interlock.policy.file.source import Mark, Node

KEYS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "": frozenset({"trusted_servers"}),
        "guardrails[].inspect_args": frozenset({"commitments"}),
        "output": frozenset({"commitments", "per_topic", "rules"}),
    }
)
"""Keys, by the place where they stand in the file."""

VALUES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "rules[].review.auth": frozenset({"passkey"}),
        "autonomy.scope[]": frozenset({"tool", "topic"}),
        "output.entities.*": frozenset({"hash"}),
        "output.secrets": frozenset({"hash"}),
    }
)
"""Values, by the place where they stand in the file."""

_ALSO: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "rules[]": ("autonomy_levels.*.rules[]",),
        "rules[].review.auth": ("autonomy_levels.*.rules[].review.auth",),
    }
)
"""Other places where the same section stands."""

_BELONGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "approval_ttl_sec": "rules[].review",
        "auth": "rules[].review",
        "confidence_below": "rules[].match",
        "enforcement": "constraints",
        "execution_ttl_sec": "rules[].review",
        "initial_level": "autonomy",
        "inline": "rules[].review",
        "max_runtime_sec": "constraints",
        "network_allowlist": "constraints",
        "on_timeout": "rules[].review",
        "quorum": "rules[].review",
        "route": "rules[].review",
        "unless": "rules[].match",
        "unlisted": "decision_matrix",
        "when": "rules[].match",
    }
)


class Refused(NamedTuple):
    """One thing in a file that is part of policy v1 and not enforced."""

    mark: Mark
    """Where it stands."""
    name: str
    """The key or value."""
    place: str
    """The section it stands in, as in `KEYS` and `VALUES`."""


def refused_in(root: Node) -> tuple[Refused, ...]:
    """List what is not enforced, in the order of the files.

    `root` is a policy with its short forms written out that its shapes have read.
    """
    found = [
        Refused(member.key, key, place)
        for place, keys in KEYS.items()
        for node in _at(root, place)
        if isinstance(node.value, dict)
        for key, member in node.value.items()
        if key in keys and member.node.value is not None
    ]
    found += [
        Refused(node.mark, node.value, place)
        for place, values in VALUES.items()
        for node in _at(root, place)
        if isinstance(node.value, str) and node.value in values
    ]
    return tuple(sorted(found))


def _at(root: Node, place: str) -> Iterator[Node]:
    for each in (place, *_ALSO.get(place, ())):
        nodes = iter((root,))
        for step in each.replace("[]", ".[]").split(".") if each else ():
            nodes = _below(nodes, step)
        yield from nodes


def _below(nodes: Iterator[Node], step: str) -> Iterator[Node]:
    for node in nodes:
        match node.value, step:
            case list() as items, "[]":
                yield from items
            case dict() as members, "*":
                yield from (member.node for member in members.values())
            case dict() as members, _ if member := members.get(step):
                yield member.node
            case _:
                pass


def refusal(name: str) -> str:
    """Say that a key or value is known but not enforced."""
    return (
        f"`{name}` is part of policy v1 but is not enforced by this version yet; "
        "remove it (nothing was loaded)"
    )


def belongs(key: str) -> str:
    """Return `; it belongs in …` for a key that people put into the wrong section, or nothing."""
    place = _BELONGS.get(key)
    return f"; it belongs in `{place}`" if place else ""
