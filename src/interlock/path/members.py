"""Walk: over the members of a result, each with its path.

Texts, numbers and names are collected in document order, JSON within texts too. What cannot be
read in one way only is refused, for the inspection to hold.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias, cast

from interlock.canon import MAX_DEPTH
from interlock.path.blocks import bytes_in, data_urls, embedded, structures, unread
from interlock.path.fields import Fields, fields


class Span(NamedTuple):
    """Where in a text, in characters, end exclusive."""

    start: int
    end: int


class Place(NamedTuple):
    """One step from a container to its member."""

    key: str | int
    position: int
    """Of the member in its container, from 0."""


Places: TypeAlias = tuple[Place, ...]


ROOTS: Final = (Place("response", 0), Place("artifact", 1))
"""What a tool returns: what the model reads, and what comes beside it for code."""


class MemberText(NamedTuple):
    """One text of a value or a number, and where it stands."""

    places: Places
    text: str
    part: Literal["value", "number"]
    inner: tuple[Span, ...] = ()
    """Where it holds JSON, whose members stand below it."""


class Holder(NamedTuple):
    """Something that stands in a result in another form than text, or that it refers to."""

    places: Places
    block: dict[str, object]
    held: tuple[tuple[Places, Span], ...] = ()
    """Where its bytes stand, if they do."""


@dataclass(slots=True)
class Walk:
    """What one pass over a result collects."""

    texts: list[MemberText] = field(default_factory=list)
    keys: dict[str, list[Places]] = field(default_factory=dict)
    internal: list[Places] = field(default_factory=list)
    refused: list[Places] = field(default_factory=list)
    holders: list[Holder] = field(default_factory=list)
    unwritten_chars: int = 0
    """Characters of what is neither text nor number nor name: constants and empty containers."""


def walk_members(roots: Iterable[object], internal_fields: tuple[str, ...]) -> Walk:
    """Visit every member in document order; what is removed anyway is not looked into."""
    walk = Walk()
    internal = fields(internal_fields)
    stack: list[tuple[Places, object]] = []
    for root, value in zip(ROOTS, roots, strict=True):
        stack.insert(0, ((root,), value))
    while stack:
        places, value = stack.pop()
        if len(places) > MAX_DEPTH + 1:
            walk.refused.append(places)
        else:
            stack.extend(reversed(_members(places, value, walk, internal)))
    return walk


def _members(
    places: Places, value: object, walk: Walk, internal: Fields | None
) -> list[tuple[Places, object]]:
    """Record a scalar, or return a container's members."""
    if value in ([], {}, ()):
        walk.unwritten_chars += len("[]")
    match value:
        case None | bool():
            walk.unwritten_chars += len("null") if len(places) > 1 else 0
        case str():
            return _written(places, value, walk)
        case int() | float():
            _number(places, value, walk)
        case list() | tuple():
            items = cast("Sequence[object]", value)
            return [((*places, Place(at, at)), item) for at, item in enumerate(items)]
        case dict():
            return _named(places, cast("dict[object, object]", value), walk, internal)
        case _:
            walk.refused.append(places)
    return []


def _written(places: Places, value: str, walk: Walk) -> list[tuple[Places, object]]:
    """Record a text, and return the JSON that it is, or holds: its members stand below it."""
    try:
        inner = embedded(value)
        among = structures(value) if inner is None else []
    except ValueError:
        walk.refused.append(places)
        return []
    if inner is not None:
        return [(places, inner)]
    spans = tuple(Span(one.start, one.end) for one in among)
    for block, start, end in data_urls(value):
        if not any(one.start <= start < one.end for one in spans):
            walk.holders.append(Holder(places, block, ((places, Span(start, end)),)))
    walk.texts.append(MemberText(places, value, "value", spans))
    return [((*places, Place(at, at)), one.value) for at, one in enumerate(among)]


def _named(
    places: Places,
    value: dict[object, object],
    walk: Walk,
    internal: Fields | None,
) -> list[tuple[Places, object]]:
    members: list[tuple[Places, object]] = []
    _hold(places, cast("dict[str, object]", value), walk)
    under = internal.under(place.key for place in places[1:]) if internal else ("", "")
    for at, (key, item) in enumerate(value.items()):
        if not isinstance(key, str):
            walk.refused.append(places)
            continue
        inner = (*places, Place(key, at))
        owners = walk.keys.setdefault(key, [])
        if internal and internal.hold(under, key):
            walk.internal.append(inner)
        else:
            owners.append(inner)
            members.append((inner, item))
    return members


def _hold(places: Places, value: dict[str, object], walk: Walk) -> None:
    """Record an object that holds bytes, or shows what is none of its texts."""
    names = bytes_in(value)
    if names or unread(value):
        steps = {name: Place(name, at) for at, name in enumerate(value)}
        spans = [((*places, steps[name]), Span(0, len(str(value[name])))) for name in names]
        walk.holders.append(Holder(places, value, tuple(spans)))


def _number(places: Places, value: float, walk: Walk) -> None:
    if isinstance(value, int) and value.bit_length() > 8192:  # Python refuses to write it out
        walk.refused.append(places)
    else:
        walk.texts.append(MemberText(places, number_text(value), "number"))


def number_text(value: float) -> str:
    """Write a number as a reader would see it: a whole float as its integer."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_PLAIN_KEY: Final = re.compile(r"[\w\-$@:/+]{1,64}")


def shown(place: Place, hidden: frozenset[str] = frozenset()) -> str:
    """Write one step of a path so that two steps never look alike.

    A plain key is `.key`, another `["k.ey"]`, a list item `[0]`, and a key that is long or among
    the `hidden` ones `[key 0]`, by position.
    """
    if isinstance(place.key, int):
        return f"[{place.key}]"
    if place.key in hidden or len(place.key) > 64:
        return f"[key {place.position}]"
    return "." + place.key if _PLAIN_KEY.fullmatch(place.key) else f"[{json.dumps(place.key)}]"


def path_of(places: Places, hidden: frozenset[str]) -> str:
    """Write a path from its root, without the `hidden` names."""
    return str(places[0].key) + "".join(shown(place, hidden) for place in places[1:])
