"""Find: personal data, by Presidio's recognizers.

A text that Presidio would only have looked at in part is refused, never passed: a result over its
size or time budget raises, and the inspection holds it.
"""

import time
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Final

from interlock.detect.entities import ENTITIES
from interlock.detect.joined import Joined
from interlock.path.inspection import Hit, Located

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

PHONES: Final = frozenset({"PHONE_NUMBER", "ZA_MOBILE_NUMBER", "ZA_TELEPHONE_NUMBER"})
"""Looked for by `phonenumbers`, some hundred times slower than a pattern."""

TOTAL_CHARS: Final = 1_000_000
"""Longest result looked at, characters; 2 to 4 s when it is dense with findings."""

PHONE_CHARS: Final = 200_000
"""Longest result searched for phone numbers, characters; 4 s when it is dense with them."""

BLOCK_CHARS: Final = 20_000
"""How much text is analysed at once, characters; texts are never cut."""

PHONE_TEXT_CHARS: Final = 65_535
"""Longest single text searched for phone numbers: `phonenumbers` gives up silently after as many
candidates, and a candidate has at least one character."""

BUDGET_S: Final = 10.0
"""How long one result may take, seconds."""


class NotInspected(Exception):
    """The texts were not, or not wholly, looked at."""


class PresidioEntities:
    """Presidio's recognizers that need no language model."""

    kinds = frozenset(ENTITIES)

    _analyzers: ClassVar[dict[frozenset[str], "AnalyzerEngine"]] = {}
    _lock: ClassVar[Lock] = Lock()

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return hits of the wanted entities. Raises `NotInspected` over size or time."""
        limit = PHONE_CHARS if wanted & PHONES else TOTAL_CHARS
        if sum(len(located.text) for located in texts) > limit:
            raise NotInspected(f"longer than {limit} characters")
        analyzer = self.build(wanted)
        deadline = time.monotonic() + BUDGET_S
        hits: list[Hit] = []
        for first, block in _blocks(texts):
            if time.monotonic() > deadline:
                raise NotInspected(f"took longer than {BUDGET_S:g} s")
            if wanted & PHONES and any(len(t.text) > PHONE_TEXT_CHARS for t in block):
                raise NotInspected(f"a text longer than {PHONE_TEXT_CHARS} characters")
            hits.extend(_found(analyzer, first, block, wanted))
        return hits

    @classmethod
    def build(cls, entities: frozenset[str]) -> "AnalyzerEngine":
        """Return the analyzer for exactly these entities, built once."""
        if (analyzer := cls._analyzers.get(entities)) is None:
            with cls._lock:
                if (analyzer := cls._analyzers.get(entities)) is None:
                    from interlock.detect import engine

                    analyzer = cls._analyzers[entities] = engine.build(entities)
        return analyzer


def _blocks(texts: tuple[Located, ...]) -> Iterator[tuple[int, tuple[Located, ...]]]:
    """Yield runs of texts of about `BLOCK_CHARS` with the index of their first."""
    first = size = 0
    for at, located in enumerate(texts):
        if size and size + len(located.text) > BLOCK_CHARS:
            yield first, texts[first:at]
            first, size = at, 0
        size += len(located.text) + 1
    if texts:
        yield first, texts[first:]


def _found(
    analyzer: "AnalyzerEngine", first: int, block: tuple[Located, ...], wanted: frozenset[str]
) -> Iterator[Hit]:
    from interlock.detect import engine

    joined = Joined(block)
    results = analyzer.analyze(
        joined.text, "en", list(wanted), nlp_artifacts=engine.members(analyzer, joined, block)
    )
    for result in results:
        for index, span in joined.parts(result.start, result.end):
            yield Hit(first + index, result.entity_type, span, result.score, "presidio")
