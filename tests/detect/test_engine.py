"""Engine: what stock Presidio finds is found, and names declare what stands under them."""

import logging
import random
import socket
from collections.abc import Iterable

import pytest
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

from interlock.detect import engine
from interlock.detect.presidio import PresidioEntities
from interlock.path.inspection import Hit, Located
from interlock.policy.file.entities import RECOGNIZERS
from interlock.policy.output import DEFAULT_ENTITIES

SSN = "536-22-8726"
COMMON = frozenset({"US_SSN", "CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL"})


def look(texts: Iterable[Located], *entities: str) -> list[Hit]:
    wanted = frozenset(entities or DEFAULT_ENTITIES)
    return PresidioEntities().detect(tuple(texts), wanted)


def member(*path: str | int, text: str) -> Located:
    return Located(("response", *path), text)


class TestContext:
    @pytest.mark.parametrize(
        "path",
        [
            ("ssn",),
            ("customerSSN",),
            ("social_security", "value"),
            ("ssn", 0),
            ("Social-Security-Number",),
        ],
    )
    def test_a_name_declares_its_value(self, path: tuple[str | int, ...]) -> None:
        """Nine bare digits under a telling name, its parent's too, are found with confidence."""
        (hit,) = look([member(*path, text="536228726")], "US_SSN")

        assert hit.score_0_1 == engine.NAMED_SCORE

    @pytest.mark.parametrize("path", [("order",), ("passnumber",), ("ssn", "order", "id")])
    def test_another_name_declares_nothing(self, path: tuple[str | int, ...]) -> None:
        """Digits under other names, also ones that merely contain a context word, stay weak."""
        assert all(hit.score_0_1 < 0.4 for hit in look([member(*path, text="536228726")]))

    def test_words_before_a_finding_raise_it_as_in_stock_presidio(self) -> None:
        """Context words in the same text count as they do in Presidio."""
        (hit,) = look([member("note", text=f"her social security number is {SSN}")], "US_SSN")

        assert hit.score_0_1 == 0.85

    def test_words_of_another_member_do_not(self) -> None:
        """A member's text is no context for the next member's."""
        hits = look([member("a", text="my ssn"), member("b", text="536228726")], "US_SSN")

        assert all(hit.score_0_1 < 0.4 for hit in hits)

    def test_a_key_has_no_context_of_its_own(self) -> None:
        """A key is a text like any other."""
        (hit,) = look([Located(("response", SSN), SSN, "key")], "US_SSN")

        assert hit.score_0_1 == 0.5


def stock() -> AnalyzerEngine:
    """Presidio with its own context enhancer and patterns, offline, on the same tokenizer."""
    tokenizer = engine.BlankEngine()
    tokenizer.load()
    recognizers = [
        getattr(engine.predefined_recognizers, RECOGNIZERS[entity])() for entity in COMMON
    ]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=tokenizer, supported_languages=["en"])


def test_findings_are_those_of_stock_presidio() -> None:
    """Over generated prose our engine finds what stock Presidio finds, with the same scores."""
    theirs = stock()
    draw = random.Random(4)
    words = [
        "ssn",
        "card",
        "visa",
        "is",
        "the",
        "phone",
        "iban",
        "call",
        "mail",
        "security",
        ",",
        "-",
    ]
    things = [SSN, "536228726", "4012888888881881", "DE89370400440532013000", "212-555-5555"]
    things += ["ana@contoso.com", "https://contoso.com/x", "900-70-0000", "12345678"]
    for _ in range(150):
        text = " ".join(draw.choice(words if draw.random() < 0.7 else things) for _ in range(25))
        want = {
            (r.entity_type, r.start, r.end, round(r.score, 6))
            for r in theirs.analyze(text, "en", list(COMMON))
        }
        got = {(h.kind, *h.span, round(h.score_0_1, 6)) for h in look([member(text=text)], *COMMON)}
        assert got == want


def test_nothing_goes_over_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for e-mail addresses opens no connection."""

    def refuse(*_: object) -> None:
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)

    assert look([member(text="ana@contoso.co.uk")], "EMAIL_ADDRESS")


def test_nothing_that_was_read_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Presidio's log, which quotes what it could not validate, stays empty."""
    with caplog.at_level(logging.DEBUG):
        look([member("iban", text="DE89 3704 0044 0532 0130 0\u0660")], "IBAN_CODE", "US_SSN")

    assert not [record for record in caplog.records if record.name.startswith("presidio")]


def test_other_users_of_presidio_keep_their_patterns() -> None:
    """Guarding our patterns leaves the classes' own as they were."""
    look([member(text=SSN)], "US_SSN")
    fresh = engine.predefined_recognizers.UsSsnRecognizer()

    assert not any(isinstance(p.compiled_regex, engine.GuardedPattern) for p in fresh.patterns)
