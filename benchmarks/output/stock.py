"""Stock: Presidio as it comes, on recognizers of chosen entities, without a model."""

from collections.abc import Iterable
from functools import cache
from typing import Final, TypeAlias

from presidio_analyzer import (
    AnalyzerEngine,
    RecognizerRegistry,
    RecognizerResult,
    predefined_recognizers,
)
from presidio_analyzer.nlp_engine import NlpEngine, NlpEngineProvider

from interlock.policy.file.entities import RECOGNIZERS

DEFAULTS: Final = (
    "CREDIT_CARD", "CRYPTO", "DATE_TIME", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS",
    "MAC_ADDRESS", "MEDICAL_LICENSE", "PHONE_NUMBER", "UK_NHS", "URL", "US_BANK_NUMBER",
    "US_DRIVER_LICENSE", "US_ITIN", "US_PASSPORT", "US_SSN", "UUID",
)  # fmt: skip
"""Pattern recognizers that Presidio 2.2.366 enables for English by default."""

Key: TypeAlias = tuple[str, int, int, float]


@cache
def bare() -> NlpEngine:
    """Return the engine that Presidio has for patterns alone: no model, no tokens, no context."""
    models = [{"lang_code": "en", "model_name": "none"}]
    configuration = {"nlp_engine_name": "no_op", "models": models}
    return NlpEngineProvider(nlp_configuration=configuration).create_engine()


def registry(entities: Iterable[str]) -> RecognizerRegistry:
    """Return Presidio's own recognizers of these entities."""
    recognizers = [
        getattr(predefined_recognizers, RECOGNIZERS[entity])(supported_language="en")
        for entity in entities
    ]
    return RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])


def analyzer(entities: Iterable[str], nlp: NlpEngine) -> AnalyzerEngine:
    """Return a stock analyzer of these entities."""
    return AnalyzerEngine(registry=registry(entities), nlp_engine=nlp, supported_languages=["en"])


def key(result: RecognizerResult) -> Key:
    """Return what two findings have to agree in."""
    return (result.entity_type, result.start, result.end, round(result.score, 6))
