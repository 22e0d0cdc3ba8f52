"""Logprobs: only what a call says counts, and what cannot be found is missing."""

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.logprobs import (
    MOST_BYTES,
    SampledToken,
    Sureness,
    sureness,
    tokens_of,
)

SURE, UNSURE = math.log(0.99), math.log(0.4)


def tokens(*texts: str, unsure: str = "") -> list[SampledToken]:
    """Make tokens, of which those equal to `unsure` are unlikely."""
    return [SampledToken(text.encode(), UNSURE if text == unsure else SURE) for text in texts]


def read(found: list[SampledToken], tool: str, args: dict[str, Any]) -> Sureness:
    """Read a call that is there."""
    answer = sureness(found, tool, args)
    assert answer is not None
    return answer[0]


PARTS = ('{"', "name", '":"', "pay", '","', "arguments", '":{"', "to", '":"', "an", "a", '","')
CALL = (*PARTS, "amount", '":', "12", "0", "}}")
ARGS = {"to": "ana", "amount": 120}


class TestWhatCounts:
    @pytest.mark.parametrize(("token", "least"), [("an", "to"), ("12", "amount"), ("pay", "pay")])
    def test_the_least_sure_part_is_named(self, token: str, least: str) -> None:
        """An unlikely token of a value or of the name makes that part the least sure."""
        found = read(tokens(*CALL, unsure=token), "pay", ARGS)

        assert found.least == least
        assert found.confidence_0_1 < 0.7
        assert found.words() == f"the model was least sure of `{least}`: {found.confidence_0_1:.2f}"

    @pytest.mark.parametrize("token", ['":', "to", "name", '","', "}}", "amount"])
    def test_punctuation_and_names_of_members_do_not(self, token: str) -> None:
        """An unlikely token beside the values changes nothing."""
        assert read(tokens(*CALL, unsure=token), "pay", ARGS).confidence_0_1 > 0.98

    def test_only_tokens_of_values_are_counted(self) -> None:
        """Name, two tokens of the text and two of the number."""
        assert read(tokens(*CALL), "pay", ARGS).tokens == 5

    def test_a_token_that_touches_a_value_counts(self) -> None:
        """A token that holds a quote and the value's beginning belongs to the value."""
        split = tokens("pay ", '{"to": ', '"ana"', "}", unsure='"ana"')

        assert read(split, "pay", {"to": "ana"}).confidence_0_1 == pytest.approx(0.4)

    def test_characters_split_over_tokens_are_joined(self) -> None:
        """A text in bytes that no token holds whole is read."""
        raw = 'pay {"to": "Zoë"}'.encode()
        split = [SampledToken(raw[at : at + 1], SURE) for at in range(len(raw))]

        assert read(split, "pay", {"to": "Zoë"}).confidence_0_1 == pytest.approx(0.99)

    def test_calls_of_one_message_are_read_in_order(self) -> None:
        """Two calls of one tool are told apart by where the first ended."""
        both = tokens("pay ", '{"n": ', "1", "}", " pay ", '{"n": ', "2", "}", unsure="2")
        first = sureness(both, "pay", {"n": 1})
        assert first is not None
        second = sureness(both, "pay", {"n": 2}, start=first[1])
        assert second is not None

        assert first[0].confidence_0_1 > 0.98
        assert second[0].least == "n"

    @given(st.dictionaries(st.text(min_size=1), st.text() | st.integers() | st.none()))
    def test_whatever_was_parsed_is_found(self, args: dict[str, Any]) -> None:
        """Arguments that stand in the text as JSON are read, whatever is in them."""
        text = f"call {json.dumps(args, ensure_ascii=False)}"
        cut = [text[at : at + 3] for at in range(0, len(text), 3)]
        try:
            found = tokens(*cut)
        except UnicodeEncodeError:
            return

        assert read(found, "call", args).confidence_0_1 == pytest.approx(0.99)


class TestMissing:
    @pytest.mark.parametrize(
        ("tool", "args"),
        [("pay", {"to": "bo"}), ("refund", ARGS), ("pay", {**ARGS, "note": ""}), ("", ARGS)],
    )
    def test_what_is_not_there_is_missing(self, tool: str, args: dict[str, Any]) -> None:
        """Other arguments, another tool or an edited call has no probability."""
        assert sureness(tokens(*CALL), tool, args) is None

    @pytest.mark.parametrize(
        "raw",
        [b"\xff{}", b"x" * (MOST_BYTES + 1), b"{" * MOST_BYTES, b'{"a":' * 13_000],
    )
    def test_hostile_texts_are_missing_and_cheap(self, raw: bytes) -> None:
        """What is no text, too long or nested without end is missing within 50 ms of work."""
        start = time.thread_time()
        found = sureness([SampledToken(raw, SURE)], "pay", ARGS)

        assert found is None
        assert time.thread_time() - start < 0.05


class TestProviders:
    @pytest.mark.parametrize(
        "metadata",
        [
            {"logprobs": {"content": [{"token": "a", "logprob": -0.5, "bytes": [97]}]}},
            {"logprobs": {"content": [{"token": "a", "logprob": -0.5, "bytes": None}]}},
            {"logprobs": [{"token": "a", "logprob": -0.5}]},
            {"logprobs_result": {"chosen_candidates": [{"token": "a", "log_probability": -0.5}]}},
            {"logprobs": {"tokens": ["a"], "token_logprobs": [-0.5]}},
        ],
    )
    def test_formats_are_read(self, metadata: dict[str, Any]) -> None:
        """Each provider's form gives the same tokens."""
        assert tokens_of(metadata) == [SampledToken(b"a", -0.5)]

    @pytest.mark.parametrize(
        "metadata",
        [
            {},
            {"logprobs": None},
            {"logprobs": {"content": None}},
            {"logprobs": {"content": [{"token": "a"}]}},
            {"logprobs": {"content": [{"token": "a", "logprob": "x"}]}},
            {"logprobs": {"content": [{"token": 1, "logprob": -1}]}},
            {"logprobs": {"content": [{"token": "a", "logprob": 0.5}]}},
            {"logprobs": {"content": [{"token": "a", "logprob": -1, "bytes": [900]}]}},
            {"logprobs": {"content": 7}},
            {"logprobs": {"tokens": ["a", "b"], "token_logprobs": [-1]}},
            {"logprobs": "text"},
            {"logprobs": {"content": [{"token": "a", "logprob": float("nan")}]}},
        ],
    )
    def test_anything_else_is_missing(self, metadata: dict[str, Any]) -> None:
        """No form that is not known, and no probability above 1, is guessed at."""
        assert tokens_of(metadata) is None
