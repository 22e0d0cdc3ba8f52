"""Read: one YAML text as a tree that knows where each of its values stands.

Refuses whatever makes two readers see two policies: duplicate keys, anchors, aliases, tags, merge
keys, directives, several documents, scalars that YAML 1.1 and 1.2 read differently.
"""

from typing import Any, Final, NamedTuple, TypeAlias, cast

import yaml

from interlock.errors import PolicyError
from interlock.policy.scalars import Surprise, resolve

MAX_DEPTH: Final = 32
"""Nesting allowed in a policy file. Source: `docs/policy.md`, limits."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_parse: Any = cast("Any", yaml).parse

Step: TypeAlias = str | int
"""One step of a path: a key, or a place in a list."""
Path: TypeAlias = tuple[Step, ...]


class Mark(NamedTuple):
    """A place in a file, counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Write it as compilers do."""
        return f"{self.file}:{self.line}:{self.column}"


class Node(NamedTuple):
    """One value and where it starts."""

    value: "str | float | bool | list[Node] | dict[str, Member] | None"
    mark: Mark


class Member(NamedTuple):
    """One key of a mapping with its value."""

    key: Mark
    node: Node


def fault(mark: Mark, message: str) -> PolicyError:
    """Make the one form of policy error."""
    return PolicyError(f"{mark}: {message}")


def parse_tree(text: str, name: str) -> Node:
    """Read one document.

    Raises `PolicyError` with file, line and column.
    """
    start = Mark(name, 1, 1)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise fault(start, "the text holds a lone surrogate; expected valid Unicode") from None
    try:
        return _Reader(text, name).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = Mark(name, mark.line + 1, mark.column + 1) if mark is not None else start
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        raise fault(at, f"not valid YAML: {problem}") from error


class _Reader:
    """Turns the parser's events into nodes, one call of `node` for each."""

    def __init__(self, text: str, name: str) -> None:
        self._name = name
        self._events = _parse(text, Loader=_Loader)

    def document(self) -> Node:
        next(self._events)  # start of the stream
        first = next(self._events)
        if not isinstance(first, yaml.DocumentStartEvent):
            raise fault(Mark(self._name, 1, 1), "the file is empty; write at least `version: v1`")
        if getattr(first, "version", None) or getattr(first, "tags", None):
            raise fault(self._mark(first), "a YAML directive is not allowed here; remove it")
        root = self.node(next(self._events), 1)
        next(self._events)  # end of the document
        after = next(self._events)
        if isinstance(after, yaml.DocumentStartEvent):
            raise fault(self._mark(after), "a second document starts here; expected one a file")
        return root

    def node(self, event: Any, depth: int) -> Node:  # noqa: ANN401 - an event of the parser
        mark = self._mark(event)
        self._refuse(event, mark)
        match event:
            case yaml.ScalarEvent():
                return Node(self._scalar(event, mark), mark)
            case _ if depth > MAX_DEPTH:
                raise fault(mark, f"nested deeper than {MAX_DEPTH} levels; flatten it")
            case yaml.SequenceStartEvent():
                return Node(self._items(depth), mark)
            case _:
                return Node(self._members(depth), mark)

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return items

    def _members(self, depth: int) -> dict[str, Member]:
        members: dict[str, Member] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            name = self._key(event, key)
            if name in members:
                first = members[name].key
                raise fault(
                    key.mark, f"duplicate key `{name}`; it stands in line {first.line} already"
                )
            members[name] = Member(key.mark, self.node(next(self._events), depth + 1))
        return members

    def _key(self, event: Any, key: Node) -> str:  # noqa: ANN401 - an event of the parser
        plain = isinstance(event, yaml.ScalarEvent) and not event.style
        if plain and key.value == "<<":
            raise fault(key.mark, "merge key `<<` is not allowed; write the members out")
        if not isinstance(key.value, str):
            raise fault(key.mark, "a key must be text; quote it")
        return key.value

    def _scalar(self, event: Any, mark: Mark) -> str | float | bool | None:  # noqa: ANN401 - an event of the parser
        if event.style:
            return event.value
        try:
            return resolve(event.value)
        except Surprise as surprise:
            raise fault(mark, str(surprise)) from None

    def _refuse(self, event: Any, mark: Mark) -> None:  # noqa: ANN401 - an event of the parser
        if isinstance(event, yaml.AliasEvent):
            raise fault(mark, f"alias `*{event.anchor}` is not allowed; write the value out")
        if event.anchor is not None:
            raise fault(mark, f"anchor `&{event.anchor}` is not allowed; remove it")
        if event.tag is not None:
            raise fault(mark, f"tag `{event.tag}` is not allowed; remove it")

    def _mark(self, event: Any) -> Mark:  # noqa: ANN401 - an event of the parser
        return Mark(self._name, event.start_mark.line + 1, event.start_mark.column + 1)


def plain(node: Node) -> Any:  # noqa: ANN401 - JSON leaves here
    """Strip the places: dicts, tuples and scalars."""
    match node.value:
        case list() as items:
            return tuple(plain(item) for item in items)
        case dict() as members:
            return {key: plain(member.node) for key, member in members.items()}
        case scalar:
            return scalar


def locate(root: Node, path: Path, *, key: bool = False) -> Mark:
    """Find where the value at `path` stands, or its key; or its parent when it is not written."""
    node, mark = root, root.mark
    for step in path:
        match node.value, step:
            case dict() as members, str() if step in members:
                member = members[step]
                node, mark = member.node, member.key if key else member.node.mark
            case list() as items, int() if 0 <= step < len(items):
                node = items[step]
                mark = node.mark
            case _:
                return mark
    return mark
