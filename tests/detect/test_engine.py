"""Engine: what stock Presidio finds is found, in its order, with its scores."""

import logging
import random
import socket
import time
from collections.abc import Iterable, Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    predefined_recognizers,
)
from presidio_analyzer.nlp_engine import NlpEngine, NlpEngineProvider

from interlock.detect import engine
from interlock.detect.context import tokenizer
from interlock.detect.phones import PhoneTimeout
from interlock.detect.presidio import PresidioEntities
from interlock.path.inspection import Hit, Located
from interlock.policy.file.entities import ENTITIES
from interlock.policy.output import DEFAULT_ENTITIES

SSN = "536-22-8726"
COMMON = frozenset({"US_SSN", "CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL"})


def look(texts: Iterable[Located], *entities: str) -> list[Hit]:
    wanted = frozenset(entities or DEFAULT_ENTITIES)
    return PresidioEntities().detect(tuple(texts), wanted)


def member(*path: str | int, text: str) -> Located:
    return Located(("response", *path), text)


@cache
def ours(entities: Sequence[str]) -> engine.Analyzer:
    return engine.Analyzer(entities)


@cache
def stock(entities: Sequence[str], nlp: NlpEngine) -> AnalyzerEngine:
    """Presidio with its own recognizers, patterns and context enhancer."""
    recognizers = [
        getattr(predefined_recognizers, engine.RECOGNIZERS[entity])(supported_language="en")
        for entity in entities
    ]
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


@cache
def bare() -> NlpEngine:
    """What Presidio has for patterns alone: no model, no tokens, no context."""
    models = [{"lang_code": "en", "model_name": "none"}]
    configuration = {"nlp_engine_name": "no_op", "models": models}
    return NlpEngineProvider(nlp_configuration=configuration).create_engine()


def key(result: RecognizerResult) -> tuple[str, int, int, float]:
    return (result.entity_type, result.start, result.end, round(result.score, 6))


TOKENS = (
    SSN, "536 22 8726", "4012888888881881", "4111 1111 1111 1111", "DE89370400440532013000",
    "GB82 WEST 1234 5698 7654 32", "212-555-5555", "+44 20 7946 0958", "(212) 555-5555", " x123",
    "0049", "00", "2026-11-21 03:30", "12/12/2026", "10.0.0.1", "fe80::1", "a@b.com",
    "x.y@z.co.uk", "00:1A:2B:3C:4D:5E", "943 476 5919", "AB1234567", "A123456789", "12345678901",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "rx no. ", "claim number: ", "ABCDE1234F", "B-XY 12",
    "082 123 4567", "1990-01-01", "Ü-AB 123", "\u0661\u0662\u0663-\u0664\u0665-\u0666\u0667",
    "\U0001f600", "\ud800", "é", "\u017f", "\u212a", "–", "/", "(", "[", "#", "-", ".", ":", "+",
    "_", "@", " ", "  ", "\n", "\t", "\x0b", "\x1f", ", ", "0", "1", "7", "90", "a", "X",
)  # fmt: skip
"""What recognizers look for, in whole and in parts, and what may stand around it."""

texts = st.lists(st.sampled_from(TOKENS) | st.text(max_size=4), max_size=30).map("".join)


