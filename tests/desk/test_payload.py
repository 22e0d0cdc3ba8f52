"""Ask and hear: the laws of the interrupt payload and of the answer reader."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import decode, encode
from interlock.desk.payload import (
    Doorbell,
    InlineAnswer,
    Malformed,
    asked_again,
    interrupt_payload,
    plain,
    read_answer,
    restored,
)
from interlock.errors import CanonError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
objects = st.one_of(
    json_values,
    st.binary(),
    st.datetimes(),
    st.decimals(),
    st.complex_numbers(),
    st.functions(),
    st.tuples(st.text()),
    st.frozensets(st.integers()),
    st.builds(object),
)
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["approve", "accept", "edit", "reject", "ignore", "respond"])
        | objects,
        "decisions": st.lists(objects, max_size=3) | objects,
        "args": objects,
        "edited_action": st.fixed_dictionaries({}, optional={"name": objects, "args": objects}),
        "message": objects,
        "interlock": st.fixed_dictionaries({}, optional={"doorbell": objects}) | objects,
    },
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
    @given(objects | near_misses | st.lists(near_misses, max_size=2))
    def test_reading_never_raises(self, said: object) -> None:
        """Whatever comes, the reader says what it is; thread and process go on."""
        assert isinstance(read_answer(said), Doorbell | InlineAnswer | Malformed)

    @given(near_misses | json_values)
    def test_an_edit_can_be_carried(self, said: object) -> None:
        """Edited arguments that are accepted have a canonical form."""
        match read_answer(said):
            case InlineAnswer(decision="edit", args=args):
                assert args is not None
                encode(args)
            case _:
                pass

    @given(objects)
    def test_only_a_clear_yes_approves(self, said: object) -> None:
        """Nothing but the documented forms is an approval."""
        heard = read_answer(said)
        if isinstance(heard, InlineAnswer) and heard.decision == "approve":
            assert said is True or (isinstance(said, str) and said.strip().lower() == "approve")

    @given(st.dictionaries(st.text(max_size=9), json_values, max_size=4))
    def test_a_payload_is_json(self, args: dict[str, Any]) -> None:
        """A payload is JSON for any arguments that a proposal can carry."""
        try:
            carried = decode(encode(args))
        except CanonError:
            return
        json.dumps(payload(args=carried), allow_nan=False).encode()

    @given(st.dictionaries(st.text(), json_values, max_size=4))
    def test_unedited_values_come_back_as_they_were(self, original: dict[str, Any]) -> None:
        """A client that turns values into text and changes none changes nothing."""
        numbers = {k: v for k, v in original.items() if isinstance(v, int | str)}
        as_text = {name: str(value) for name, value in numbers.items()}

        assert restored(as_text, numbers) == numbers


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (True, InlineAnswer("approve")),
        (False, InlineAnswer("reject")),
        ("approve", InlineAnswer("approve")),
        (" Reject ", InlineAnswer("reject")),
        ({"decisions": [{"type": "approve"}]}, InlineAnswer("approve")),
        (
            {"decisions": [{"type": "reject", "message": "too much"}]},
            InlineAnswer("reject", reason="too much"),
        ),
        (
            {"type": "respond", "message": "done by hand"},
            InlineAnswer("respond", message="done by hand"),
        ),
        (
            {"type": "edit", "edited_action": {"name": "refund.issue", "args": {"amount": 5}}},
            InlineAnswer("edit", args={"amount": 5}, tool="refund.issue"),
        ),
        ([{"type": "accept", "args": None}], InlineAnswer("approve")),
        ([{"type": "ignore", "args": None}], InlineAnswer("reject")),
        ([{"type": "response", "args": "no"}], InlineAnswer("respond", message="no")),
        (
            [{"type": "edit", "args": {"action": "refund.issue", "args": {"amount": "5"}}}],
            InlineAnswer("edit", args={"amount": "5"}, tool="refund.issue", stringified=True),
        ),
        ({"interlock": {"doorbell": "req_1"}}, Doorbell("req_1")),
        ({"interlock": {"doorbell": True}}, Doorbell()),
    ],
)
def test_what_clients_send_is_understood(said: object, expected: object) -> None:
    """Each documented form of an answer means what its client shows."""
    assert read_answer(said) == expected


@pytest.mark.parametrize(
    "said",
    [
        None,
        {},
        [],
        "yes",
        1,
        {"decisions": []},
        {"decisions": [{"type": "approve"}, {"type": "approve"}]},
        {"type": "edit", "edited_action": {"name": "x"}},
        {"type": "edit", "edited_action": {"name": "x", "args": {"n": float("nan")}}},
        {"type": "respond"},
        {"type": ["approve"]},
        {"approve": True},
    ],
)
def test_nonsense_asks_again_in_words(said: object) -> None:
    """What nobody can read is malformed, and the words say what to send."""
    heard = read_answer(said)

    assert isinstance(heard, Malformed)
    assert heard.why


def test_code_in_an_answer_is_not_run() -> None:
    """An object that pretends to be a dict is refused before any of its methods is called."""

    class Trap(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError("ran")

        def __iter__(self) -> Any:
            raise RuntimeError("ran")

    assert isinstance(read_answer(Trap(type="approve")), Malformed)


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


def test_an_error_is_said_first() -> None:
    """A question that is asked again starts with the reason, and keeps the call."""
    again = asked_again(payload(), "answer not understood")

    assert again["action_requests"][0]["description"].startswith("answer not understood")
    assert again["interlock"]["error"] == "answer not understood"
    assert again["interlock"]["request_id"] == "req_1"


def test_numbers_beyond_the_safe_range_are_text() -> None:
    """A client that reads numbers as doubles never shows another number than the one that runs."""
    assert plain({"n": 2**53 + 1, "m": [2**70]}) == {"n": str(2**53 + 1), "m": [str(2**70)]}


def test_a_value_turned_into_text_gets_its_type_back() -> None:
    """Agent-inbox sends every value as text; numbers and structures become themselves again."""
    original = {"amount": 5, "tags": ["a"], "note": "7", "ok": True, "none": None}
    edited = {
        "amount": "9",
        "tags": '["b"]',
        "note": "8",
        "ok": "false",
        "none": "null",
        "new": "1",
    }

    assert restored(edited, original) == {
        "amount": 9,
        "tags": ["b"],
        "note": "8",
        "ok": False,
        "none": None,
        "new": "1",
    }
