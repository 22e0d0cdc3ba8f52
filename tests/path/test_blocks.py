"""Read: what a content block holds, and what nobody can read in it."""

import base64

import pytest

from interlock.path.blocks import blocks_in, decoded, unread

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
