"""Read: what a content block holds, and what nobody can read in it."""

import base64

import pytest

from interlock.path.blocks import blocks_in, decoded, embedded, unread, written

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
