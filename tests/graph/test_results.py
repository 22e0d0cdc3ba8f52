"""Translate: what a tool returns is carried whole, or said not to be."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import ToolMessage
from langchain_core.tools.base import TOOL_MESSAGE_BLOCK_TYPES
from pydantic import BaseModel

from interlock.canon import decode, encode
from interlock.graph.results import (
    NO_MESSAGE,
    TOO_DEEP,
    carried,
    message_json,
    read_message,
    read_result,
    read_text,
    write_content,
    write_message,
)
from interlock.path.blocks import BLOCK_TYPES
from interlock.path.release import Answer

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
structures = st.lists(json_values, max_size=4) | st.dictionaries(st.text(), json_values, max_size=4)


class TestLaws:
    @given(structures)
    def test_json_text_is_read_and_written_as_itself(self, value: Any) -> None:
        """What is delivered unchanged has the members that the tool returned."""
        text = json.dumps(value)
        read = read_text(text)
        if not isinstance(read, str):
            assert read == json.loads(text)
        assert write_content(read) == text

    @given(st.text(st.characters(categories=None)))
    def test_text_that_is_no_structure_stays_text(self, text: str) -> None:
        """Numbers, words and broken JSON are texts; nothing is lost but lone surrogates."""
        read = read_text(text)
        if isinstance(read, str):
            assert read == text.encode("utf-8", "replace").decode()

    @given(json_values | st.binary() | st.decimals() | st.complex_numbers() | st.builds(object))
    def test_what_is_carried_has_a_canonical_form(self, value: Any) -> None:
        """Whatever a tool returns, what is handed on can be recorded exactly."""
        assert decode(encode(carried(value))) == carried(value)

    @given(st.sampled_from(["text", "image_url", "document", "file"]), st.integers(0, 3))
    def test_text_that_looks_like_blocks_stays_text(self, kind: str, lists: int) -> None:
        """What came as text is written as the same text, however deep the blocks in it stand."""
        value: Any = [{"type": kind, "url": "https://example.invalid/a"}]
        for _ in range(lists):
            value = [value]

        written = write_content(read_text(json.dumps(value)))

        assert isinstance(written, str)
        assert json.loads(written) == value

    @given(st.text(min_size=1) | structures)
    def test_a_message_can_be_read_back(self, content: Any) -> None:
        """The JSON of a message makes the same message."""
        message = write_message(Answer("released", content, "success"), "look", "c0")

        assert ToolMessage(**message_json(message)).content == message.content


class Colour(Enum):
    """A choice of the application."""

    RED = "red"


class Row(BaseModel):
    """A value of the application."""

    name: str


@dataclass
class Pair:
    """Another."""

    left: int
    right: Row


def test_models_and_dataclasses_are_carried_by_their_members() -> None:
    """Structured values of an application become objects."""
    assert carried([Row(name="a"), Pair(1, Row(name="b"))]) == [
        {"name": "a"},
        {"left": 1, "right": {"name": "b"}},
    ]


def test_what_json_cannot_carry_is_named_never_shown() -> None:
    """An unknown value becomes a note of its type; its text could hold anything."""
    assert carried({"a": object(), "b": b"secret"}) == {
        "a": "[object: not carried]",
        "b": "[bytes: not carried]",
    }


def test_plain_values_of_python_have_their_usual_text() -> None:
    """Times, amounts, ids and enumerations are written as JSON writers write them."""
    value = {
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "amount": Decimal("1.5"),
        "id": UUID(int=1),
        "state": Colour.RED,
        "tags": {"a"},
        Colour.RED: SimpleNamespace(x=1),
    }

    assert carried(value) == {
        "at": "2026-01-02T00:00:00+00:00",
        "amount": "1.5",
        "id": "00000000-0000-0000-0000-000000000001",
        "state": "red",
        "tags": ["a"],
        "red": {"x": 1},
    }


@pytest.mark.parametrize(
    "text",
    [
        '\ufeff{"a": 1}',
        ' \n{"a": 1}\r\n',
        '{"a": 1}\n{"a": 2}\n',
        '{\n  "v": 1.10,\n  "e": 1e5\n}\n',
        '{"a": NaN, "b": -Infinity, "c": 1e999}',
        '{"u": "\\u00e9"}',
        '{"a": 1, "a": 2}',
        "[1,2]",
        '[{"type":"image_url"}]',
        '{"a": -0.0, "b": 1E2}',
    ],
)
def test_text_is_delivered_as_it_came(text: str) -> None:
    """A file that a tool reads is what the model reads, whatever JSON it holds."""
    assert write_content(read_text(text)) == text


def test_what_a_tool_returns_as_a_structure_stays_one() -> None:
    """Code reads members where the tool gave members."""
    value = {"a": [1, 2.5, None], "n": 10**30, "t": "caf\u00e9 \n"}

    assert read_text(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, "[" * 195 + "]" * 195])
def test_what_is_too_deep_is_dropped(text: str) -> None:
    """A result that cannot be walked is not delivered uninspected."""
    done = read_message(ToolMessage(text, tool_call_id="c0"))

    assert (done.content, done.status) == (TOO_DEEP, "success")


def test_only_the_calls_own_message_is_its_result() -> None:
    """Messages for other calls, and commands, are not taken for the result."""
    other, own = ToolMessage("a", tool_call_id="x"), ToolMessage("b", tool_call_id="c0")

    assert read_result({"messages": [other, own]}, "c0").content == "b"
    assert read_result({"messages": [other]}, "c0").content == NO_MESSAGE


def test_a_notice_goes_before_the_content() -> None:
    """A model reads first that its arguments were changed, in text and in blocks."""
    block = {"type": "text", "text": "hi"}

    assert write_content({"a": 1}, "changed") == 'changed\n\n{"a": 1}'
    assert write_content([block], "changed") == [{"type": "text", "text": "changed"}, block]


def test_the_types_of_blocks_are_langchains() -> None:
    """Whatever LangChain takes for a block is inspected as one."""
    assert set(TOOL_MESSAGE_BLOCK_TYPES) <= BLOCK_TYPES
