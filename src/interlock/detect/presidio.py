"""Find: personal data, by Presidio's recognizers.

A text that Presidio would only have looked at in part is refused, never passed: a result over its
size or time budget raises, and the inspection holds it.
"""

import re
import time
from collections.abc import Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, ClassVar, Final, TypeAlias

from interlock.detect.joined import Joined
from interlock.path.inspection import Hit, Located
from interlock.policy.file.entities import ENTITIES

if TYPE_CHECKING:
    from interlock.detect.engine import Analyzer

TOTAL_CHARS: Final = 10_000_000
"""Longest result looked at, characters; some 2 s of prose. One as long that is dense with findings
runs out of its time."""

BLOCK_CHARS: Final = 20_000
"""How much text is analysed at once, characters; texts are never cut."""

NUMBERS: Final = frozenset({"CREDIT_CARD", "IBAN_CODE", "US_ITIN", "US_SSN"})
"""Entities with at least two digits; texts without are not looked at for them."""

_TWO_DIGITS: Final = re.compile(r"\d\D*\d")

BUDGET_S: Final = 30.0
"""How long one result may take, seconds."""


_Indexed: TypeAlias = tuple[int, Located]


class NotInspected(Exception):
    """The texts were not, or not wholly, looked at."""


class PresidioEntities:
    """Presidio's recognizers that need no language model."""

    kinds = frozenset(ENTITIES)

    _analyzers: ClassVar[dict[frozenset[str], "Analyzer"]] = {}
    _lock: ClassVar[Lock] = Lock()

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return hits of the wanted entities. Raises `NotInspected` over size or time."""
        if sum(len(located.text) for located in texts) > TOTAL_CHARS:
            raise NotInspected(f"longer than {TOTAL_CHARS} characters")
        asked = [(at, t) for at, t in enumerate(texts) if _possible(t, wanted)]
        deadline = time.monotonic() + BUDGET_S
        hits: list[Hit] = []
        for block in _blocks(asked):
            if time.monotonic() > deadline:
                raise NotInspected(f"took longer than {BUDGET_S:g} s")
            hits.extend(_found(self.build(wanted), block, deadline))
        return hits

    @classmethod
    def build(cls, entities: frozenset[str]) -> "Analyzer":
        """Return the analyzer for exactly these entities, built once."""
        if (analyzer := cls._analyzers.get(entities)) is None:
            with cls._lock:
                if (analyzer := cls._analyzers.get(entities)) is None:
                    from interlock.detect import engine

                    analyzer = cls._analyzers[entities] = engine.Analyzer(sorted(entities))
        return analyzer


def _possible(located: Located, wanted: frozenset[str]) -> bool:
    """Whether the text may hold any of the entities.

    A number with a fraction holds none: its 15 digits would pass for a card's one time in ten.
    """
    if located.part == "number" and not located.text.lstrip("-").isdigit():
        return False
    return bool(wanted - NUMBERS) or _TWO_DIGITS.search(located.text) is not None


def _blocks(texts: Sequence[_Indexed]) -> Iterator[Sequence[_Indexed]]:
    """Yield runs of texts of about `BLOCK_CHARS`."""
    first = size = 0
    for at, (_, located) in enumerate(texts):
        if size and size + len(located.text) > BLOCK_CHARS:
            yield texts[first:at]
            first, size = at, 0
        size += len(located.text) + 1
    if texts:
        yield texts[first:]


def _found(analyzer: "Analyzer", block: Sequence[_Indexed], deadline: float) -> Iterator[Hit]:
    from interlock.detect.context import Members

    texts = tuple(located for _, located in block)
    joined = Joined(texts)
    for result in analyzer.analyze(joined.text, Members(joined, texts), deadline):
        for index, span in joined.parts(result.start, result.end):
            yield Hit(block[index][0], result.entity_type, span, result.score, "presidio")
