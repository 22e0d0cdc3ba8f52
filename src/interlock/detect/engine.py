"""Build: a Presidio analyzer for exactly the entities that are asked for.

Imports Presidio and spaCy, so it is imported when first needed. Four things differ from a stock
engine, all towards the stricter side or away from the network:

- no model: a blank tokenizer whose lemma is the lower-cased word, so that context words work;
- a pattern that runs out of time raises, where stock Presidio logs it and goes on without it;
- public suffixes come from the installed list, where stock fetches them on the first e-mail;
- a context word among the names above a value counts as the field's declaration (`NAMED_SCORE`).
  Context is looked up around findings only, where stock tokenizes everything and walks it anew
  for each finding.
"""

import copy
import logging
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, cast

import regex
import spacy
import tldextract
from presidio_analyzer import (
    AnalyzerEngine,
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerRegistry,
    RecognizerResult,
    predefined_recognizers,
)
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SlimSpacyNlpEngine
from presidio_analyzer.predefined_recognizers.generic import email_recognizer, iban_recognizer

from interlock.detect.joined import Joined
from interlock.detect.names import words
from interlock.path.inspection import Located
from interlock.policy.file.entities import RECOGNIZERS

PATTERN_TIMEOUT_S: Final = 1.0
"""How long one pattern may run over one block, seconds; ordinary text takes milliseconds."""

NAMED_SCORE: Final = 0.6
"""Least score of a finding under a name, its own or its parent's, that is a context word.

Stock gives 0.4 to nine bare digits after `social security`; a field called `ssn` says more.
"""

WINDOW: Final = 120
"""Characters before a finding in which context words are looked for; stock takes five words."""


class PatternTimeout(Exception):
    """A pattern did not finish, so the text was not looked at."""


class GuardedPattern:
    """A compiled pattern that raises where Presidio would skip it."""

    def __init__(self, name: str, compiled: Any) -> None:  # noqa: ANN401 - regex has no types
        """Guard `compiled`, a pattern of the `regex` package."""
        self._name = name
        self._compiled = compiled

    def finditer(self, text: str, timeout: float) -> Iterator[Any]:
        """Yield matches; the time-out is ours when the caller is more patient."""
        try:
            yield from self._compiled.finditer(text, timeout=min(timeout, PATTERN_TIMEOUT_S))
        except TimeoutError:
            raise PatternTimeout(f"pattern `{self._name}` ran out of time") from None


class BlankEngine(SlimSpacyNlpEngine):
    """spaCy's English tokenizer, and the lower-cased word as lemma."""

    def __init__(self) -> None:
        """Name the blank pipeline; nothing is downloaded."""
        super().__init__(models=[{"lang_code": "en", "model_name": "blank"}], auto_download=False)

    def load(self) -> None:
        """Make the tokenizer."""
        self.nlp = {"en": spacy.blank("en")}

    def _doc_to_nlp_artifact(self, doc: Any, language: str) -> NlpArtifacts:  # noqa: ANN401
        return NlpArtifacts(
            entities=[],
            tokens=doc,
            tokens_indices=[token.idx for token in doc],
            lemmas=[token.lower_ for token in doc],
            nlp_engine=self,
            language=language,
            scores=[],
        )


class Members(NlpArtifacts):
    """Stands in for a tokenized text: the members, tokenized only where something was found."""

    def __init__(self, engine: BlankEngine, joined: Joined, texts: tuple[Located, ...]) -> None:
        """Remember whose text is where."""
        doc = engine.nlp["en"].make_doc("")
        cast("Any", super()).__init__([], doc, [], [], None, "en", [])
        self.engine = engine
        self.joined = joined
        self.texts = texts

    def names(self, offset: int) -> str:
        """Return the words of the two names above the text at `offset`, each between spaces."""
        located = self.texts[self.joined.owner(offset)]
        keys = [key for key in located.path[1:] if isinstance(key, str)]
        return "" if located.part == "key" else " " + " ".join(map(words, keys[-2:])) + " "

    def before(self, start: int) -> str:
        """Return up to `WINDOW` characters before `start` in its own text, from a word's start."""
        first = self.joined.starts[self.joined.owner(start)]
        if start - first <= WINDOW:
            return self.joined.text[first:start]
        return self.joined.text[start - WINDOW : start].partition(" ")[2]


