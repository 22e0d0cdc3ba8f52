"""Replace: parts of one text, by Presidio's anonymizer.

Presidio merges neighbours of one type across spaces and resolves overlaps in its own ways, so
each span goes in as a type of its own and the spans come in apart.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from interlock.path.inspection import Span, Treatment
from interlock.path.redaction import REPLACEMENT

if TYPE_CHECKING:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import OperatorConfig

_AT_ONCE: Final = 200
"""Spans that are replaced in one go; Presidio copies the whole text for each."""

VISIBLE = 4
"""Characters left at the end of a masked span. Source: `docs/policy.md`, output."""


class PresidioAnonymizer:
    """Presidio's anonymizer behind `interlock.path.release.Anonymizer`."""

    def replace(self, text: str, spans: Sequence[tuple[Span, str, Treatment]]) -> str:
        """Return `text` with each span masked (`mask`) or replaced; spans are apart and ordered."""
        out: list[str] = []
        done = 0
        for first in range(0, len(spans), _AT_ONCE):
            part = spans[first : first + _AT_ONCE]
            end = part[-1][0].end
            out.append(_replaced(text[done:end], part, done))
            done = end
        return "".join((*out, text[done:]))


def _replaced(text: str, spans: Sequence[tuple[Span, str, Treatment]], offset: int) -> str:
    """Replace in a part of a text that begins at `offset`."""
    from presidio_anonymizer.entities import RecognizerResult

    names = [f"{kind}#{at}" for at, (_, kind, _) in enumerate(spans)]
    results = [
        RecognizerResult(name, span.start - offset, span.end - offset, 1.0)
        for name, (span, _, _) in zip(names, spans, strict=True)
    ]
    operators = {
        name: _operator(span, action) for name, (span, _, action) in zip(names, spans, strict=True)
    }
    return _engine().anonymize(text, results, operators).text


def _operator(span: Span, action: Treatment) -> "OperatorConfig":
    from presidio_anonymizer.entities import OperatorConfig

    if action != "mask":
        return OperatorConfig("replace", {"new_value": REPLACEMENT})
    size = span.end - span.start
    masked = size - VISIBLE if size > VISIBLE else size
    return OperatorConfig("mask", {"masking_char": "*", "chars_to_mask": masked, "from_end": False})


@cache
def _engine() -> "AnonymizerEngine":
    from presidio_anonymizer import AnonymizerEngine

    return AnonymizerEngine()
