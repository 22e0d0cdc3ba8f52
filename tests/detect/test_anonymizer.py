"""Anonymizer: each span is treated alone, whatever stands beside it."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from interlock.detect import anonymizer
from interlock.path.inspection import Span


@given(st.lists(st.tuples(st.text(max_size=5), st.text(min_size=1, max_size=9)), max_size=5))
def test_what_stands_between_spans_stays(pieces: list[tuple[str, str]]) -> None:
    """Replacing every second piece leaves the others, in order, character by character."""
    text, spans = "", []
    for kept, gone in pieces:
        start = len(text) + len(kept)
        text += kept + gone
        spans.append((Span(start, start + len(gone)), "US_SSN", "redact"))

    assert anonymizer().replace(text, spans) == "".join(kept + "[REDACTED]" for kept, _ in pieces)


@given(st.text(min_size=1, max_size=30))
def test_a_mask_keeps_length_and_end(text: str) -> None:
    """A mask shows the last four characters, and none of a text that has no more."""
    masked = anonymizer().replace(text, [(Span(0, len(text)), "X", "mask")])
    shown = 4 if len(text) > 4 else 0

    assert masked == "*" * (len(text) - shown) + text[len(text) - shown :]


def test_many_spans_of_one_text() -> None:
    """Fifty thousand findings take a moment, and each is where it was."""
    text = "a 1234 é" * 50_000
    spans = [(Span(8 * at + 2, 8 * at + 6), "US_SSN", "redact") for at in range(50_000)]
    began = process_time()

    assert anonymizer().replace(text, spans) == "a [REDACTED] é" * 50_000
    assert process_time() - began < 4  # one copy of the text for each span takes longer


def test_no_span_no_change() -> None:
    """A text without spans is handed back."""
    assert anonymizer().replace("as it is", []) == "as it is"
