"""Read: one YAML text as a tree that knows where each of its values stands.

Refuses whatever makes two readers see two policies: duplicate keys, anchors, aliases, tags, merge
keys, directives, several documents, scalars that YAML 1.1 and 1.2 read differently.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from interlock.errors import PolicyError
from interlock.policy.file.scalars import Surprise, resolve

MAX_DEPTH: Final = 32
"""Nesting allowed in a policy file. Source: `docs/policy.md`, limits."""

MAX_ERROR_CHARS: Final = 800
"""Length of a policy error; names that authors give are shorter."""
WHOLE_KEYS: Final = frozenset({"max_autonomous"})
"""Keys whose members may be named by whole numbers, for they are autonomy levels."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

PathStep: TypeAlias = str | int
"""One step of a path: a key, or a place in a list."""
Path: TypeAlias = tuple[PathStep, ...]


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
    spelled: str = ""
    """A text as it stands in the file, where that is not the text itself: quoted, folded."""


class Member(NamedTuple):
    """One key of a mapping with its value."""

    key: Mark
    node: Node


def fault(mark: Mark, message: str) -> PolicyError:
    """Make the one form of policy error: one short line that a terminal may print."""
    line = f"{mark}: {message}"
    if not line.isprintable():
        line = "".join(char if char.isprintable() else _escaped(char) for char in line)
    return PolicyError(line if len(line) <= MAX_ERROR_CHARS else f"{line[:MAX_ERROR_CHARS]}…")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


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
        self._text = text
        self._next: Callable[[], Any] = _Loader(text).get_event

    def document(self) -> Node:
        self._next()  # start of the stream
        first = self._next()
        if not isinstance(first, yaml.DocumentStartEvent):
            raise fault(Mark(self._name, 1, 1), "the file is empty; write at least `version: v1`")
        if getattr(first, "version", None) or getattr(first, "tags", None):
            raise fault(self._mark(first), "a YAML directive is not allowed here; remove it")
        root = self.node(self._next(), 1, "")
        self._next()  # end of the document
        after = self._next()
        if isinstance(after, yaml.DocumentStartEvent):
            raise fault(self._mark(after), "a second document starts here; expected one a file")
        return root

    def node(self, event: Any, depth: int, at: str) -> Node:  # noqa: ANN401 - an event of the parser
        """Read what starts with `event`; `at` is the key it stands at."""
        mark = self._mark(event)
        kind = type(event)  # pyright: ignore[reportUnknownVariableType] - an event of the parser
        if kind is yaml.AliasEvent:
            raise fault(mark, f"alias `*{event.anchor}` is not allowed; write the value out")
        if event.anchor is not None:
            raise fault(mark, f"anchor `&{event.anchor}` is not allowed; remove it")
        if event.tag is not None:
            raise fault(mark, f"tag `{event.tag}` is not allowed; remove it")
        if kind is yaml.ScalarEvent:
            value = event.value if event.style else _scalar(event.value, mark)
            return Node(value, mark, self._spelled(event))
        if depth > MAX_DEPTH:
            raise fault(mark, f"nested deeper than {MAX_DEPTH} levels; flatten it")
        if kind is yaml.SequenceStartEvent:
            return Node(self._items(depth, at), mark)
        return Node(self._members(depth, at), mark)

    def _spelled(self, event: Any) -> str:  # noqa: ANN401 - an event of the parser
        start, end = event.start_mark, event.end_mark
        if not event.style and start.line == end.line:
            return ""
        return self._text[start.index : end.index]

    def _items(self, depth: int, at: str) -> list[Node]:
        items: list[Node] = []
        while type(event := self._next()) is not yaml.SequenceEndEvent:
            items.append(self.node(event, depth + 1, at))
        return items

    def _members(self, depth: int, at: str) -> dict[str, Member]:
        members: dict[str, Member] = {}
        while type(event := self._next()) is not yaml.MappingEndEvent:
            key = self.node(event, depth + 1, at)
            name = self._key(event, key, at)
            if name in members:
                first = members[name].key
                raise fault(
                    key.mark, f"duplicate key `{name}`; it stands in line {first.line} already"
                )
            members[name] = Member(key.mark, self.node(self._next(), depth + 1, name))
        return members

    def _key(self, event: Any, key: Node, at: str) -> str:  # noqa: ANN401 - an event of the parser
        if isinstance(key.value, str):
            if key.value == "<<" and not event.style:
                raise fault(key.mark, "merge key `<<` is not allowed; write the members out")
            return key.value
        if at in WHOLE_KEYS and type(key.value) is int and event.value == str(key.value):
            return event.value
        raise fault(key.mark, "a key must be text; quote it")

    def _mark(self, event: Any) -> Mark:  # noqa: ANN401 - an event of the parser
        start = event.start_mark
        return Mark(self._name, start.line + 1, start.column + 1)


def _scalar(text: str, mark: Mark) -> str | float | bool | None:
    try:
        return resolve(text)
    except Surprise as surprise:
        raise fault(mark, str(surprise)) from None


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


def inside(node: Node, offset: int) -> Mark:
    """Find where character `offset` of a node's text stands in the file.

    Walks the text along its spelling: quotes, indentation and folded lines are passed over. Of
    escapes longer than a backslash and one character it gives a place nearby.
    """
    text, spelled, at = str(node.value), node.spelled, 0
    if not spelled:
        return node.mark._replace(column=node.mark.column + offset)
    if spelled[0] in "|>":
        at = spelled.find("\n") + 1
    elif spelled[0] in "'\"":
        at = 1
    for wanted in text[:offset]:
        at = _passed(spelled, at, wanted)
    at = _unindented(spelled, at, text[offset : offset + 1])
    before = spelled[:at]
    column = node.mark.column if "\n" not in before else 1
    return Mark(
        node.mark.file,
        node.mark.line + before.count("\n"),
        column + at - (before.rfind("\n") + 1),
    )


def _passed(spelled: str, at: int, wanted: str) -> int:
    """Return the place behind the spelling of one character."""
    if wanted.isspace():
        end = at
        while spelled[end : end + 1].isspace() and (end == at or "\n" in spelled[at : end + 1]):
            end += 1
        return end
    at = _unindented(spelled, at, wanted)
    doubled = spelled[0] == "'" and spelled[at : at + 2] == "''"
    escaped = spelled[0] == '"' and spelled[at : at + 1] == "\\"
    return at + (2 if doubled or escaped else 1)


def _unindented(spelled: str, at: int, wanted: str) -> int:
    while spelled[at : at + 1].isspace() and not wanted.isspace():
        at += 1
    return at


def node_at(root: Node, path: Path) -> Node:
    """Find the value at `path`, or the nearest above it that is written."""
    node = root
    for step in path:
        match node.value, step:
            case dict() as members, str() if step in members:
                node = members[step].node
            case list() as items, int() if 0 <= step < len(items):
                node = items[step]
            case _:
                return node
    return node
