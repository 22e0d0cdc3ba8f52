"""Find: terms in a text whatever their case, width, dashes and invisible characters.

Source: Unicode NFKC (UAX 15) and case folding, by base character with its combining marks.
"""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

MINUS = "\u2212"
"""A dash that Unicode counts as a sign of arithmetic."""


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
