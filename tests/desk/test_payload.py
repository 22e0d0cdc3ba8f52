"""Ask: the laws of the interrupt payload."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import decode, encode
from interlock.desk.display import visible
from interlock.desk.payload import asked_again, interrupt_payload, plain
from interlock.errors import CanonError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def payload(**changes: Any) -> dict[str, Any]:
    """Make the question about one refund."""
    parts: dict[str, Any] = {
        "tool": "refund.issue",
        "args": {"order": "A-1", "amount": 120},
        "request_id": "req_1",
        "call_id": "call_1",
        "digest": "d" * 64,
        "decision": "require_approval",
        "rules": ["large"],
        "reason": "over 100",
        "signals": {"confidence": 0.4},
        "risk": "high",
        "consequences": "changes something, once for each run",
        "expires_at": "2026-01-01T04:00:00.000000Z",
        "allowed": ("approve", "edit", "reject", "respond"),
        "chain": [{"agent": "lead", "says": "refund A-1"}],
        "claim": "the customer asked",
    }
    return interrupt_payload(**{**parts, **changes})


class TestLaws:
    @given(st.dictionaries(st.text(max_size=9), json_values, max_size=4))
    def test_a_payload_is_json(self, args: dict[str, Any]) -> None:
        """A payload is JSON for any arguments that a proposal can carry."""
        try:
            carried = decode(encode(args))
        except CanonError:
            return
        json.dumps(payload(args=carried), allow_nan=False).encode()


def test_the_question_has_the_members_that_clients_read() -> None:
    """One action, one review configuration, and our own member beside them."""
    asked = payload()

    (action,), (review,) = asked["action_requests"], asked["review_configs"]
    assert action["name"] == review["action_name"] == "refund.issue"
    assert action["args"] == action["arguments"] == {"order": "A-1", "amount": 120}
    assert review["allowed_decisions"] == ["approve", "edit", "reject", "respond"]
    members = "v request_id call_id digest decision rules signals risk consequences route"
    assert {*members.split(), "expires_at", "chain"} <= asked["interlock"].keys()


def test_the_description_shows_hidden_characters() -> None:
    """An invisible or turning character in an argument is seen in the description."""
    words = payload(args={"to": "ana\u202egro.live"})["action_requests"][0]["description"]

    assert "\u202e" not in words
    assert "202e" in words.lower()


@pytest.mark.parametrize(
    "said", ["![x](https://evil.example/p.png)", "<img src=//evil>", "```\n# approved", "**ok**"]
)
def test_nothing_of_the_agents_is_markdown(said: str) -> None:
    """Tool name, claim and arguments stand inside fences that they cannot close."""
    asked = payload(tool=said, claim=said, args={said: said}, reason=said)
    words = asked["action_requests"][0]["description"]
    outside, fence = "", ""
    for line in words.splitlines():
        ticks = re.match("`{3,}", line)
        if ticks and fence in ("", line):
            fence = "" if fence else ticks[0]
        elif not fence:
            outside += line

    assert outside == fence == ""
    assert words.count(visible(said)) >= 4


def test_an_error_is_said_first() -> None:
    """A question that is asked again starts with the reason, and keeps the call."""
    again = asked_again(payload(), "answer not understood")

    told = again["action_requests"][0]["description"]
    assert told.startswith("```text\nanswer not understood\n```\n")
    assert again["interlock"]["error"] == "answer not understood"
    assert again["interlock"]["request_id"] == "req_1"


def test_numbers_beyond_the_safe_range_are_text() -> None:
    """A client that reads numbers as doubles never shows another number than the one that runs."""
    assert plain({"n": 2**53 + 1, "m": [2**70]}) == {"n": str(2**53 + 1), "m": [str(2**70)]}
