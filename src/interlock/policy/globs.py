"""Match: dotted names against globs.

A final `*` stands for one or more segments, any other for exactly one, `**` for any number, none
included; a `*` written inside a segment stays inside it; a bare `*` or `**` is everything.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
EVERYTHING = frozenset({"*", "**"})
"""Patterns that hold every name."""


class Globs(NamedTuple):
    """Several patterns, any of which may match; compiled by shape so that most need no walk."""

    names: frozenset[str]
    prefixes: tuple[str, ...]
    within: tuple[tuple[str, str], ...]
    """What stands before and after a single `*` that stays in its segment."""
    walks: tuple[tuple[str, ...], ...]
    everything: bool

    def match(self, name: str) -> bool:
        """Say whether any pattern holds `name`."""
        if name in self.names or self.everything or name.startswith(self.prefixes):
            return True
        for head, tail in self.within:
            if _within(head, tail, name):
                return True
        if not self.walks:
            return False
        parts = tuple(name.split("."))
        return any(_walk(pattern, parts) for pattern in self.walks)

    def matcher(self) -> Callable[[str], bool]:
        """Return `match`, or what comes to the same where all patterns are of one plain shape."""
        if self.everything or self.walks:
            return self.match
        if self.within:
            alone = len(self.within) == 1 and not self.names and not self.prefixes
            return partial(_within, *self.within[0]) if alone else self.match
        if not self.prefixes:
            return self.names.__contains__
        prefixes = self.prefixes
        return self.match if self.names else lambda name: name.startswith(prefixes)


def compile_globs(patterns: Iterable[str]) -> Globs:
    """Sort patterns by shape."""
    names: set[str] = set()
    prefixes: list[str] = []
    within: list[tuple[str, str]] = []
    walks: list[tuple[str, ...]] = []
    everything = False
    for pattern in patterns:
        if pattern in EVERYTHING:
            everything = True
        elif "*" not in pattern:
            names.add(pattern)
        elif pattern.endswith(".*") and "*" not in pattern[:-1]:
            prefixes.append(pattern[:-1])
        elif pattern.count("*") == 1:
            head, _, tail = pattern.partition("*")
            within.append((head, tail))
        else:
            walks.append(tuple(pattern.split(".")))
    return Globs(frozenset(names), tuple(prefixes), tuple(within), tuple(walks), everything)


def _within(head: str, tail: str, name: str) -> bool:
    stop = len(name) - len(tail)
    return (
        len(head) <= stop
        and name.startswith(head)
        and name.endswith(tail)
        and "." not in name[len(head) : stop]
    )


class GlobTree(Generic[T]):
    """What globs stand for, found by name; as a tree by segment, so that most are never asked."""

    __slots__ = ("any", "ends", "more", "named")

    def __init__(self) -> None:
        """Begin without globs."""
        self.named: dict[str, GlobTree[T]] = {}
        self.any: GlobTree[T] | None = None
        """Where a `*` stands for one segment."""
        self.more: list[T] = []
        """Found here by names that go on."""
        self.ends: list[T] = []
        """Found here by names that end."""

    def put(self, pattern: str, item: T) -> None:
        """Add what a glob stands for."""
        branch, parts = self, pattern.split(".")
        for at, part in enumerate(parts):
            if part == "*" and at == len(parts) - 1:
                branch.more.append(item)
                return
            if part != "*" and "*" in part:  # `**`, or a star inside a segment: asked again
                branch.more.append(item)
                break
            if part == "*":
                branch.any = branch.any or GlobTree()
                branch = branch.any
            else:
                branch = branch.named.setdefault(part, GlobTree())
        branch.ends.append(item)

    def find(self, name: str, found: list[T]) -> None:
        """Add all whose glob matches a name, and few whose glob does not."""
        branches = [self]
        for part in name.split("."):
            following: list[GlobTree[T]] = []
            for branch in branches:
                if branch.more:
                    found += branch.more
                if (below := branch.named.get(part)) is not None:
                    following.append(below)
                if branch.any is not None:
                    following.append(branch.any)
            if not following:
                return
            branches = following
        for branch in branches:
            found += branch.ends


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Globs:
    """Compile one pattern, once."""
    return compile_globs((pattern,))


def is_glob(pattern: str) -> bool:
    """Say whether a pattern can hold more than one name."""
    return "*" in pattern


def specificity(pattern: str) -> tuple[tuple[int, ...], int, str]:
    """Order patterns, the most specific first: literal before partial before `*` before `**`."""
    parts = pattern.split(".")
    ranks = tuple(_rank(part, at == len(parts) - 1) for at, part in enumerate(parts))
    return ranks, -len(pattern.replace("*", "")), pattern


def _rank(part: str, last: bool) -> int:
    match part:
        case "**":
            return 4
        case "*":
            return 3 if last else 2
        case _:
            return 1 if "*" in part else 0


def _walk(pattern: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Follow all ways through the pattern at once, so that no name takes more than n x m steps."""
    ends = {0}
    for at, part in enumerate(pattern):
        if part == "**" or (part == "*" and at == len(pattern) - 1):
            if not ends:
                return False
            ends = set(range(min(ends) + (part == "*"), len(name) + 1))
        else:
            ends = {end + 1 for end in ends if end < len(name) and _segment(part, name[end])}
    return len(name) in ends


def _segment(part: str, text: str) -> bool:
    if "*" not in part:
        return part == text
    head, *middle, tail = part.split("*")
    if len(text) < len(head) + len(tail) or not (text.startswith(head) and text.endswith(tail)):
        return False
    at, stop = len(head), len(text) - len(tail)
    for piece in middle:
        found = text.find(piece, at, stop)
        if found < 0:
            return False
        at = found + len(piece)
    return True
