"""Analyze: a text for exactly the entities that are asked for, as Presidio's recognizers do.

Imports Presidio and spaCy, so it is imported when first needed. Recognizers, their expressions,
validators and scores are Presidio's own; what looks for them is not, and finds the same:

- one pass over the text says which expression may match where (`prefilter`), and an expression
  runs only within what it can reach there (`reach`);
- telephone numbers are looked for in all regions at once (`phones`);
- an expression that runs out of time raises, where stock Presidio logs it and goes on without it;
- no model: a blank tokenizer whose lemma is the lower-cased word, so that context words work;
- public suffixes come from the installed list, where stock fetches them on the first e-mail.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, cast

import phonenumbers
import regex
import tldextract
from presidio_analyzer import (
    EntityRecognizer,
    PatternRecognizer,
    RecognizerResult,
    predefined_recognizers,
)
from presidio_analyzer.predefined_recognizers.generic import email_recognizer, iban_recognizer

from interlock.detect.context import MemberContext, Members
from interlock.detect.phones import PhoneSearch
from interlock.detect.prefilter import Ends, prefilter
from interlock.detect.reach import Runs
from interlock.policy.file.entities import RECOGNIZERS

PATTERN_TIMEOUT_S: Final = 1.0
"""How long one expression may run over a million characters, or less, seconds; ordinary text
takes milliseconds."""


class PatternTimeout(Exception):
    """A pattern did not finish, so the text was not looked at."""


class Search:
    """One of Presidio's patterns, searched for where it may match."""

    def __init__(self, name: str, expression: str, flags: int, score: float) -> None:
        """Compile as Presidio does."""
        self.source = (expression, flags)
        self.score = score
        self._name = name
        self._compiled: Any = regex.compile(expression, flags)
        self._reach = Runs(expression)

    def matches(self, text: str, ends: Ends | None, deadline: float) -> Iterator[Any]:
        """Yield the matches that a search of the whole text would; raises `PatternTimeout`."""
        budget_s = PATTERN_TIMEOUT_S * (1 + len(text) // 1_000_000)
        deadline = min(deadline, time.monotonic() + budget_s)
        runs = ((0, len(text)),) if ends is None else self._reach.runs(text, ends)
        try:
            for start, end in runs:
                # One character more, which no match holds but a boundary looks at.
                yield from self._compiled.finditer(
                    text, start, end + 1, timeout=max(deadline - time.monotonic(), 1e-6)
                )
        except TimeoutError:
            raise PatternTimeout(f"pattern `{self._name}` ran out of time") from None


class Patterns:
    """A recognizer that is a list of expressions with a validator."""

    def __init__(self, recognizer: PatternRecognizer) -> None:
        """Take a recognizer's expressions."""
        flags = int(recognizer.global_regex_flags or 0)
        self.recognizer = recognizer
        self.expressions = [
            Search(pattern.name, pattern.regex, flags, pattern.score)
            for pattern in recognizer.patterns
        ]
        self._by_groups = isinstance(recognizer, predefined_recognizers.IbanRecognizer)

    def found(
        self, text: str, ends: Sequence[Ends | None], deadline: float
    ) -> Iterator[RecognizerResult]:
        """Yield what the recognizer's own `analyze` would, with duplicates."""
        for expression, its_ends in zip(self.expressions, ends, strict=True):
            for match in expression.matches(text, its_ends, deadline):
                for end in self._ends(match):
                    score = self._score(text[match.start() : end], expression.score)
                    if score > 0:
                        yield _result(self.recognizer, match.start(), end, score)
                        break

    def _ends(self, match: Any) -> Iterable[int]:  # noqa: ANN401
        """Return where what was found may end; an IBAN first with all of its optional groups."""
        if not self._by_groups:
            return (match.end(),)
        groups = range(len(match.groups()), 0, -1)
        return (match.end(group) if match.end(group) > 0 else match.end() for group in groups)

    def _score(self, found: str, score: float) -> float:
        if not found:
            return 0.0
        is_valid = self.recognizer.validate_result(found)
        if is_valid is not None:
            score = EntityRecognizer.MAX_SCORE if is_valid else EntityRecognizer.MIN_SCORE
        return 0.0 if self.recognizer.invalidate_result(found) else score


class Phones:
    """A recognizer of telephone numbers."""

    def __init__(self, recognizer: predefined_recognizers.PhoneRecognizer) -> None:
        """Take a recognizer's regions."""
        if recognizer.leniency != phonenumbers.Leniency.VALID:
            raise ValueError(f"`{recognizer.name}` asks for another leniency than VALID")
        self.recognizer = recognizer
        self._search = PhoneSearch(tuple(cast("Any", recognizer).supported_regions))

    def found(self, text: str, deadline: float) -> Iterator[RecognizerResult]:
        """Yield what the recognizer's own `analyze` would."""
        for start, end in self._search.spans(text, deadline):
            if self._is_wanted(text[start:end]):
                yield _result(self.recognizer, start, end, self.recognizer.SCORE)

    def _is_wanted(self, found: str) -> bool:
        """Whether a number is of the kind that a recognizer of one country's lines looks for."""
        lines = getattr(self.recognizer, "target_classification", None)
        if lines is None:
            return True
        recognizer: Any = self.recognizer
        number: Any = phonenumbers.parse(found, recognizer.REGION)
        is_there = phonenumbers.region_code_for_number(number) == recognizer.REGION
        return is_there and recognizer._classify(number) == lines  # noqa: SLF001


class Analyzer:
    """Finds some entities; safe for threads."""

    def __init__(self, entities: Iterable[str]) -> None:
        """Build the recognizers of `entities`."""
        _prepare()
        recognizers = [_recognizer(entity) for entity in entities]
        patterned = [r for r in recognizers if isinstance(r, PatternRecognizer)]
        self._patterns = [Patterns(recognizer) for recognizer in patterned]
        phones = (r for r in recognizers if isinstance(r, predefined_recognizers.PhoneRecognizer))
        self._phones = [Phones(recognizer) for recognizer in phones]
        self._prefilter = prefilter([e.source for p in self._patterns for e in p.expressions])
        self._context = MemberContext()
        self._supporting = {r.id: [word.lower() for word in r.context or ()] for r in recognizers}

    def analyze(
        self, text: str, members: Members | None, deadline: float = float("inf")
    ) -> list[RecognizerResult]:
        """Return findings as Presidio orders them; without `members` no context is weighed.

        `deadline` is of `time.monotonic`. Raises `PatternTimeout` or `PhoneTimeout` when not all
        of the text was looked at.
        """
        found = list(self._found(text, deadline))
        for result in found if members else ():
            metadata = cast("dict[str, str]", result.recognition_metadata)
            its = metadata[RecognizerResult.RECOGNIZER_IDENTIFIER_KEY]
            self._context.weigh(result, cast("Members", members), self._supporting[its])
        return EntityRecognizer.remove_duplicates(found)

    def _found(self, text: str, deadline: float) -> Iterator[RecognizerResult]:
        ends = self._prefilter.ends(text) if self._prefilter else None
        first = 0
        for patterns in self._patterns:
            after = first + len(patterns.expressions)
            its: Sequence[Ends | None] = ends[first:after] if ends else [None] * (after - first)
            first = after
            if any(each is None or each for each in its):
                yield from EntityRecognizer.remove_duplicates(
                    list(patterns.found(text, its, deadline))
                )
        for phones in self._phones:
            yield from phones.found(text, deadline)


def _result(recognizer: EntityRecognizer, start: int, end: int, score: float) -> RecognizerResult:
    metadata = {RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: recognizer.id}
    kind = recognizer.supported_entities[0]
    return RecognizerResult(kind, start, end, score, recognition_metadata=metadata)


@cache
def _prepare() -> None:
    """Keep Presidio off the network, from skipping patterns, and from logging what it reads."""
    offline = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    cast("Any", email_recognizer).tldextract = SimpleNamespace(extract=offline)
    # What validates an IBAN is linear, so without a time-out nothing is refused.
    cast("Any", iban_recognizer).REGEX_TIMEOUT_SECONDS = None
    logging.getLogger("presidio-analyzer").addFilter(lambda _record: False)


def _recognizer(entity: str) -> EntityRecognizer:
    """Build a recognizer; refuses one that would have to be run in another way."""
    build: Any = getattr(predefined_recognizers, RECOGNIZERS[entity])
    own = (PatternRecognizer.analyze, predefined_recognizers.IbanRecognizer.analyze)
    is_phone = issubclass(build, predefined_recognizers.PhoneRecognizer)
    if not is_phone and build.analyze not in own:
        raise TypeError(f"`{RECOGNIZERS[entity]}` finds in a way that is not known here")
    return cast("EntityRecognizer", build(supported_language="en"))