class MemberContext(LemmaContextAwareEnhancer):
    """Presidio's context words, among a member's names and just before the finding."""

    def enhance_using_context(
        self,
        text: str,
        raw_results: list[RecognizerResult],
        nlp_artifacts: NlpArtifacts,
        recognizers: list[EntityRecognizer],
        context: list[str] | None = None,  # noqa: ARG002 - names stand in the members
    ) -> list[RecognizerResult]:
        """Raise the scores of results that a context word supports."""
        members = cast("Members", nlp_artifacts)
        vocabulary = {r.id: tuple(word.lower() for word in r.context or ()) for r in recognizers}
        for result in raw_results:
            metadata = cast("dict[str, str]", result.recognition_metadata)
            supporting = vocabulary[metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]]
            if supporting and result.score < self.MAX_SCORE:
                result.score = self._supported(text, result, members, supporting)
        return raw_results

    def _supported(
        self, text: str, result: RecognizerResult, members: Members, supporting: tuple[str, ...]
    ) -> float:
        raised = min(result.score + self.context_similarity_factor, self.MAX_SCORE)
        names = members.names(result.start)
        if any(f" {word} " in names for word in supporting):
            return max(raised, NAMED_SCORE)
        window = members.before(result.start) + text[result.start : result.end]
        lowered = window.lower()
        if not any(word in lowered for word in supporting):
            return result.score
        start = len(window) - (result.end - result.start)
        found = self._extract_surrounding_words(
            members.engine.process_text(window, "en"), window[start:], start
        )
        supported = self._find_supportive_word_in_context(found, list(supporting))
        return max(raised, self.min_score_with_context_similarity) if supported else result.score


def build(entities: frozenset[str]) -> AnalyzerEngine:
    """Build an analyzer that looks for `entities` and nothing else."""
    _prepare()
    recognizers = [_recognizer(entity) for entity in sorted(entities)]
    return AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers, supported_languages=["en"]),
        nlp_engine=_tokenizer(),
        supported_languages=["en"],
        context_aware_enhancer=MemberContext(),
    )


def members(analyzer: AnalyzerEngine, joined: Joined, texts: tuple[Located, ...]) -> Members:
    """Return what the analyzer takes for the tokenized text."""
    return Members(cast("BlankEngine", analyzer.nlp_engine), joined, texts)


@cache
def _tokenizer() -> BlankEngine:
    engine = BlankEngine()
    engine.load()
    return engine


@cache
def _prepare() -> None:
    """Keep Presidio off the network, from skipping patterns, and from logging what it reads."""
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    cast("Any", email_recognizer).tldextract = SimpleNamespace(extract=offline)
    # IBAN compiles its own patterns; they are linear, so without a time-out nothing is skipped.
    cast("Any", iban_recognizer).REGEX_TIMEOUT_SECONDS = None
    logging.getLogger("presidio-analyzer").addFilter(lambda _record: False)


def _recognizer(entity: str) -> EntityRecognizer:
    recognizer = getattr(predefined_recognizers, RECOGNIZERS[entity])(supported_language="en")
    if isinstance(recognizer, PatternRecognizer):
        flags = recognizer.global_regex_flags or 0
        recognizer.patterns = [_guarded(pattern, flags) for pattern in recognizer.patterns]
    return cast("EntityRecognizer", recognizer)


def _guarded(pattern: Pattern, flags: int) -> Pattern:
    """Copy a pattern, which its class shares with every other user of Presidio here."""
    guarded = cast("Any", copy.copy(pattern))
    guarded.compiled_regex = GuardedPattern(pattern.name, regex.compile(pattern.regex, flags))
    guarded.compiled_with_flags = flags
    return cast("Pattern", guarded)
