"""Read: what a text says without its typography, and where in the text each character of it stood.

Widths, digits of any script, no-break spaces, dashes and look-alikes become the usual ones,
invisible and control characters nothing; groups of a number are unified. A text that is plain
already costs a glance.
Sources: Unicode NFKC (UAX 15), case folding, `confusables.txt` (UTS 39).
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

MINUS = "\u2212"
"""A dash that Unicode counts as a sign of arithmetic."""


class _Change(NamedTuple):
    """What stands where: [start, end) of a reading for [was_start, was_end) of its text."""

    start: int
    end: int
    was_start: int
    was_end: int


class PlainText:
    """One way to read a text, with the way back to its characters."""

    __slots__ = ("_before", "_changes", "_starts", "text")

    def __init__(
        self, text: str, changes: tuple[_Change, ...] = (), before: "PlainText | None" = None
    ) -> None:
        """Read `text`, which differs from `before` by `changes`, in order."""
        self.text = text
        self._changes = changes
        self._starts = [change.start for change in changes]
        self._before = before

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return where the characters [start, end) stood, with all that was dropped in between."""
        if self._changes:
            start, end = self._was(start)[0], self._was(end - 1)[1]
        return self._before.origin(start, end) if self._before else (start, end)

    def _was(self, at: int) -> tuple[int, int]:
        index = bisect_right(self._starts, at) - 1
        if index < 0:
            return at, at + 1
        change = self._changes[index]
        if at < change.end:
            return change.was_start, change.was_end
        was = change.was_end + at - change.end
        return was, was + 1


def _rewritten(
    before: PlainText, matches: Iterable[re.Match[str]], write: Callable[[str], str]
) -> PlainText:
    """Write matches, in order, anew; the same reading where nothing changes."""
    text, parts, changes = before.text, list[str](), list[_Change]()
    done = size = 0
    for match in matches:
        start, end = match.span()
        new = write(match[0])
        if new == match[0]:
            continue
        size += start - done
        changes.append(_Change(size, size + len(new), start, end))
        parts += (text[done:start], new)
        size += len(new)
        done = end
    return PlainText("".join((*parts, text[done:])), tuple(changes), before) if changes else before


# --- plain --------------------------------------------------------------------------------------

_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""A control character of ASCII that neither a tab nor a line end is."""

_CLUSTER: Final = re.compile(
    ".[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
    f"|[^\x00-\x7f]|{_CONTROL.pattern}",
    re.DOTALL,
)
"""A letter with its marks, or a character with typography of its own."""

_LOOKALIKES: Final = str.maketrans(
    "аекорсухіјѕһԁԛԝѵӏκοανιρυγχηАВЕКМНОРСТУХІЈЅҮԚԜѴӀΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aekopcyxijshdqwvlkoavipuyxnABEKMHOPCTYXIJSYQWVIABEZHIKMNOPTYX",
)
"""Cyrillic and Greek letters to the Latin ones that they are drawn like.

