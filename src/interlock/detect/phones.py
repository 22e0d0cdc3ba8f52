"""Call: the telephone numbers of a text, as `phonenumbers` finds them, region by region.

`PhoneNumberMatcher` walks a text once for each region and parses every candidate again. Here the
candidates of all regions are cut once, and only those are parsed whose digits a region's metadata
allows. Each candidate is looked at, however many: the library stops without a word after 65,535
that are none.
Source: `phonenumbers/phonenumbermatcher.py`, `_find` to `_parse_and_verify`, leniency VALID.
"""

import re
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import phonenumbers
from phonenumbers import phonenumbermatcher, phonenumberutil

from interlock.detect.numbering import condition, least_digits

_MATCHER: Final = vars(phonenumbermatcher)
_UTIL: Final = vars(phonenumberutil)
_CANDIDATE: Final[re.Pattern[str]] = _MATCHER["_PATTERN"]
_SECOND_NUMBER: Final[re.Pattern[str]] = _MATCHER["_SECOND_NUMBER_START_PATTERN"]
_UNWANTED_END: Final[re.Pattern[str]] = _MATCHER["_UNWANTED_END_CHAR_PATTERN"]
_DATES: Final[re.Pattern[str]] = _MATCHER["_SLASH_SEPARATED_DATES"]
_TIME: Final[re.Pattern[str]] = _MATCHER["_TIME_STAMPS"]
_TIME_GOES_ON: Final[re.Pattern[str]] = _MATCHER["_TIME_STAMPS_SUFFIX"]
_INNER: Final[tuple[re.Pattern[str], ...]] = _MATCHER["_INNER_MATCHES"]
_LEAD: Final[re.Pattern[str]] = _MATCHER["_LEAD_PATTERN"]
_BRACKETS: Final[re.Pattern[str]] = _MATCHER["_MATCHING_BRACKETS"]
_PAGES: Final[re.Pattern[str]] = _MATCHER["_PUB_PAGES"]
_VERIFY: Final[Callable[..., bool]] = _MATCHER["_verify"]
_STRIP_EXTENSION: Final[Callable[[str], tuple[str, str]]] = _UTIL["_maybe_strip_extension"]

LEAD_CHARS: Final = 10
"""How far before its first digit a candidate may begin: twice a sign and four of punctuation."""

BLOCK_DIGITS: Final = 20
"""Digits that a candidate has room for, however they are grouped."""

CHECKED: Final = 512
"""Candidates between two looks at the clock."""

_DIGIT: Final = re.compile(r"\d")
_PLAIN: Final = re.compile(r"[0-9 \t()\-./\[\]]*")
_CLOSED: Final = re.compile(r"[+]?[\d\s()\-./\[\]~\u2010-\u2015]*")
_MORE: Final = re.compile(
    "[" + _UTIL["_VALID_PUNCTUATION"] + r"]{0,4}\d|"
    r"\s*[\\/]? *(?:[x\uff58#\uff03~\uff5e;,]|e?xt|int|\uff45|\uff49|\u0434\u043e\u0431|anexo)",
    re.IGNORECASE,
)
"""What a candidate might go on with, an extension among it; more than what it does go on with."""
_UNDIGITS: Final = {at: None for at in range(128) if not chr(at).isdigit()}
_NONE: Final[frozenset[str]] = frozenset()
_PLUS: Final = "+\uff0b"


class PhoneTimeout(Exception):
    """The time ran out before all candidates were looked at."""


class _Portion(NamedTuple):
    """What of a candidate may be a number."""

    start: int
    """Offset in the candidate."""
    text: str
    regions: frozenset[str]
    """Where it may be one."""


class _Candidate(NamedTuple):
    """A candidate, and where to go on when it is none."""

    start: int
    parts: tuple[_Portion, ...]
    next: int
    is_closed: bool
    """Whether no candidate that begins within this one ends behind it."""


class PhoneSearch:
    """Finds the telephone numbers of some regions."""

    def __init__(self, regions: tuple[str, ...]) -> None:
        """Look for numbers as people of these regions write them."""
        self.regions = regions
        self.least = min(map(least_digits, regions))
        self._conditions = tuple((region, condition(region)) for region in regions)

    def regions_of(self, digits: str) -> frozenset[str]:
        """Return the regions whose metadata allow the digits of a number without `+`."""
        return frozenset(region for region, allows in self._conditions if allows(digits))

    def spans(self, text: str, deadline: float) -> set[tuple[int, int]]:
        """Return [start, end) of each number in any region, but for some that lie within others.

        `deadline` is of `time.monotonic`. Raises `PhoneTimeout` when it passes.
        """
        walk = _Walk(self, text, deadline)
        return {span for region in self.regions for span in walk.of(region)}


