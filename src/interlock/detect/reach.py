r"""Reach: the characters between which a match of an expression must lie.

A match of `\b\d{3}-\d{4}\b` lies within one run of digits and hyphens, so that searching such a
run finds in it what searching the whole text finds in it. The set holds whatever an expression
reads, consumed or only looked at; what is not understood is taken to read everything.
"""

import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

import regex

_ASCII: Final = frozenset(map(chr, range(128)))
_SPACE: Final = frozenset(char for char in _ASCII if char.isspace())
_DIGIT: Final = frozenset("0123456789")
_WORD: Final = frozenset(char for char in _ASCII if char.isalnum()) | {"_"}
_POSIX: Final = regex.compile(r"\[:\^?\w+:\]")
_BRACE: Final = ord("{")
_CATEGORIES: Final = {
    "CATEGORY_DIGIT": _DIGIT,
    "CATEGORY_NOT_DIGIT": _ASCII - _DIGIT,
    "CATEGORY_SPACE": _SPACE,
    "CATEGORY_NOT_SPACE": _ASCII - _SPACE,
    "CATEGORY_WORD": _WORD,
    "CATEGORY_NOT_WORD": _ASCII - _WORD,
}


class Runs:
    """Cuts a text into the runs that an expression can match within."""

    __slots__ = ("_back", "_on")

    def __init__(self, expression: str) -> None:
        """Learn what `expression`, of the `regex` package, reads."""
        outside = sorted(_ASCII - (read_by(expression) or _ASCII))
        edge = "".join(f"\\x{ord(char):02x}" for char in outside)
        self._back = regex.compile(f"(?r)[{edge}]") if edge else None
        self._on = regex.compile(f"[{edge}]") if edge else None

    def runs(self, text: str, ends: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield [start, end) of each run that a match may end in.

        `ends` are [first, last] of the offsets at which it may end, ascending.
        """
        if self._back is None or self._on is None:
            if any(True for _ in ends):
                yield 0, len(text)
            return
        done = 0
        for first, last in ends:
            at = max(first - 1, done)
            while at < last:
                before = self._back.search(text, done, at + 1)
                start = before.end() if before else done
                if start <= at:
                    after = self._on.search(text, at)
                    at = done = after.start() if after else len(text)
                    yield start, done
                at += 1


@lru_cache(maxsize=1024)
def read_by(expression: str) -> frozenset[str] | None:
    """Return the ASCII characters that an expression may read; None: any.

    Every character beyond ASCII counts as read, and so does the other case of a letter.
    """
    if _POSIX.search(expression):
        return None  # means more to the `regex` package than to the standard library's parser
    parser: Any = importlib.import_module("re._parser")
    try:
        read = frozenset(_read(parser.parse(expression)))
    except (parser.error, _Unread):
        return None
    return read | {case for char in read for case in (char.lower(), char.upper())}


class _Unread(Exception):
    """A part of an expression that is not understood."""


_INSIDE: Final[dict[str, Callable[[Any], Iterable[Any]]]] = {
    "SUBPATTERN": lambda value: (value[3],),
    "BRANCH": lambda value: value[1],
    "MAX_REPEAT": lambda value: (value[2],),
    "MIN_REPEAT": lambda value: (value[2],),
    "POSSESSIVE_REPEAT": lambda value: (value[2],),
    "ATOMIC_GROUP": lambda value: (value,),
    "ASSERT": lambda value: (value[1],),
    "ASSERT_NOT": lambda value: (value[1],),
    "AT": lambda _value: (),
    "GROUPREF": lambda _value: (),
}
"""What stands within a part of an expression, by the code of the standard library's parser."""


def _read(parts: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    for code, value in parts:
        name = str(code)
        if name == "LITERAL":
            yield from _literal(value)
        elif name == "IN":
            yield from _set(value)
        elif name in _INSIDE:
            for inside in _INSIDE[name](value):
                yield from _read(inside)
        else:
            raise _Unread


def _literal(value: int) -> Iterator[str]:
    if value == _BRACE:
        raise _Unread  # may begin an approximate match in the `regex` package
    if value < 128:
        yield chr(value)


def _set(members: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    named: set[str] = set()
    negated = False
    for code, value in members:
        match str(code):
            case "NEGATE":
                negated = True
            case "LITERAL":
                named |= _ASCII & {chr(value)}
            case "RANGE":
                named |= {char for char in _ASCII if value[0] <= ord(char) <= value[1]}
            case "CATEGORY" if str(value) in _CATEGORIES:
                named |= _CATEGORIES[str(value)]
            case _:
                raise _Unread
    yield from _ASCII - named if negated else named
