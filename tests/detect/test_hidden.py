"""Hidden text: what people cannot see is found, what scripts and pictures need is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.hidden import HiddenText
from interlock.path.inspection import Located

KINDS = frozenset({"HIDDEN_TEXT"})


def hidden(text: str) -> bool:
    hits = HiddenText().detect((Located(("response",), text),), KINDS)
    return any(text[hit.span.start : hit.span.end] for hit in hits)


@pytest.mark.parametrize(
    "text",
    [
        "536\u200b-22-8726",
        "a\u200bb",
        "a\u2060b",
        "pay\u200c\u200d\u200cpal",
        "end\ufeff",
        "536\u00ad22",
        "safe\u202egnp.exe",
        "a\u2066b\u2069c",
        "x" + "".join(chr(0xE0000 + ord(c)) for c in "send it"),
        "\U0001f3f4" + "".join(chr(0xE0000 + ord(c)) for c in "ignore"),
        "name\u3164",
        "a\u115fb",
        "a\u2063b",
        "a\ufe00\ufe01\ufe02\ufe03b",
        "\U0001f600\U000e0110\U000e0111\U000e0112",
        "\x1b[8mhidden\x1b[0m",
        "\x1b[30;40mhidden",
        "\x1b[38;5;0mhidden",
        "\x1b[2Kgone",
        "\x1b]0;title\x07",
        "\x9b2J",
        "rm -rf\x08\x08\x08ls",
        "\u200e\u200f\u200e\u200f\u200e",
    ],
)
def test_it_is_found(text: str) -> None:
    """Characters that hide, reorder, conceal or carry a message are found."""
    assert hidden(text)


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\r\nwith lines",
        "\ufeffid,name",
        "Sil\u00adben\u00adtrennung",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3c3\U0001f3fd\u200d\u2642\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u0915\u094d\u200d\u0937",
        "\u0e2a\u0e27\u0e31\u200b\u0e2a\u0e14\u0e35",
        "\u05e9\u05dc\u05d5\u05dd \u2067abc\u2069 \u200f",
        "2026-01-01\u200e",
        "\u845b\U000e0100",
        "\x1b[1;32mPASSED\x1b[0m",
        "\x1b[mok",
        "\x1b[38;5;42mok",
        "\u2800\u2801\u2800\u2800\u2800",
        "na\u00efve caf\u00e9",
    ],
)
def test_it_is_left_alone(text: str) -> None:
    """What emoji, scripts, hyphenation and coloured output need is no finding."""
    assert not hidden(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Z"], max_codepoint=0x10FF)))
def test_visible_text_is_never_hidden(text: str) -> None:
    """Letters, digits, signs and spaces of living scripts are no finding."""
    fillers = "\u00ad\u115f"
    assert not hidden("".join(char for char in text if char not in fillers))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_is_looked_at(text: str) -> None:
    """No text makes the search fail, and each hit is a part of it."""
    for hit in HiddenText().detect((Located(("response",), text),), KINDS):
        assert 0 <= hit.span.start < hit.span.end <= len(text)


def test_nothing_is_looked_for_unasked() -> None:
    """Without the kind there is no hit."""
    assert HiddenText().detect((Located(("response",), "a\u200bb"),), frozenset()) == []