class _Walk:
    """One text's candidates, each cut and parsed once; forgotten with the text."""

    def __init__(self, search: PhoneSearch, text: str, deadline: float) -> None:
        self._search = search
        self._text = text
        self._deadline = deadline
        self._steps: dict[int, _Candidate | None] = {}
        self._parts: dict[str, tuple[_Portion, ...]] = {}
        self._regions: dict[str | None, frozenset[str]] = {None: frozenset(search.regions)}
        self._numbers: dict[tuple[str, str], bool] = {}
        self._done: set[int] = set()
        """Closed candidates that are one number: whatever else is in them lies within it."""

    def of(self, region: str) -> Iterator[tuple[int, int]]:
        """Yield the numbers of one region, going on behind each as the library does."""
        at = 0
        while step := self._from(at):
            at = step.next
            if step.start in self._done:
                continue
            for part in step.parts:
                if region in part.regions and self._is_number(part.text, region):
                    start = step.start + part.start
                    at = start + len(part.text)
                    if step.is_closed and (start, at) == (step.start, step.next):
                        self._done.add(start)
                    yield start, at
                    break

    def _from(self, at: int) -> _Candidate | None:
        if at not in self._steps:
            self._steps[at] = self._step(at)
        return self._steps[at]

    def _step(self, at: int) -> _Candidate | None:
        """Return the first candidate from `at` on that may be a number."""
        checked = 0
        while digit := _DIGIT.search(self._text, at):
            checked += 1
            if checked % CHECKED == 1 and time.monotonic() > self._deadline:
                raise PhoneTimeout
            found = _CANDIDATE.search(self._text, max(at, digit.start() - LEAD_CHARS))
            if found is None:
                return None
            start, candidate = found.start(), found.group()
            if "/" in candidate or "\\" in candidate:
                candidate = _before_second(candidate)
            at = start + len(candidate)
            if len(candidate) >= self._search.least and (
                parts := tuple(self._standing(start, candidate))
            ):
                return _Candidate(start, parts, at, self._is_closed(candidate, at))
        return None

    def _is_closed(self, candidate: str, end: int) -> bool:
        is_plain = _CLOSED.fullmatch(candidate) is not None
        few = sum(map(str.isdigit, candidate)) <= BLOCK_DIGITS
        return is_plain and few and not _MORE.match(self._text, end)

    def _standing(self, start: int, candidate: str) -> Iterator[_Portion]:
        """Yield what may be a number where it stands."""
        parts = self._parts.get(candidate)
        if parts is None:
            parts = self._parts[candidate] = self._cut(candidate)
        end = start + len(candidate)
        if parts and _TIME.search(candidate) and _TIME_GOES_ON.match(self._text, end):
            return
        for part in parts:
            first, last = start + part.start, start + part.start + len(part.text)
            glued = first > 0 and not _LEAD.match(part.text)
            if glued and _forbidden(self._text[first - 1]):
                continue
            if last == len(self._text) or not _forbidden(self._text[last]):
                yield part

    def _cut(self, candidate: str) -> tuple[_Portion, ...]:
        """Return what of a candidate is tried, in the library's order, wherever it stands."""
        if sum(map(str.isdigit, candidate)) < self._search.least:
            return ()
        if _DATES.search(candidate):
            return ()
        parts = [self._part(candidate, 0)]
        for inner in _INNER:
            found = inner.search(candidate)
            if found:
                parts.append(self._part(_trimmed(candidate[: found.start()]), 0))
            while found:
                parts.append(self._part(_trimmed(found.group(1)), found.start(1)))
                found = inner.search(candidate, found.start() + 1)
        return tuple(part for part in parts if part.regions)

    def _part(self, text: str, start: int) -> _Portion:
        if len(text) < self._search.least:
            return _Portion(start, text, _NONE)
        digits = _digits(text)
        regions = self._regions.get(digits)
        if regions is None and digits is not None:
            regions = self._regions[digits] = self._search.regions_of(digits)
        return _Portion(start, text, regions if regions and _written_as_number(text) else _NONE)

    def _is_number(self, text: str, region: str) -> bool:
        region = self._search.regions[0] if text[0] in _PLUS else region  # written for abroad
        known = self._numbers.get((text, region))
        if known is None:
            known = self._numbers[text, region] = _is_number(text, region)
        return known


def _before_second(candidate: str) -> str:
    """Cut off what looks like the extension of a second number."""
    second = _SECOND_NUMBER.search(candidate)
    return candidate[: second.start()] if second else candidate


def _trimmed(text: str) -> str:
    unwanted = _UNWANTED_END.search(text)
    return text[: unwanted.start()] if unwanted else text


def _written_as_number(text: str) -> bool:
    return _BRACKETS.fullmatch(text) is not None and not _PAGES.search(text)


def _digits(text: str) -> str | None:
    """Return the digits of a number without its extension; None where that takes the library."""
    if not _PLAIN.fullmatch(text):
        if not text.isascii():
            return None
        extension, text = _STRIP_EXTENSION(text)
        if not extension or not _PLAIN.fullmatch(text):
            return None
    return text.translate(_UNDIGITS)


@lru_cache(maxsize=4096)
def _forbidden(char: str) -> bool:
    """Whether a number does not stand beside the character."""
    matcher: Any = phonenumbers.PhoneNumberMatcher
    is_sign = matcher._is_invalid_punctuation_symbol(char)  # noqa: SLF001 - the library's own rule
    return is_sign or matcher._is_latin_letter(char)  # noqa: SLF001


def _is_number(text: str, region: str) -> bool:
    """Whether the library takes the text for a valid number of the region."""
    try:
        number: Any = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return False
    return _VERIFY(phonenumbers.Leniency.VALID, number, text, None)
