"""Observe: what the signals remember of a call, without its arguments.

Values become keyed digests, so that nobody reads or guesses them from what is kept; of numbers and
lengths the size class remains. One observation is all that scoring, learning and counting retries
need; it costs at most what `Bounds` say, and a call beyond them is `Unmeasured`.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final, Literal, NamedTuple, cast

from interlock.canon import encode
from interlock.errors import CanonError
from interlock.signals.digests import digest, text_digest


class Bounds(NamedTuple):
    """How much of a call is looked at before it counts as too large."""

    values: int = 512
    """Values, in all lists and objects together."""
    characters: int = 65_536
    """Characters of all texts and names together."""
    depth: int = 32
    identifiers: int = 512
    """Different addresses, names, ids and places in all texts together."""


BOUNDS: Final = Bounds()


class Unmeasured(NamedTuple):
    """A signal that is missing, and why."""

    reason: Literal["cold_start", "no_source", "too_large", "unreadable"]
    words: str
    """One line for a reviewer."""


class Argument(NamedTuple):
    """One value of a call's arguments, without the value."""

    path: str
    """Where it stands: `items[].price`."""
    value: int
    """Keyed digest of the value, in any letter case."""
    form: int
    """Keyed digest of how it is written: `A-9` for `ORDER-112543`."""
    size: int | None
    """Size class of a number's magnitude; None for what is none."""
    length: int | None
    """Size class of a text's length; None for what is none."""


class Observation(NamedTuple):
    """One call as the signals see it."""

    tool: str
    same: int
    """Keyed digest of tool and arguments: equal for the same call again."""
    layout: int
    """Keyed digest of which arguments are given."""
    arguments: tuple[Argument, ...]
    identifiers: tuple[tuple[str, int], ...]
    """Path and keyed digest of each address, name, id or place in the texts."""
    words: frozenset[int]
    """Keyed digests of the texts' first words."""
    at_s: float | None = None
    """When, in seconds since 1970; None where nobody knows."""
    unprompted: int | None = None
    """Identifiers that the user did not name; None where the host does not see the user."""
    unsaid: int | None = None
    """Quarters of the words that the user did not say, 0..4; None as above."""


class UserWords(NamedTuple):
    """What the user said in a thread, for telling what the agent came up with."""

    text: str
    """In lower case, at most `Bounds.characters` long."""
    words: frozenset[str]


def said_in(texts: Iterable[str]) -> UserWords:
    """Take in the user's messages, the newest first where they are too long to keep."""
    text = "\n".join(texts).lower()[: BOUNDS.characters]
    return UserWords(text, frozenset(_WORD.findall(text)))


def observe(
    tool: str,
    arguments: Mapping[str, Any],
    key: bytes,
    *,
    at_s: float | None = None,
    said: UserWords | None = None,
    bounds: Bounds = BOUNDS,
) -> Observation | Unmeasured:
    """Look at a call once.

    `key` is the installation's own, at most 64 bytes; `said` is None where the host does not see
    what the user says.
    """
    spent, found = len(tool), list[tuple[str, object]]()
    for path, value in _values(arguments, bounds.depth):
        if value is _TOO_DEEP:
            return _too_large(f"nested deeper than {bounds.depth} levels")
        spent += len(path) + (len(value) if isinstance(value, str | bytes) else 1)
        found.append((path, value))
        if len(found) > bounds.values or spent > bounds.characters:
            return _too_large(f"over {bounds.values} values or {bounds.characters} characters")
    try:
        seen = _read(tool, found, key, bounds.identifiers, said)
        same = digest(key, b"same", encode([tool, arguments]))
    except (CanonError, UnicodeEncodeError, OverflowError, ValueError):
        return Unmeasured("unreadable", "the arguments hold what no text or number can be")
    if len(seen.identifiers) > bounds.identifiers:
        return _too_large(f"over {bounds.identifiers} names and ids")
    return seen._replace(same=same, at_s=at_s)


def size_class(magnitude: float) -> int:
    """Return the size class of a number or length: four to each doubling, 0 for 0."""
    return int(4 * math.log2(1 + min(abs(magnitude), 1e300)))


def magnitude(size: float) -> float:
    """Return about how large a member of a size class is: the other way of `size_class`."""
    return 2 ** (size / 4) - 1


def named_in(text: str) -> list[str]:
    """Find what names one thing in lower-case text: addresses, links, paths, words with digits."""
    tokens = [token.strip(".:!?*") for token in _TOKEN.findall(text)]
    return [token for token in tokens if len(token) >= 4 and _names_one(token)]


def _too_large(what: str) -> Unmeasured:
    return Unmeasured("too_large", f"the arguments are {what}: not looked at")


