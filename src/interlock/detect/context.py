"""Weigh: a finding by the words around it: the names above its text, and its text before it.

Two things differ from a stock Presidio, both towards the stricter side: a context word among the
names above a value counts as the field's declaration (`NAMED_SCORE`), and context is looked up
around findings only, where stock tokenizes everything and walks it anew for each finding.
"""

from functools import cache
from typing import Any, Final

import spacy
from presidio_analyzer import RecognizerResult
from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer
from presidio_analyzer.nlp_engine import NlpArtifacts, SlimSpacyNlpEngine

from interlock.detect.joined import Joined
from interlock.detect.names import words
from interlock.path.inspection import Located

NAMED_SCORE: Final = 0.6
"""Least score of a finding under a name, its own or its parent's, that is a context word.

Stock gives 0.4 to nine bare digits after `social security`; a field called `ssn` says more.
"""

WINDOW: Final = 120
"""Characters before a finding in which context words are looked for; stock takes five words."""


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


@cache
def tokenizer() -> BlankEngine:
    """Return the one tokenizer, which threads share."""
    engine = BlankEngine()
    engine.load()
    return engine


class Members:
    """The texts that were joined: whose text is where, and what stands above it."""

    def __init__(self, joined: Joined, texts: tuple[Located, ...]) -> None:
        """Remember the texts in the order in which they were joined."""
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

    def weigh(self, result: RecognizerResult, members: Members, supporting: list[str]) -> None:
        """Raise the score of a result that one of the words, in lower case, supports."""
        if not supporting or result.score >= self.MAX_SCORE:
            return
        raised = min(result.score + self.context_similarity_factor, self.MAX_SCORE)
        names = members.names(result.start)
        if any(f" {word} " in names for word in supporting):
            result.score = max(raised, NAMED_SCORE)
        elif self._is_supported(result, members, supporting):
            result.score = max(raised, self.min_score_with_context_similarity)

    def _is_supported(
        self, result: RecognizerResult, members: Members, supporting: list[str]
    ) -> bool:
        before = members.before(result.start)
        window = before + members.joined.text[result.start : result.end]
        lowered = window.lower()
        if not any(word in lowered for word in supporting):
            return False
        found = self._extract_surrounding_words(
            tokenizer().process_text(window, "en"), window[len(before) :], len(before)
        )
        return bool(self._find_supportive_word_in_context(found, supporting))
