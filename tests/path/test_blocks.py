"""Read: what a content block holds, and what nobody can read in it."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.path.blocks import (
    blocks_in,
    decoded,
    embedded,
    parts_of,
    structures,
    unread,
    written,
)

TEXT = base64.b64encode(b"a note").decode()


def test_only_a_list_of_blocks_is_one() -> None:
    """A list of rows, or a list with one stranger in it, is data and no blocks."""
    block = {"type": "text", "text": "a"}

    assert blocks_in([block]) == [block]
    for content in ("text", [], [block, {"id": 1}], [block, "x"], {"type": "text"}):
        assert blocks_in(content) == []


@pytest.mark.parametrize(
    ("block", "held"),
    [
        ({"type": "file", "mime_type": "text/plain", "base64": TEXT}, "a note"),
        ({"type": "file", "mime_type": "image/png", "base64": TEXT}, None),
        ({"type": "file", "mime_type": "text/plain", "base64": "!!"}, None),
        ({"type": "file", "mime_type": "text/plain", "url": "https://x.example"}, None),
        ({"type": "image_url", "image_url": {"url": "https://x.example"}}, None),
    ],
)
def test_text_is_read_and_the_rest_is_not(block: dict[str, object], held: object) -> None:
    """Text that says it is text is read; a link, a picture or broken bytes are not."""
    assert unread(block)
    assert decoded(block) == held


def test_a_block_of_text_says_it_itself() -> None:
    """What stands in a block as text is inspected as text."""
    assert not unread({"type": "text", "text": "a"})


@pytest.mark.parametrize("text", ["", "{", "[note] a", "7", '"a"', "{'a': 1}", 'see {"a": 1}'])
def test_other_texts_are_no_json(text: str) -> None:
    """Only a text that is an object or array as a whole is read as one."""
    assert embedded(text) is None


def test_json_in_a_text_is_read_and_written() -> None:
    """White space, line ends in texts and numbers that no float holds are read; so are escapes."""
    value = embedded('\ufeff {"a": [1e999, NaN, "x\n\\u0034\\ud800"]} ')

    assert value == {"a": ["1e999", "NaN", "x\n4\ud800"]}
    assert embedded(written(value)) == value


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', "[" * 100_000, f"[{'9' * 5000}]", f'["{" " * 1_000_000}"]'],
)
def test_what_readers_read_differently_is_refused(text: str) -> None:
    """A name given twice, and what a reader gives up on, has no one meaning."""
    with pytest.raises(ValueError, match=r"twice|deeply|longer|digits"):
        embedded(text)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('see {"a": 1}', [{"a": 1}]),
        ('```json\n{"a": [1]}\n```', [{"a": [1]}]),
        ('{"a": 1}\n{"a": 2}\n', [{"a": 1}, {"a": 2}]),
        ('[{"a": 1}] {"b": "}"} [[1]]', [[{"a": 1}], {"b": "}"}, [[1]]]),
        ('{"cut": [{"a": 1}, {"b": 2', [{"a": 1}]),
        ("void f() { return [1]; } {x}", []),
    ],
)
def test_json_among_other_things_is_read(text: str, held: object) -> None:
    """Each object or array of a text is found where it stands; code and what is cut off is not."""
    found = structures(text)

    assert [one.value for one in found] == held
    assert [json.loads(text[one.start : one.end]) for one in found] == held


@pytest.mark.parametrize(
    "text", ['a {"a": 1, "a": 2}', "a " + "[[" * 50_000, '["a",' * 500 + "1," * 100_000]
)
def test_what_is_no_one_thing_is_refused_among_others(text: str) -> None:
    """Neither two meanings nor an endless search get through in a prose around them."""
    with pytest.raises(ValueError, match=r"twice|deeply|often"):
        structures(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    ).filter(lambda value: isinstance(value, (list, dict))),
    st.sampled_from([None, 1]),
)
def test_parts_are_the_members(value: Any, indent: int | None) -> None:
    """What a structure holds is read one by one, and its places make up the text."""
    text = json.dumps(value, indent=indent)
    parts = list(parts_of(text, 0))
    keys: list[Any] = list(range(len(value))) if text[0] == "[" else list(value)

    assert [part.key for part in parts] == keys
    for part in parts:
        assert str(json.loads(text[part.value_start : part.value_end])) == str(value[part.key])
    inside = ",".join(text[part.start : part.end] for part in parts)
    assert not parts or text[0] + inside + text[-1] == text