class TestStock:
    @pytest.mark.timeout(60)  # builds each of 92 recognizers twice
    @settings(max_examples=60)
    @given(text=texts)
    def test_findings_are_those_of_stock_presidio(self, text: str) -> None:
        """Of every text, each recognizer finds what Presidio's own search of it finds."""
        theirs = stock(ENTITIES, bare()).analyze(text, "en") if text else []

        assert list(map(key, ours(ENTITIES).analyze(text, None))) == list(map(key, theirs))

    @given(text=texts)
    def test_they_are_without_a_prefilter(self, text: str) -> None:
        """Where Hyperscan is not installed the same is found, by searching everywhere."""
        quick, slow = ours(ENTITIES), engine.Analyzer.__new__(engine.Analyzer)
        slow.__dict__.update(quick.__dict__, _prefilter=None)

        assert slow.analyze(text, None) == quick.analyze(text, None)

    def test_scores_with_context_are_too(self) -> None:
        """Over generated prose context words count as they do in stock Presidio."""
        theirs = stock(tuple(sorted(COMMON)), tokenizer())
        draw = random.Random(4)
        words = ["ssn", "card", "visa", "is", "the", "phone", "iban", "mail", "security", ",", "-"]
        things = [SSN, "536228726", "4012888888881881", "DE89370400440532013000", "212-555-5555"]
        things += ["ana@contoso.com", "https://contoso.com/x", "900-70-0000", "12345678"]
        for _ in range(100):
            text = " ".join(
                draw.choice(words if draw.random() < 0.7 else things) for _ in range(25)
            )
            want = {key(r) for r in theirs.analyze(text, "en")}
            hits = look([member(text=text)], *COMMON)
            assert {(h.kind, *h.span, round(h.score_0_1, 6)) for h in hits} == want

    @pytest.mark.parametrize("filler", ["word ", "1", "a.", "\u00e9", "\u65e5", '"k": "v", '])
    def test_a_finding_stands_anywhere_in_a_long_text(self, filler: str) -> None:
        """Far behind other text, between characters of any width, spans are of characters."""
        text = f"{filler * 3000}\U0001f600 {SSN} \ud800"
        start = text.index(SSN)
        found = ours(("US_SSN",)).analyze(text, None)

        assert ("US_SSN", start, start + len(SSN), 0.5) in map(key, found)


class TestNothingIsLostSilently:
    def test_no_phone_is_lost_behind_many_candidates(self) -> None:
        """65,536 candidates before a telephone number hide it from Presidio, and not from us."""
        text = "7\n" * 65_536 + "212-555-5555"
        (found,) = ours(("PHONE_NUMBER",)).analyze(text, None)

        assert text[found.start : found.end] == "212-555-5555"

    def test_an_expression_out_of_time_raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where Presidio goes on without a pattern that timed out, nothing is returned."""
        monkeypatch.setattr(engine, "PATTERN_TIMEOUT_S", 0.05)

        with pytest.raises(engine.PatternTimeout):
            ours(("EMAIL_ADDRESS",)).analyze("a!" * 10_000 + "@@b@c.de", None)

    @pytest.mark.parametrize("entity", ["PHONE_NUMBER", "US_SSN"])
    def test_the_deadline_of_the_result_holds_within_a_text(self, entity: str) -> None:
        """A deadline that has passed is noticed by patterns and by the search for telephones."""
        with pytest.raises((engine.PatternTimeout, PhoneTimeout)):
            ours((entity,)).analyze(f"{SSN} 212-555-5555 " * 20_000, None, deadline=0.0)

    def test_a_recognizer_that_works_in_another_way_is_refused(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One whose `analyze` is its own would lose what that adds, so it does not load."""

        class Other(predefined_recognizers.UsSsnRecognizer):
            def analyze(self, *_: object, **__: object) -> list[object]:
                return []

        monkeypatch.setattr(predefined_recognizers, "UsSsnRecognizer", Other)

        with pytest.raises(TypeError, match="UsSsnRecognizer"):
            engine.Analyzer(["US_SSN"])

    def test_no_recognizer_has_a_way_of_its_own_to_weigh_context(self) -> None:
        """Presidio asks each recognizer for it; none of those we use has any."""
        built = (getattr(predefined_recognizers, name) for name in engine.RECOGNIZERS.values())
        base = EntityRecognizer.enhance_using_context

        assert all(one.enhance_using_context is base for one in built)


@pytest.mark.parametrize(
    ("entity", "hostile"),
    [
        ("URL", "a.a.a."),
        ("URL", "1.1.1."),
        ("EMAIL_ADDRESS", "a!a!"),
        ("IP_ADDRESS", "1:1:1:"),
        ("PHONE_NUMBER", "0.123,"),
        ("PHONE_NUMBER", "2026-11-21 03:30:00\n"),
        ("PHONE_NUMBER", "1.1.1."),
    ],
)
def test_what_takes_presidio_seconds_is_looked_at_at_once(entity: str, hostile: str) -> None:
    """Of texts that stock Presidio takes seconds for, a hundred thousand characters pass."""
    text = hostile * (100_000 // len(hostile))
    ours((entity,)).analyze(text, None, deadline=time.monotonic() + 5)


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
