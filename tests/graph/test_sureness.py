"""Sureness: what providers and hosts say of a message's calls, and nothing where they say none."""

import json
import math
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from interlock.graph.sureness import DECLARED, SAMPLES, claims_of
from interlock.signals.confidence import SourceClaim

CALLS = [
    {"name": "look", "args": {"account": "GB33"}, "id": "a"},
    {"name": "pay", "args": {"to": "bo", "amount": 7}, "id": "b"},
]


def tokens(*unsure: str) -> dict[str, Any]:
    """Say the calls as tokens in OpenAI's form, all sure but some."""
    parts = [part for call in CALLS for part in (call["name"], json.dumps(call["args"]))]
    words = [word for part in parts for word in part.replace('"', '\0"\0').split("\0") if word]
    said = [{"token": word, "logprob": math.log(0.25) if word in unsure else 0.0} for word in words]
    return {"logprobs": {"content": said}}


def test_each_call_has_its_own_tokens() -> None:
    """An unsure value of one call says nothing of the other."""
    first, second = claims_of(AIMessage("", tool_calls=CALLS, response_metadata=tokens("bo")))

    assert first["logprobs"].said_0_1 == 1
    assert second["logprobs"].said_0_1 == pytest.approx(0.25)
    assert "`to`" in second["logprobs"].words


def test_samples_agree_by_call() -> None:
    """A share of the other samples, for each call."""
    pay = {"name": "pay", "args": {"amount": 7, "to": "bo"}}
    samples = [[CALLS[0], pay], [pay], []]
    message = AIMessage("", tool_calls=CALLS, additional_kwargs={SAMPLES: samples})

    assert [one["agreement"].said_0_1 for one in claims_of(message)] == pytest.approx(
        [1 / 3, 2 / 3]
    )


def test_a_member_of_the_message_declares() -> None:
    """By a call's id; the reserved argument counts before it, and nonsense is no word."""
    calls = [*CALLS, {"name": "pay", "args": {"_interlock": {"confidence": 0.1}}, "id": "c"}]
    calls.append({"name": "pay", "args": {}, "id": "d"})
    said = {"a": 0.75, "b": True, "c": 0.9, "d": 95, "x": 1.0}
    found = claims_of(AIMessage("", tool_calls=calls, additional_kwargs={DECLARED: said}))

    assert [one.get("declared") for one in found] == [
        SourceClaim(0.75, "the agent says 0.75 of itself"),
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("metadata", "more"),
    [
        ({}, {}),
        ({"logprobs": 7}, {SAMPLES: 7}),
        ({"logprobs": {"content": [{"token": "x"}]}}, {SAMPLES: [7]}),
        ({"logprobs": {"content": None}}, {SAMPLES: [[{"name": "pay"}]]}),
        ({"logprobs": [[1]]}, {SAMPLES: {"a": 1}}),
        ({}, {DECLARED: 0.9}),
        ({}, {DECLARED: [0.9]}),
        ({}, {DECLARED: {"a": "0.9", "b": float("nan")}}),
    ],
)
def test_whatever_else_is_given_says_nothing(metadata: Any, more: Any) -> None:
    """A form that nobody knows is no confidence, and stops no turn."""
    message = AIMessage("", tool_calls=CALLS, response_metadata=metadata, additional_kwargs=more)

    assert claims_of(message) == [{}, {}]
