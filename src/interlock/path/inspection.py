"""Inspect: what is in a result, by path, kind and span; never the text itself.

An output nobody inspected is not delivered; a detector that fails holds the result.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

Verdict: TypeAlias = Literal["ALLOW", "REDACT", "WITHHOLD", "QUARANTINE"]


class Span(NamedTuple):
    """Where in a text, in characters, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in a result."""

    path: str
    """Dotted path from `response` (or `artifact`), list items as `[0]`: `response.rows[0].note`."""
    kind: str
    """Entity, `SECRET`, `INTERNAL_FIELD`, `BLOCKED_TERM`, `MAX_LENGTH`, `INJECTION`, `HIDDEN_TEXT`, `DETECTOR_FAILED`, `REVIEW_RESULT`."""
    action: Literal["redact", "mask", "remove", "withhold", "quarantine"]
    detector: str
    span: Span | None = None
    """None: the whole member."""
    score_0_1: float = 1.0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found and what follows: the strictest action of all findings."""

    verdict: Verdict
    findings: tuple[Finding, ...] = ()


class Located(NamedTuple):
    """One text inside a result."""

    path: tuple[str | int, ...]
    text: str


class Hit(NamedTuple):
    """A detector's finding within one text."""

    text: int
    """Index of the text in what the detector was given."""
    kind: str
    span: Span
    score_0_1: float
    detector: str


class Detector(Protocol):
    """Finds things in texts."""

    def detect(self, texts: tuple[Located, ...]) -> list[Hit]:
        """Return hits in any order. Raises to say that it could not look."""
        ...
