"""Join: many texts as one, so that each pattern runs once, and take hits back to their texts."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from interlock.path.inspection import Located, Span


class Joined:
    """Texts joined by one character, with the way back."""

    __slots__ = ("_ends", "starts", "text")

    def __init__(self, texts: Sequence[Located], separator: str = "\n") -> None:
        """Join in order; a NUL as `separator` is no white space, so no pattern runs across it."""
        self.text = separator.join(located.text for located in texts)
        lengths = [len(located.text) + 1 for located in texts]
        self.starts = list(accumulate(lengths, initial=0))[:-1]
        self._ends = [
            start + length - 1 for start, length in zip(self.starts, lengths, strict=True)
        ]

    def owner(self, offset: int) -> int:
        """Return the index of the text that holds the character at `offset`."""
        return bisect_right(self.starts, offset) - 1

    def parts(self, start: int, end: int) -> Iterator[tuple[int, Span]]:
        """Cut a span of the whole into spans of the texts it touches.

        A pattern that ran over the end of a text is thus a hit in each, never a lost one.
        """
        for index in range(self.owner(start), len(self.starts)):
            first = self.starts[index]
            if first >= end:
                return
            inner = Span(max(start, first) - first, min(end, self._ends[index]) - first)
            if inner.start < inner.end:
                yield index, inner