Source: Unicode UTS 39, `confusables.txt`.
"""

_DRAWN_ALIKE: Final = _LOOKALIKES | str.maketrans(
    "\u0251\u0261\u0131\u0269\u01c0\u1d04\u1d0f\u1d20\u1d21\u1d22\ua731\u0570\u0578\u057d"
    "\u0585\u0581\u0566\u0555\u054d\u053c\u2c9f\u2ca3\u03f3\u13aa\u13ac\u13b7\u13df\u13e2"
    "\u13a2"
    "01I|",
    "agiilcovwzshnuogqOULopjAEMCPTolll",
)
"""Letters of further alphabets, and the ASCII ones that are drawn alike. Source: as above."""

_OTHER: Final = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_LATIN: Final = re.compile("[0-9A-Za-z]")
_GREEK: Final = re.compile("[\u0370-\u03ff]")
_CYRILLIC: Final = re.compile("[\u0400-\u052f]")
_WORD: Final = re.compile(r"[^\W_]+")


class _Plain(dict[int, str | None]):
    """What each character is without its typography: a digit, a hyphen, nothing, or itself."""

    def __missing__(self, code: int) -> str | None:
        char = chr(code)
        match unicodedata.category(char):
            case "Cf" | "Mn" | "Me":
                plain = None
            case "Cc":
                plain = " " if char.isspace() else None
            case "Nd":
                plain = str(unicodedata.decimal(char))
            case "Pd":
                plain = "-"
            case _:
                plain = "-" if char == MINUS else char
        self[code] = plain
        return plain


_PLAIN: Final = _Plain()


def plain(text: str) -> PlainText:
    """Return a text in the usual characters; case and ASCII stay as they are.

    A letter that looks like a Latin one is read as it in a word that mixes alphabets or has digits;
    in a word of one alphabet it is that alphabet's.
    """
    reading = PlainText(text)
    if text.isascii() and not _CONTROL.search(text):
        return reading
    reading = _rewritten(reading, _CLUSTER.finditer(text), _usual)
    if not _OTHER.search(reading.text):
        return reading
    latin = _WORD.sub(_latin, reading.text)
    return PlainText(latin, (), reading) if latin != reading.text else reading


def skeleton(name: str) -> str:
    """Return what a name is drawn like: two that could be taken for each other share it.

    Source: Unicode UTS 39 section 4, over the letters listed here.
    """
    drawn = unicodedata.normalize("NFKC", name).translate(_DRAWN_ALIKE).casefold()
    return drawn.replace("rn", "m").replace("vv", "w")


_EAST_ASIAN: Final = frozenset(("LATIN", "CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"))


def mixed_word(name: str) -> str | None:
    """Return the first word of a name whose letters are of several scripts; None without one.

    East Asian scripts and Latin are written together. Source: UTS 39 section 5, highly restrictive.
    """
    words = _WORD.findall(unicodedata.normalize("NFKC", name))
    return next((word for word in words if not _one_script(word)), None)


def _one_script(word: str) -> bool:
    letters = (c for c in word if unicodedata.category(c) in ("Ll", "Lu", "Lt", "Lo"))
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in letters}
    return len(scripts) <= 1 or scripts <= _EAST_ASIAN


@lru_cache(maxsize=4096)
def _usual(cluster: str) -> str:
    return unicodedata.normalize("NFKC", cluster).translate(_PLAIN)


def _latin(match: re.Match[str]) -> str:
    word = match[0]
    alphabets = sum(bool(one.search(word)) for one in (_LATIN, _GREEK, _CYRILLIC))
    return word.translate(_LOOKALIKES) if alphabets > 1 else word


# --- numbers ------------------------------------------------------------------------------------

_RUN: Final = re.compile(r"(?<![0-9A-Z])[0-9A-Z](?:[ \t._/\\\u00b7-]{0,3}[0-9A-Z]){8,}")
"""Groups of digits and capitals; no line end, so a column of numbers is many."""

_GAP: Final = re.compile(r"(?<=[0-9A-Z])[ \t._/\\\u00b7-]{1,3}(?=[0-9A-Z])")

_SPELT: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?:(?:[0-9A-Z]-){8,40}[0-9A-Z]|(?:[0-9A-Z]{2}-){4,20}[0-9A-Z]{1,2})"
    r"(?![0-9A-Za-z-])"
)
"""A number in ones, or in twos; a row of figures has both."""

_DIGITS: Final = 9
"""Digits of the shortest number that is looked for, a social security number."""

_ENOUGH: Final = re.compile(rf"(?:[0-9][^0-9]*){{{_DIGITS}}}")


_OTHERWISE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-/.])\d\d\1\d\d(?!\d)|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\d)"
)
"""Dates, and addresses of machines."""


def _gaps(text: str) -> Iterator[re.Match[str]]:
    """Yield what parts the groups of numbers."""
    for run in _RUN.finditer(text):
        if sum(map(str.isdigit, _OTHERWISE.sub("", run[0]))) >= _DIGITS:
            yield from _GAP.finditer(text, *run.span())


def readings(text: str) -> Iterator[tuple[int, PlainText]]:
    """Yield what else a text says, by the way it is read: plainly (0), numbers unified (1).

    All that parts groups of digits and capitals becomes one hyphen, and a number in ones or in twos
    is written in one.
    """
    if len(text) < _DIGITS and text.isascii():
        return
    usual = plain(text)
    if usual.text not in ("", text):
        yield 0, usual
    if _ENOUGH.search(usual.text) is None:
        return
    even = _rewritten(usual, _gaps(usual.text), lambda _: "-")
    even = _rewritten(even, _SPELT.finditer(even.text), lambda number: number.replace("-", ""))
    if even is not usual:
        yield 1, even


# --- terms and names ----------------------------------------------------------------------------

_BETWEEN: Final = r"(?:-?\s+|[_-])"
"""What may stand between two words of a term."""

_BREAK: Final = re.compile(rf"(?<=[^\W_]){_BETWEEN}(?=[^\W_])")

_HUMP: Final = re.compile(r"(?<=[^\W_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][^\W\d_A-Z])")
"""Where a name that is written in one goes on with another word."""

_EACH: Final = re.compile(".", re.DOTALL)


def places_of(terms: tuple[str, ...], text: str) -> Iterator[tuple[int, int]]:
    """Yield where each term begins and ends in a text, in characters."""
    folded = _folded(text)
    for term in _patterns(terms):
        yield from (folded.origin(*match.span()) for match in term.finditer(folded.text))


@lru_cache(maxsize=4096)
def name_form(name: str) -> str:
    """Write a member's name in one way: `internalNotes`, `Internal-Notes` as `internal_notes`."""
    return re.sub(r"[\s_-]+", "_", _HUMP.sub("_", plain(name).text.strip())).casefold()


@lru_cache(maxsize=64)
def _patterns(terms: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Compile the terms; between their words may stand a space, a hyphen or a line end."""
    folded = [text for term in terms if (text := _folded(term).text)]
    return tuple(re.compile(_BETWEEN.join(map(re.escape, _BREAK.split(one)))) for one in folded)


def _folded(text: str) -> PlainText:
    """Return the plain text in one case."""
    usual = plain(text)
    lower = usual.text.casefold()
    if len(lower) == len(usual.text):
        return PlainText(lower, (), usual)
    return _rewritten(usual, _EACH.finditer(usual.text), str.casefold)  # `ß` becomes two
