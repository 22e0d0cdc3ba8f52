"""Look: the detectors of an inspection, and the anonymizer. The only door to Presidio and spaCy.

Importing this loads neither; the first inspection that needs them does, or `warm` ahead of it.
"""

from collections.abc import Iterable
from functools import cache

from interlock.detect.anonymizer import PresidioAnonymizer
from interlock.detect.hidden import HiddenText
from interlock.detect.injection import Injection
from interlock.detect.presidio import PresidioEntities
from interlock.detect.secrets import Secrets
from interlock.path.inspection import Detector
from interlock.path.redaction import Anonymizer
from interlock.policy.file.entities import ENTITIES

__all__ = ["ENTITIES", "anonymizer", "detectors", "supported_entities", "warm"]


@cache
def detectors() -> tuple[Detector, ...]:
    """Return every detector, one instance each; safe for threads."""
    return (PresidioEntities(), Secrets(), Injection(), HiddenText())


@cache
def anonymizer() -> Anonymizer:
    """Return the anonymizer."""
    return PresidioAnonymizer()


def supported_entities() -> tuple[str, ...]:
    """Return what a policy's `output.entities` may name; loads nothing."""
    return ENTITIES


def warm(entities: Iterable[str]) -> None:
    """Load and build now what looking for these entities needs, rather than at the first result."""
    PresidioEntities.build(frozenset(entities))
