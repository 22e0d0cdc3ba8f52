"""Look into: what a call's arguments hold, also where typography hides it.

It happens inside a decision, so how much is looked at is bounded; what is larger counts as holding
everything that was asked about.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Final, cast

from interlock.folding import readings
from interlock.path.inspection import (
    MODEL_KINDS,
    Detector,
    Hit,
    Located,
    Span,
    inspect,
)
from interlock.policy.evaluation.guardrails import UNINSPECTABLE
from interlock.policy.output import OutputPolicy

MOST_CHARS: Final = 10_000
"""Most characters looked into, with what is read differently a second time."""

MOST_TEXTS: Final = 500
"""Most texts, names and numbers looked into."""

MOST_LOOKS: Final = 60_000
"""Most characters times kinds."""

SLOW_CHARS: Final = 500
"""Most characters looked into for one of the `SLOW` kinds: 25 ms where they are dense."""

SLOW: Final = frozenset(
    {"IN_PAN", "PHONE_NUMBER", "URL", "ZA_MOBILE_NUMBER", "ZA_TELEPHONE_NUMBER"}
)
"""Kinds that cost tens of microseconds for each character, or grow faster than the text."""

PIECE_CHARS: Final = 40
"""Longest item of a list that may be a piece of a number."""

NUMBER_DIGITS: Final = 19
"""Most digits of a card number; a longer list of numbers is data. Source: ISO/IEC 7812-1."""

_BLIND: Final = frozenset({"DETECTOR_FAILED", UNINSPECTABLE})
"""What says that something was not looked into."""


def kinds_in(value: object, kinds: frozenset[str], detectors: Sequence[Detector]) -> frozenset[str]:
    """Return which of these kinds a JSON value holds: entities, `secrets`, `injection`.

    What cannot be looked into, for its size or because a detector failed, counts as holding all of
    them, and `UNINSPECTABLE` besides.
    """
    most_chars = _most_chars(kinds)
    if not _within(value, most_chars):
        return kinds | {UNINSPECTABLE}
    looking = OutputPolicy(
        entities=MappingProxyType(
            dict.fromkeys(sorted(kinds - {"secrets", "injection"}), "redact")
        ),
        secrets="redact" if "secrets" in kinds else "allow",
        injection="quarantine" if "injection" in kinds else "allow",
    )
    patient = [_Bounded(detector, most_chars) for detector in detectors]
    found = {finding.kind for finding in inspect(value, None, looking, patient).findings}
    if not found.isdisjoint(_BLIND):
        return kinds | {UNINSPECTABLE}
    named = {"injection" if kind in MODEL_KINDS else kind for kind in found}
    return frozenset(name if name in kinds else "secrets" for name in named) & kinds


def _most_chars(kinds: frozenset[str]) -> int:
    most = min(MOST_CHARS, MOST_LOOKS // max(1, len(kinds)))
    return min(most, SLOW_CHARS // len(kinds & SLOW)) if kinds & SLOW else most


def _within(value: object, most_chars: int) -> bool:
    """Whether a value is small enough to be looked into; stops where it is not."""
    chars = members = 0
    stack = [value]
    while stack:
        match item := stack.pop():
            case str():
                chars += len(item)
            case dict():
                named = cast("dict[str, object]", item)
                members += len(named)
                stack.extend(chain(named, named.values()))
            case list() | tuple():
                stack.extend(cast("Sequence[object]", item))
            case int() if item.bit_length() > most_chars:
                return False
            case _:
                chars += 1
        members += 1
        if chars > most_chars or members + len(stack) > 2 * MOST_TEXTS:
            return False
    return True


class _TooLarge(Exception):
    """There is more to look into than a decision has time for."""


class _Bounded:
    """A detector that also looks at each list as one text, at so many characters in all."""

    def __init__(self, detector: Detector, most_chars: int) -> None:
        self.kinds = detector.kinds
        self._detector = detector
        self._most_chars = most_chars
        self._chars = self._texts = 0

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return hits; one in a list is about its first item as a whole. Raises `_TooLarge`."""
        self._count(texts)
        joined: list[tuple[int, Located]] = []
        for index, located in _joined(texts):
            joined.append((index, located))
            self._count([located])
        hits = self._detector.detect((*texts, *(located for _, located in joined)), wanted)
        return [
            hit
            if hit.text < len(texts)
            else hit._replace(text=(at := joined[hit.text - len(texts)][0]), span=_all(texts[at]))
            for hit in hits
        ]

    def _count(self, texts: Sequence[Located]) -> None:
        self._texts = max(self._texts, len(texts))
        self._chars += sum(len(located.text) for located in texts)
        if self._chars > self._most_chars or self._texts > MOST_TEXTS:
            raise _TooLarge(f"more than {MOST_TEXTS} texts or {self._most_chars} characters")


def _all(located: Located) -> Span:
    return Span(0, len(located.text))


def _joined(texts: tuple[Located, ...]) -> Iterator[tuple[int, Located]]:
    """Yield each list as one text, in every way to read it, at its first item."""
    lists: dict[tuple[str | int, ...], list[int]] = {}
    for at, located in enumerate(texts):
        if isinstance(located.path[-1], int) and 0 < len(located.text) <= PIECE_CHARS:
            lists.setdefault(located.path[:-1], []).append(at)
    for path, items in lists.items():
        pieces = [texts[at] for at in items]
        if len(pieces) > 1 and not _is_data(pieces):
            whole = " ".join(piece.text for piece in pieces)
            for text in (whole, *(reading.text for _, reading in readings(whole))):
                yield items[0], Located(path, text)


def _is_data(pieces: Sequence[Located]) -> bool:
    """Whether a list of numbers is longer than any one number."""
    numbers = [piece for piece in pieces if piece.part == "number"]
    return bool(numbers) and sum(len(piece.text) for piece in pieces) > NUMBER_DIGITS
