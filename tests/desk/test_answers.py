"""Hear: the laws of the answer reader."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode
from interlock.desk.answers import (
    Doorbell,
    InlineAnswer,
    Malformed,
    read_answer,
    restored,
)

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