_TOO_DEEP: Final = object()
"""Stands where a value is nested too deep to be looked at."""


def _values(arguments: Mapping[str, Any], depth: int) -> Iterator[tuple[str, object]]:
    """Yield each value with its path, without recursion; an empty container is a value."""
    open_: list[Iterator[tuple[str, object]]] = [_members("", arguments)]
    while open_:
        for path, value in open_[-1]:
            if (
                type(value) in _SCALARS
                or not isinstance(value, Mapping | list | tuple)
                or not value
            ):
                yield path, value
            elif len(open_) >= depth:
                yield path, _TOO_DEEP
                return
            else:
                open_.append(_members(path, cast("_Container", value)))
                break
        else:
            open_.pop()


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})
"""Told from containers at a glance."""

_CARRIED: Final = (bytes, date, Decimal, Mapping, list, tuple)
"""What canonical JSON carries beside them; containers only where they are empty."""

_Container = Mapping[str, object] | list[object] | tuple[object, ...]


def _members(path: str, value: _Container) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        start = f"{path}." if path else ""
        return ((f"{start}{name}", item) for name, item in value.items())
    return ((f"{path}[]", item) for item in value)


def _read(
    tool: str, found: list[tuple[str, object]], key: bytes, most: int, said: UserWords | None
) -> Observation:
    """Look at values; of identifiers, one over the most that count is enough."""
    arguments, names, words = list[Argument](), dict[tuple[str, str], None](), dict[str, None]()
    for path, value in found:
        place = f"{tool}\0{path}\0"
        if isinstance(value, str):
            text = value.lower()
            arguments.append(_of_text(place, path, value, text, key))
            more = islice(dict.fromkeys(named_in(text)), most + 1 - len(names))
            names.update(dict.fromkeys((path, name) for name in more))
            if len(words) < _WORDS:
                words.update(dict.fromkeys(_WORD.findall(text[: 16 * _WORDS])))
        else:
            arguments.append(_of_other(place, path, value, key))
    first = list(words)[:_WORDS]
    layout = "\0".join(sorted({path for path, _ in found}))
    seen = Observation(
        tool=tool,
        same=0,
        layout=text_digest(key, f"{tool}\0{layout}"),
        arguments=tuple(arguments),
        identifiers=tuple([(path, text_digest(key, "id\0" + name)) for path, name in names]),
        words=frozenset([text_digest(key, word) for word in first]),
    )
    return seen if said is None else _beside(seen, said, {name for _, name in names}, first)


def _beside(seen: Observation, said: UserWords, names: set[str], words: list[str]) -> Observation:
    """Count what the user did not name and did not say."""
    unsaid = len([word for word in words if word not in said.words])
    return seen._replace(
        unprompted=len([name for name in names if name not in said.text]),
        unsaid=4 * unsaid // len(words) if words else 0,
    )


def _of_text(place: str, path: str, value: str, text: str, key: bytes) -> Argument:
    form = value[:_FORM].translate(_FORMS)
    for twice, once in _REPEATED:
        while twice in form:
            form = form.replace(twice, once)
    digest, written = text_digest(key, place + text), text_digest(key, f"{place}\0{form}")
    return Argument(path, digest, written, None, size_class(len(value)))


def _of_other(place: str, path: str, value: object, key: bytes) -> Argument:
    kind, size = type(value).__name__, None
    if type(value) not in _SCALARS and not isinstance(value, _CARRIED):
        raise CanonError(f"`{path}` has type {kind}")  # before anything of it is called
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        size = size_class(float(value))
        kind = f"{kind} {value < 0}"
    digest, written = text_digest(key, f"{place}{value!r}"), text_digest(key, f"{place}\0{kind}")
    return Argument(path, digest, written, size, None)


_WORDS: Final = 32
"""Words of a call that are remembered: what it is about stands at the front."""

_FORM: Final = 64
"""Characters of a text whose form is looked at."""

_WORD: Final = re.compile(r"\w+")
_TOKEN: Final = re.compile(r"[^\s'\"<>(),;=\[\]{}|`]+")


class _Forms(dict[int, str]):
    """Tell letters and digits apart, nothing more; what else there is stays."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character.isdecimal():
            character = "9"
        elif character.isupper():
            character = "A"
        elif character.isalpha():
            character = "a"
        if len(self) < 4096:
            self[code] = character
        return character


_FORMS: Final = _Forms()
_REPEATED: Final = (("aa", "a"), ("AA", "A"), ("99", "9"))


def _names_one(token: str) -> bool:
    if "@" in token or "/" in token or token.startswith("www."):
        return True
    return not token.isalpha() and _DIGIT.search(token) is not None


_DIGIT: Final = re.compile(r"\d")
