"""Name: the values in a call's arguments that say whom, what or where.

Addresses, accounts, paths, keys, numbers, amounts and names, each with its member path. A long
text is searched for what can be told from prose by its form; a short one without such is a name.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from interlock.folding import plain
from interlock.signals.scalars import Scalar, parsed, scalars

IdentifierKind: TypeAlias = Literal[
    "email", "url", "path", "account", "key", "token", "number", "amount", "name"
]

MAX_CHARS: Final = 32_000
"""Characters of all arguments together that are looked at."""
MAX_IDENTIFIERS: Final = 200
"""Identifiers of one call that are traced."""
SCALAR_CHARS: Final = 10
"""What each member counts beside its characters."""
NAME_WORDS: Final = 8
NAME_CHARS: Final = 100


class Identifier(NamedTuple):
    """A value that says whom, what or where."""

    path: str
    """Where in the arguments: `recipients[0]`."""
    kind: IdentifierKind
    text: str
    whole: bool = True
    """Whether it is all that stands there, rather than part of a text."""


class TooMuch(ValueError):
    """There is more than is looked at."""


_FILE: Final = r"(?:py|md|sh|js|ts|cc|rs|pl|so|go|rb|hs|ml|cs|ps|gz|db|rm)(?![\w./-])"
"""Endings of files that are endings of hosts too; a bare name with one is read as a file."""
_FORMS: Final[tuple[tuple[IdentifierKind, re.Pattern[str]], ...]] = (
    ("key", re.compile(r"\b(?:ssh-\w{2,16}|ecdsa-[\w-]{2,40})\s{1,3}[A-Za-z0-9+/=]{8,}")),
    (
        "url",
        re.compile(
            r"\b(?:https?|ftps?|wss?|file)://[^\s<>\"']+|\bwww\.[^\s<>\"',]+", re.IGNORECASE
        ),
    ),
    ("email", re.compile(r"(?<![\w.+'-])[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")),
    ("account", re.compile(r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){8,30}\b")),
    (
        "url",
        re.compile(
            rf"(?<![\w@./\\-])(?![\w.-]{{1,80}}?\.{_FILE})(?:[a-z0-9_-]{{1,63}}\.){{1,8}}"
            r"(?:com|org|net|io|ai|co|biz|xyz|edu|gov|app|dev|info|[a-z]{2})"
            r"(?::\d{1,5})?(?:/[^\s<>\"',]*)?(?![\w.-])",
            re.IGNORECASE,
        ),
    ),
    (
        "path",
        re.compile(
            r"(?<!\w)(?:[~.]{0,2}/|[A-Za-z]:\\)[\w.@+~/\\-]+"
            r"|(?<![\w/])[\w.@-]{1,100}(?:/[\w.@-]{1,100}){1,20}"
        ),
    ),
    (
        "token",
        re.compile(r"(?<!\w)#?(?=[A-Za-z._-]{0,60}\d)(?=[\d._-]{0,60}[A-Za-z])[A-Za-z\d][\w.-]*\w"),
    ),
    ("number", re.compile(r"(?<![\w.])\+?\d(?:[ -]?\d){8,19}(?![\w.])")),
)
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d[\d:.Z+-]*)?|\d\d?:\d\d(?::\d\d)?")
_AMOUNT: Final = re.compile(r"[$€£¥]?\s?[+-]?\d[\d,]*(?:\.\d+)?\s?(?:[$€£¥%]|[A-Z]{3})?")
_OF_NAMES: Final = frozenset[IdentifierKind]({"email", "url", "path", "account", "number"})
_END: Final = ".,;:!?)"


def identifiers(arguments: Any) -> Iterator[Identifier]:  # noqa: ANN401 - JSON
    """Yield the identifiers of a call's arguments; a member's name counts where it is an address.

    Raises: `TooMuch` where there is more than the bounds of this module.
    """
    chars = found = 0
    for scalar in _texts(arguments):
        chars += len(scalar.text) + SCALAR_CHARS
        if chars > MAX_CHARS:
            raise TooMuch(f"more than {MAX_CHARS:,} characters")
        text = scalar.text.strip()
        for kind, part in _in(text):
            if scalar.name and kind not in _OF_NAMES:
                continue
            found += 1
            if found > MAX_IDENTIFIERS:
                raise TooMuch(f"more than {MAX_IDENTIFIERS} identifiers")
            yield Identifier(scalar.path, kind, part, len(part) * 2 > len(text))


def _texts(arguments: Any) -> Iterator[Scalar]:  # noqa: ANN401 - JSON
    """Yield texts and numbers; into a text that is JSON it goes once."""
    for scalar in scalars(arguments):
        inner = parsed(scalar.text) if len(scalar.text) <= MAX_CHARS and not scalar.name else None
        if inner is None:
            yield scalar
        else:
            yield from (each._replace(path=f"{scalar.path}.{each.path}") for each in scalars(inner))


def _in(text: str) -> Iterator[tuple[IdentifierKind, str]]:
    """Yield what stands in one text, as it is written there; typography hides no form."""
    if not text or _MOMENT.fullmatch(text):
        return
    if _AMOUNT.fullmatch(text) and sum(map(str.isdigit, text)) < 9:
        yield "amount", text
        return
    reading = plain(text)
    taken: list[tuple[int, int]] = []
    for kind, form in _FORMS:
        for match in form.finditer(reading.text):
            start = match.start()
            end = start + len(match[0].rstrip(_END))
            if any(start < other_end and other < end for other, other_end in taken):
                continue
            taken.append((start, end))
            yield kind, text[slice(*reading.origin(start, end))]
    if not taken and len(text) <= NAME_CHARS and len(text.split()) <= NAME_WORDS:
        yield "name", text
