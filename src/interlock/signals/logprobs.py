"""Read: how sure a model was of a call, by the probabilities of the tokens that make it.

Only tokens of the tool's name and of the arguments' values count: punctuation and names of members
are nearly always sure and drown what matters. What a provider does not give, and a value that does
not stand in the tokens as it was parsed, makes the signal missing.
Source: restricting to tokens with meaning follows arXiv 2604.22985.
"""

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple, cast

MOST_TOKENS: Final = 16_384
"""Tokens of a message beyond which nothing is read."""

MOST_BYTES: Final = 65_536
"""Bytes of a message beyond which nothing is read."""


class SampledToken(NamedTuple):
    """One token of a model's message."""

    text: bytes
    logprob: float
    """Natural logarithm of its probability, at most 0."""


class Sureness(NamedTuple):
    """How sure a model was of a call."""

    confidence_0_1: float
    """Geometric mean of the probabilities over the tokens of the least sure part."""
    least: str
    """Which part that is: the path of an argument, or the tool's name."""
    tokens: int
    """How many tokens were counted."""

    def words(self) -> str:
        """Say it for a reviewer."""
        return f"the model was least sure of `{self.least}`: {self.confidence_0_1:.2f}"


def tokens_of(metadata: Mapping[str, Any]) -> list[SampledToken] | None:
    """Find the tokens in what LangChain calls `response_metadata`; None where there are none.

    Reads OpenAI's chat format, which many servers share, lists of tokens as Ollama gives them,
    Gemini's `logprobs_result`, and the older pair of `tokens` and `token_logprobs`.
    """
    given = metadata.get("logprobs", metadata.get("logprobs_result"))
    try:
        tokens = list(_tokens(given))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    usable = 0 < len(tokens) <= MOST_TOKENS and all(each.logprob <= 0 for each in tokens)
    return tokens if usable else None


def _tokens(given: Any) -> Iterator[SampledToken]:  # noqa: ANN401 - JSON of a provider
    if isinstance(given, Mapping):
        found = cast("Mapping[str, Any]", given)
        if "token_logprobs" in found:
            for text, logprob in zip(found["tokens"], found["token_logprobs"], strict=True):
                yield _token(text, None, logprob)
            return
        given = found.get("content") or found.get("chosen_candidates") or ()
    for each in given or ():
        logprob = each["logprob"] if "logprob" in each else each["log_probability"]
        yield _token(each["token"], each.get("bytes"), logprob)


def _token(text: str, raw: Sequence[int] | None, logprob: float | None) -> SampledToken:
    """Read one token; the first of a text has no probability with some providers."""
    return SampledToken(
        bytes(raw) if raw else text.encode(), 0.0 if logprob is None else float(logprob)
    )


def sureness(
    tokens: Sequence[SampledToken], tool: str, arguments: Mapping[str, Any], start: int = 0
) -> tuple[Sureness, int] | None:
    """Return how sure the model was of a call, and at which character its arguments end.

    Calls of one message are read in their order, each from where the one before ended. None where
    name and arguments do not stand there as they were parsed, or the text is too long.
    """
    raw = b"".join([token.text for token in tokens])
    if len(raw) > MOST_BYTES:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    span = _arguments_in(text, arguments, start)
    named = None if span is None else _name_in(text, tool, start, span)
    if span is None or named is None:
        return None
    parts = [(tool, *named), *_values_in(text, span)]
    return _least(tokens, text, parts), span[1]


def _arguments_in(text: str, arguments: Mapping[str, Any], start: int) -> tuple[int, int] | None:
    """Find the object that parses to the arguments."""
    at = text.find("{", start)
    for _ in range(_TRIES):
        if at < 0:
            return None
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            value, end = None, at
        if value == arguments:
            return at, end
        at = text.find("{", at + 1)
    return None


def _name_in(text: str, tool: str, start: int, span: tuple[int, int]) -> tuple[int, int] | None:
    """Find the tool's name: the nearest before its arguments, else the first after them."""
    at = text.rfind(tool, start, span[0])
    at = text.find(tool, span[1]) if at < 0 else at
    return None if at < 0 or not tool else (at, at + len(tool))


def _values_in(text: str, span: tuple[int, int]) -> Iterator[tuple[str, int, int]]:
    """Yield each value with the name of its member and its place, quotes left out."""
    member = ""
    for match in _SCALAR.finditer(text, *span):
        start, end = match.span(1)
        if match[2]:
            member = text[start + 1 : end - 1]
        elif text[start] == '"' and end - start > 2:
            yield member, start + 1, end - 1
        else:
            yield member, start, end


def _least(
    tokens: Sequence[SampledToken], text: str, parts: Sequence[tuple[str, int, int]]
) -> Sureness:
    """Return the least sure of the parts, by the mean over the tokens that touch it."""
    ends = list(accumulate(len(token.text) for token in tokens))
    places = [0, *accumulate(len(character.encode()) for character in text)]
    least, counted = (math.inf, ""), 0
    for name, start, end in parts:
        first = bisect_right(ends, places[start])
        last = bisect_left(ends, places[end])
        logprobs = [token.logprob for token in tokens[first : last + 1]]
        least = min(least, (sum(logprobs) / len(logprobs), name))
        counted += len(logprobs)
    return Sureness(math.exp(least[0]), least[1], counted)


_DECODER: Final = json.JSONDecoder()
_TRIES: Final = 64
_SCALAR: Final = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s{}\[\]:,"]+)(\s*:)?')
