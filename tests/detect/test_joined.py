"""Joined: a span of the whole comes back as spans of the texts it touches."""

from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.joined import Joined
from interlock.path.inspection import Located, Span

texts = st.lists(st.text(max_size=6), min_size=1, max_size=6)


def join(parts: list[str]) -> Joined:
    return Joined([Located(("response", at), text) for at, text in enumerate(parts)])


@given(texts, st.data())
def test_every_character_comes_back_to_its_text(parts: list[str], data: st.DataObject) -> None:
    """Cutting a span gives exactly its characters, newlines between texts left out."""
    joined = join(parts)
    start = data.draw(st.integers(0, len(joined.text)))
    end = data.draw(st.integers(start, len(joined.text)))
    pieces = [parts[at][span.start : span.end] for at, span in joined.parts(start, end)]
    separators = {joined.starts[at] - 1 for at in range(1, len(parts))}
    inside = "".join(joined.text[i] for i in range(start, end) if i not in separators)

    assert "".join(pieces) == inside


def test_a_span_over_a_border_is_one_in_each_text() -> None:
    """A hit that runs over the end of a text is a hit in both."""
    assert list(join(["ab", "", "cd"]).parts(1, 5)) == [(0, Span(1, 2)), (2, Span(0, 1))]


def test_nothing_joins_to_nothing() -> None:
    """No texts are an empty text without owners."""
    assert Joined([]).text == ""
