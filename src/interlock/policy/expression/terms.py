"""Read: the syntax of a CEL expression as a tree, from the bytes in which its compiler hands it on.

Source: `cel/expr/syntax.proto` of the CEL specification, messages `ParsedExpr`, `Expr` and
`SourceInfo`; https://protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["constant", "name", "member", "has", "call", "list", "object", "loop"]


class Term(NamedTuple):
    """One node of an expression."""

    kind: Kind
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


def read_term(serialized: bytes) -> Term:
    """Read a parsed expression: an `Any` that holds a `ParsedExpr`."""
    parsed = _message(_message(serialized)[2][0])
    entries = (_message(entry) for entry in _message(parsed[3][0]).get(_POSITIONS, ()))
    places = {entry.get(1, _ZERO)[0]: entry.get(2, _ZERO)[0] for entry in entries}
    return _term(parsed[2][0], places)


_POSITIONS: Final = 4
_TEXT: Final = 6
_ID: Final = 2
_ZERO: Final = (0,)
_Message: TypeAlias = dict[int, list[Any]]
"""A message's fields: bytes for messages and texts, integers for the rest."""


def _term(data: bytes, places: Mapping[int, int]) -> Term:
    fields = _message(data)
    at = places.get(fields.pop(_ID, _ZERO)[0], 0)
    for number, (body, *_) in fields.items():
        return _made(number, _message(body), at, places)
    return Term("constant", at)


def _made(number: int, body: _Message, at: int, places: Mapping[int, int]) -> Term:
    def terms(*numbers: int) -> tuple[Term, ...]:
        return tuple([_term(each, places) for one in numbers for each in body.get(one, ())])

    match number:
        case 4:
            return Term("name", at, _text(body, 1))
        case 5:
            return Term("has" if 3 in body else "member", at, _text(body, 2), terms(1))
        case 6:
            return Term("call", at, _text(body, 2), terms(1, 3))
        case 7:
            return Term("list", at, parts=terms(1))
        case 8:
            entries = [_message(entry) for entry in body.get(2, ())]
            inner = [each for entry in entries for one in (3, 4) for each in entry.get(one, ())]
            parts = tuple([_term(each, places) for each in inner])
            return Term("object", at, _text(body, 1), parts)
        case 9:
            names = frozenset(_text(body, one) for one in (1, 3, 8)) - {""}
            return Term("loop", at, parts=terms(2, 4, 5, 6, 7), bound=names)
        case _:
            return Term("constant", at, text=_text(body, _TEXT) if _TEXT in body else None)


def _text(message: _Message, number: int) -> str:
    return message[number][0].decode() if number in message else ""


def _message(data: bytes) -> _Message:
    fields: _Message = {}
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                value, at = _varint(data, at)
            case 2:
                size, at = _varint(data, at)
                value, at = data[at : at + size], at + size
            case wire:
                size = 8 if wire == 1 else 4
                value, at = data[at : at + size], at + size
        fields.setdefault(key >> 3, []).append(value)
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
