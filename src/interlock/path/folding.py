"""Find: terms in a text whatever their case, width, dashes and invisible characters.

Source: Unicode NFKC (UAX 15) and case folding, by base character with its combining marks.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

MINUS = "\u2212"
"""A dash that Unicode counts as a sign of arithmetic."""


_GAP: Final = re.compile(r"(?<=[0-9A-Z])[ \t._/\\\u00b7-]{1,3}(?=[0-9A-Z])")
"""What stands between the groups of a number; no line end, so a column of numbers is many."""

_SPELT: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?:[0-9A-Z]{1,2}-){5,40}[0-9A-Z]{1,2}(?![0-9A-Za-z-])"
)
"""A number in ones and twos."""


class _Plain(dict[int, str | None]):
    """What each character is without its typography: a digit, a hyphen, nothing, or itself."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        match unicodedata.category(char):
            case "Cf" | "Mn" | "Me":
                plain = None
            case "Nd":
                plain = str(unicodedata.decimal(char))
            case "Pd":
                plain = "-"
            case _:
                plain = "-" if char == MINUS else char
        self[code] = plain
        return plain


_PLAIN: Final = _Plain()


def readings(text: str) -> Iterator[str]:
    """Yield what else a text says, without typography and with the groups of numbers unified.

    Widths, digits of any script and no-break spaces become the usual ones, invisible characters
    and marks go; then all that parts groups of digits and capitals becomes one hyphen.
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_PLAIN)
    if plain not in ("", text):
        yield plain
    even = _GAP.sub("-", plain)
    if even != plain:
        yield even
    whole = _SPELT.sub(lambda match: match[0].replace("-", ""), even)
    if whole != even:
        yield whole


def places_of(terms: tuple[str, ...], text: str) -> Iterator[tuple[int, int]]:
    """Yield where each term begins and ends in a text, in characters."""
    folded, origins = _folded(text)
    for needle in _needles(terms):
        at = folded.find(needle)
        while at >= 0:
            last = at + len(needle) - 1
            yield (origins[at][0], origins[last][1]) if origins else (at, last + 1)
            at = folded.find(needle, at + len(needle))


@lru_cache(maxsize=64)
def _needles(terms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(needle for term in terms if (needle := _folded(term)[0]))


def _folded(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return the folded text and each character's origin; none when they are where they were."""
    if text.isascii():
        return text.lower(), []
    folded: list[str] = []
    origins: list[tuple[int, int]] = []
    for start, end in _clusters(text):
        visible = "".join(c for c in text[start:end] if unicodedata.category(c) != "Cf")
        for char in unicodedata.normalize("NFKC", visible).casefold():
            dash = char == MINUS or unicodedata.category(char) == "Pd"
            folded.append("-" if dash else char)
            origins.append((start, end))
    return "".join(folded), origins


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not unicodedata.combining(text[at]):
            yield start, at
            start = at
