"""Carry: the values that an expression reads of one call, exactly or not at all.

What cannot be carried makes the expression impossible to evaluate; it is never left out. So are
numbers beyond 64 bits and no numbers at all, decimals that no float equals, lone surrogates, values
of unknown types and members that are too large. Members that nothing reads are not looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sized
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, cast

from interlock.policy.document import ArgumentType
from interlock.policy.facts import is_number
from interlock.policy.match import SIGNAL_RANGES

MAX_VALUES: Final = 10_000
"""Values that one expression reads, each 64 characters of a text counting as one."""
MAX_DEPTH: Final = 64
"""Nesting of what it reads."""


class Read(NamedTuple):
    """Something that an expression reads."""

    root: str
    """A variable."""
    member: str = ""
    """A member of it; empty: the variable as a whole."""
    kind: ArgumentType = "any"
    """The type that is declared; a value of another one is not carried."""

    def __str__(self) -> str:
        """Write it as in the expression."""
        return f"{self.root}.{self.member}" if self.member else self.root


_ABSENT: Final = object()
_SAFE: Final = 2**53
_TEXTUAL: Final = frozenset({"any", "string"})
_NUMERIC: Final = frozenset({"any", "integer", "number"})
_REAL: Final = frozenset({"any", "number"})
_LOGICAL: Final = frozenset({"any", "boolean"})
_KINDS: Final[Mapping[ArgumentType, Callable[[Any], bool]]] = {
    "any": lambda _: True,
    "array": lambda value: isinstance(value, list | tuple),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: is_number(value) and value % 1 == 0,
    "number": is_number,
    "object": lambda value: isinstance(value, Mapping),
    "string": lambda value: isinstance(value, str),
}

_OPTIONAL: Final = frozenset({"agent", "context", "facts", "signals"})
"""Variables in which None is a value that is missing; in `args` it is null."""


class Lost(Exception):
    """A value that cannot be carried."""

    def __init__(self, read: Read, value: object) -> None:
        """Say why, by the value that stands there."""
        declared = read.kind == "any" or _KINDS[read.kind](value)
        wrong = "is too large, or not what an expression can read here"
        self.why = f"`{read}` {wrong if declared else f'is {_named(value)}, declared {read.kind}'}"
        super().__init__(self.why)


def _named(value: object) -> str:
    kinds = (kind for kind, fits in _KINDS.items() if kind != "any" and fits(value))
    return "null" if value is None else next(kinds, "of no type that JSON has")


class Size(NamedTuple):
    """How much is carried."""

    longest: int
    """Items of the longest list or mapping."""
    chars: int
    """Characters of the longest text."""
    values: int
    """Values in all, each 64 characters of a text counting as one."""


SMALL: Final = Size(8, 255, 16)
"""The size of everything up to this."""


class Carried(NamedTuple):
    """What an expression reads, as CEL takes it."""

    roots: Mapping[str, Any]
    size: Size


def carry(roots: Mapping[str, Any], reads: Iterable[Read]) -> Carried:
    """Carry what is read.

    Raises `Lost`.
    """
    quick = _quickly(roots, reads)
    return Carried(quick, SMALL) if quick is not None else _carefully(roots, reads)


def _quickly(roots: Mapping[str, Any], reads: Iterable[Read]) -> dict[str, Any] | None:
    """Carry plain values, which most are; None where one has to be looked at."""
    taken: dict[str, Any] = {}
    for name, member, kind in reads:
        value = roots.get(name)
        if not member and _plain(value, kind):
            taken[name] = value
            continue
        if not member or type(value) is not dict or name == "signals":
            return None
        item = cast("dict[str, Any]", value).get(member, _ABSENT)
        into = taken.setdefault(name, {})
        if _plain(item, kind):
            into[member] = item
        elif item is not _ABSENT:
            return None
    return taken


def _plain(value: object, kind: ArgumentType) -> bool:
    """Say whether a value is surely carried as it is."""
    exact = type(value)
    if exact is str:
        text = cast("str", value)
        return kind in _TEXTUAL and len(text) <= SMALL.chars and text.isascii()
    if exact is int:
        return kind in _NUMERIC and -_SAFE <= cast("int", value) <= _SAFE
    if exact is float:
        number = cast("float", value)
        return kind in _REAL and number - number == 0.0
    return exact is bool and kind in _LOGICAL


def _carefully(roots: Mapping[str, Any], reads: Iterable[Read]) -> Carried:
    carrier, taken = _Carrier(), dict[str, Any]()
    for read in reads:
        name, member, kind = read
        value: Any = roots.get(name)
        if value is None:
            continue
        try:
            if not isinstance(value, Mapping):
                taken[name] = carrier.value(value, 1)
            elif member:
                into = taken.setdefault(name, {})
                if member in value:
                    _put(carrier, into, name, member, value[member], kind)
            else:
                _all(carrier, taken.setdefault(name, {}), name, value)  # pyright: ignore[reportUnknownArgumentType] - JSON
        except _Odd:
            raise Lost(read, _found(value, member)) from None
    return Carried(taken, carrier.size())


def _found(value: Any, member: str) -> Any:  # noqa: ANN401 - JSON
    return value.get(member) if member and isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - JSON


def _all(carrier: "_Carrier", into: dict[str, Any], root: str, members: Mapping[Any, Any]) -> None:
    carrier.room(members)
    for name, value in members.items():
        _put(carrier, into, root, carrier.key(name), value, "any")


def _put(
    carrier: "_Carrier",
    into: dict[str, Any],
    root: str,
    name: str,
    value: Any,  # noqa: ANN401 - JSON
    kind: ArgumentType,
) -> None:
    if value is None and root in _OPTIONAL:
        return
    if kind != "any" and not _KINDS[kind](value):
        raise _Odd
    if root == "signals" and name in SIGNAL_RANGES:
        low, high = SIGNAL_RANGES[name]
        if not isinstance(value, int | float) or not low <= value <= high:
            raise _Odd
    into[name] = carrier.value(value, 1)


class _Odd(Exception):
    """A value that cannot be carried."""


class _Carrier:
    """Copies JSON values, counting them."""

    __slots__ = ("chars", "longest", "values")

    def __init__(self) -> None:
        self.values, self.longest, self.chars = 0, SMALL.longest, SMALL.chars

    def size(self) -> Size:
        if self.values <= SMALL.values:
            return SMALL._replace(longest=self.longest, chars=self.chars)
        return Size(self.longest, self.chars, self.values)

    def value(self, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
        self.values += 1
        if type(value) is str:
            return self._text(value)
        if value is True or value is False or value is None:
            return value
        if isinstance(value, Mapping | list | tuple):
            if depth > MAX_DEPTH:
                raise _Odd
            self.room(value)  # pyright: ignore[reportUnknownArgumentType] - JSON
            return self._nested(value, depth + 1)
        return self._scalar(value)

    def room(self, items: Sized) -> None:
        """Make room for the items of a list or mapping."""
        size = len(items)
        if self.values + size > MAX_VALUES:
            raise _Odd
        self.longest = max(self.longest, size)

    def key(self, key: object) -> str:
        if not isinstance(key, str):
            raise _Odd
        return self._text(key)

    def _nested(self, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, Mapping):
            return {self.key(key): self.value(item, depth) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        return [self.value(item, depth) for item in value]

    def _text(self, text: str) -> str:
        self.chars = max(self.chars, len(text))
        self.values += len(text) // 64
        if self.values > MAX_VALUES:
            raise _Odd
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise _Odd from None
        return str.__str__(text)

    def _scalar(self, value: object) -> object:
        match value:
            case int() if -(2**63) <= value < 2**63:
                return int(value)
            case float() if value - value == 0.0:
                return float(value)
            case str():
                return self._text(value)
            case Decimal() if value.is_finite() and float(value) == value:
                return float(value)
            case datetime() | date():
                return value.isoformat()
            case bytes() if len(value) // 64 <= MAX_VALUES:
                self.values += len(value) // 64
                return bytes(value)
            case _:
                raise _Odd
