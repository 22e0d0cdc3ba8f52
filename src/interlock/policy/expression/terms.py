"""Read: the syntax of a CEL expression as a tree, from the bytes in which its compiler hands it on.

Source: `cel/expr/syntax.proto` of the CEL specification, messages `ParsedExpr`, `Expr` and
`SourceInfo`; https://protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

TermKind: TypeAlias = Literal["constant", "name", "member", "has", "call", "list", "object", "loop"]


class Term(NamedTuple):
    """One node of an expression."""

    kind: TermKind
    at: int
    """Where it stands in the text, in characters from 0; of a call and a member, its sign."""
    name: str = ""
    """The name, the member's name or the function's."""
    parts: tuple["Term", ...] = ()
    """Operands; of a loop what it runs over, its start, its condition, its step and its result."""
    text: str | None = None
    """The value of a text constant."""
    bound: frozenset[str] = frozenset()
    """Names that a loop gives to what it runs over."""
    word_at: int = 0
    """Of a call, where in the bytes the function's name stands."""


def read_term(serialized: bytes) -> Term:
    """Read a parsed expression: an `Any` that holds a `ParsedExpr`."""
    return _Reader(serialized).term()


def member_of(term: Term, bound: frozenset[str]) -> tuple[str, str] | None:
    """Return `root`, `member` of `root.member`, `has(root.member)` and `root["member"]`.

    None for all else, and where the root is a name that a loop gives.
    """
    operand = term.parts[0] if term.parts else None
    if operand is None or operand.kind != "name" or operand.name in bound:
        return None
    if term.kind in ("member", "has"):
        return operand.name, term.name
    if term.kind == "call" and term.name == "_[_]" and (key := term.parts[1].text) is not None:
        return operand.name, key
    return None


def renamed(serialized: bytes, names: Mapping[int, str]) -> bytes:
    """Give functions other names, each as long as before, by where their names stand."""
    changed = bytearray(serialized)
    for at, name in names.items():
        changed[at : at + len(name)] = name.encode()
    return bytes(changed)


_POSITIONS: Final = 4
_TEXT: Final = 6
_ID: Final = 2
_ZERO: Final = (0,)
_Span: TypeAlias = tuple[int, int]
"""Where a message or a text begins and ends."""
_Message: TypeAlias = dict[int, list[Any]]
"""A message's fields: spans of messages and texts, integers for the rest."""


class _Reader:
    """One parsed expression."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        (within,) = self._message((0, len(data)))[2]
        parsed = self._message(within)
        self._term_span: _Span = parsed[2][0]
        listed = self._message(parsed[3][0]).get(_POSITIONS, ())
        entries = [self._message(entry) for entry in listed]
        self._places = {entry.get(1, _ZERO)[0]: entry.get(2, _ZERO)[0] for entry in entries}

    def term(self) -> Term:
        return self._term(self._term_span)

    def _term(self, span: _Span) -> Term:
        fields = self._message(span)
        at = self._places.get(fields.pop(_ID, _ZERO)[0], 0)
        for number, (body, *_) in fields.items():
            return self._made(number, self._message(body), at)
        return Term("constant", at)

    def _made(self, number: int, body: _Message, at: int) -> Term:
        match number:
            case 4:
                return Term("name", at, self._text(body, 1))
            case 5:
                kind = "has" if 3 in body else "member"
                return Term(kind, at, self._text(body, 2), self._terms(body, 1))
            case 6:
                parts, word_at = self._terms(body, 1, 3), body[2][0][0]
                return Term("call", at, self._text(body, 2), parts, word_at=word_at)
            case 7:
                return Term("list", at, parts=self._terms(body, 1))
            case 8:
                entries = [self._message(entry) for entry in body.get(2, ())]
                parts = tuple(part for entry in entries for part in self._terms(entry, 3, 4))
                return Term("object", at, self._text(body, 1), parts)
            case 9:
                names = frozenset(self._text(body, one) for one in (1, 3, 8)) - {""}
                return Term("loop", at, parts=self._terms(body, 2, 4, 5, 6, 7), bound=names)
            case _:
                return Term("constant", at, text=self._text(body, _TEXT) if _TEXT in body else None)

    def _terms(self, body: _Message, *numbers: int) -> tuple[Term, ...]:
        return tuple([self._term(each) for one in numbers for each in body.get(one, ())])

    def _text(self, message: _Message, number: int) -> str:
        if number not in message:
            return ""
        start, end = message[number][0]
        return self._data[start:end].decode()

    def _message(self, span: _Span) -> _Message:
        fields: _Message = {}
        at, end = span
        while at < end:
            key, at = self._varint(at)
            match key & 7:
                case 0:
                    value, at = self._varint(at)
                case 2:
                    size, at = self._varint(at)
                    value, at = (at, at + size), at + size
                case wire:
                    size = 8 if wire == 1 else 4
                    value, at = (at, at + size), at + size
            fields.setdefault(key >> 3, []).append(value)
        return fields

    def _varint(self, at: int) -> tuple[int, int]:
        byte = self._data[at]
        if byte < 0x80:
            return byte, at + 1
        value = shift = 0
        while True:
            byte = self._data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at
