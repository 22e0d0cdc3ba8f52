"""Find: where a value stands in what tools returned, through case, spelling and the way it is cut.

Values are compared by their letters and digits alone, at the borders of words: `ORDER-7` is in
`order 7`, `ana@example.com` in `ANA @ example.com`, `GB33BUKB` in `GB33 BUKB`. That finds too much
rather than too little, as it must where what is found raises a question. Each result is read once.
A look-up costs what the value is long and how often its first two words stand there, to a bound.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

from interlock.signals.identifiers import TooMuch
from interlock.signals.passages import Passage, folded, passages

MAX_RESULT_CHARS: Final = 100_000
"""Characters of one result that are read."""
MAX_CHARS: Final = 1_000_000
"""Characters of all results together that are read."""
PASSAGE_CHARS: Final = 10
"""What each passage counts beside its characters."""
MAX_STEPS: Final = 20_000
"""Places that are looked at for all values of one call."""
MAX_VALUE_CHARS: Final = 1_000
"""Characters by which a value is looked for."""
MAX_WORD_CHARS: Final = 64
"""Characters of the longest first word by which a value is looked for, other than its whole."""
EXCERPT_CHARS: Final = 160

_WORD: Final = re.compile(r"[^\W_]+")
_PARTED: Final = re.compile(r"[,;\n]|\sand\s")
_VALUE_LIKE: Final = re.compile(r"[\d@/.:\\_-]")
_SENTENCE: Final = re.compile(r"[.!?:,;](?:\s|$)")
_UNSAID: Final = frozenset({"http", "https", "www", "mailto"})
"""Words around an address that are no part of it."""


class Mention(NamedTuple):
    """One place of a result where a value stands."""

    result: int
    """Which result, from 0."""
    place: str
    """Where in it: a member path, a field's name, or nothing."""
    text: str
    """The passage that it stands in, as it was returned: untrusted."""
    word: str
    """The first word of the value, in one case."""
    fills: bool
    """Whether the value is all that stands there, rather than part of a text."""
    words: int
    """Words of the passage; of its longest line where it is a list without sentences."""

    @property
    def excerpt(self) -> str:
        """Return what stands around it, at most 160 characters."""
        at = max(self.text.casefold().find(self.word), 0)
        start = max(0, min(at - EXCERPT_CHARS // 3, len(self.text) - EXCERPT_CHARS))
        return self.text[start : start + EXCERPT_CHARS]


class _Read(NamedTuple):
    start: int
    result: int
    passage: Passage
    words: int
    longest: int
    listed: bool


class Mentions:
    """An index over results, which grows with them."""

    __slots__ = ("_chars", "_places", "_read", "_starts", "_words")

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._words: list[str] = []
        self._places: dict[str, list[int]] = {}  # of each word, and of each two with a space
        self._read: list[_Read] = []
        self._starts: list[int] = []
        self._chars = 0

    def read(self, result: int, content: Any) -> bool:  # noqa: ANN401 - JSON
        """Take in a result, text or JSON; False where not all of it is read."""
        whole = not isinstance(content, str) or len(content) <= MAX_RESULT_CHARS
        room = min(MAX_RESULT_CHARS, MAX_CHARS - self._chars)
        for passage in passages(content if whole else content[:MAX_RESULT_CHARS]):
            cost = len(passage.text) + PASSAGE_CHARS
            self._index(result, passage._replace(text=passage.text[: max(room, 0)]))
            self._chars += min(cost, room)
            room -= cost
            if room < 0:
                return False
        return whole

    def find(self, value: str, steps: int = MAX_STEPS) -> tuple[list[Mention], int]:
        """Return where the letters and digits of a value stand, and the steps that are left.

        Raises: `TooMuch` where its words stand in more places than `steps`.
        """
        letters = solid(value)[:MAX_VALUE_CHARS]
        mentions: list[Mention] = []
        for places in self._beginnings(letters):
            steps -= len(places)
            if steps < 0:
                raise TooMuch(f"more than {MAX_STEPS:,} places where the values may stand")
            mentions += self._spelt(letters, places)
        return mentions, steps

    def _beginnings(self, letters: str) -> Iterator[list[int]]:
        """Yield where the letters stand as one word, and where two words begin them."""
        for size in _sizes(len(letters)):
            places = self._places.get(letters[:size])
            if places and size == len(letters):
                yield places
            elif places:
                for end in _sizes(len(letters) - size):
                    pair = f"{letters[:size]} {letters[size : size + end]}"
                    if places := self._places.get(pair):
                        yield places

    def _index(self, result: int, passage: Passage) -> None:
        text = folded(passage.text)
        found = _WORD.findall(text)
        if not found:
            return
        start = len(self._words)
        self._starts.append(start)
        self._read.append(_Read(start, result, passage, len(found), _longest(text), _lists(text)))
        for at, word in enumerate(found, start):
            self._places.setdefault(word, []).append(at)
        for at, (word, following) in enumerate(pairwise(found), start):
            self._places.setdefault(f"{word} {following}", []).append(at)
        self._words += (*found, "")  # no value goes over the end of a passage

    def _spelt(self, letters: str, places: list[int]) -> Iterator[Mention]:
        """Yield the places from which on the words spell the letters."""
        for start in places:
            at, done = start, 0
            while done < len(letters):
                word = self._words[at]
                if not word or not letters.startswith(word, done):
                    break
                done, at = done + len(word), at + 1
            else:
                yield self._mention(start, at)

    def _mention(self, start: int, end: int) -> Mention:
        read = self._read[bisect_right(self._starts, start) - 1]
        fills = read.listed or self._fills(read, start, end)
        word = self._words[start]
        return Mention(
            read.result, read.passage.place, read.passage.text, word, fills, read.longest
        )

    def _fills(self, read: _Read, start: int, end: int) -> bool:
        if read.words - (end - start) > len(_UNSAID):
            return False
        around = self._words[read.start : start] + self._words[end : read.start + read.words]
        return _UNSAID.issuperset(around)


def _sizes(most: int) -> Iterator[int]:
    """Yield how long a word may be of which a value is made."""
    yield from range(1, min(most, MAX_WORD_CHARS) + 1)
    if most > MAX_WORD_CHARS:
        yield most


def solid(value: str) -> str:
    """Return the letters and digits of a value, in one case."""
    return "".join(_WORD.findall(folded(value)))


def word_count(text: str) -> int:
    """Count the words of a text."""
    return sum(1 for _ in _WORD.finditer(text))


def _longest(text: str) -> int:
    lines = [text] if _SENTENCE.search(text) else text.splitlines()
    return max(map(word_count, lines))


def _lists(text: str) -> bool:
    """Say whether a passage is nothing but values that are written in one word."""
    listed = [part for part in map(str.strip, _PARTED.split(text)) if part]
    return len(listed) > 1 and all(
        len(part.split()) == 1 and _VALUE_LIKE.search(part) for part in listed
    )
