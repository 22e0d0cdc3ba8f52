"""Find: what hides a term from a plain search does not hide it here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.path.folding import places_of

TERM = "project-nightingale"


@pytest.mark.parametrize("dash", ["-", "\u2010", "\u2011", "\u2013", "\u2014", "\u2212", "\ufe63"])
def test_a_dash_is_a_dash(dash: str) -> None:
    """Whatever dash stands in a text, it is the one of the term."""
    assert list(places_of((TERM,), f"on Project{dash}Nightingale!")) == [(3, 22)]


@given(st.text(max_size=20), st.text(max_size=20))
def test_places_cover_the_term(before: str, after: str) -> None:
    """Cutting out every place leaves a text without the term, and places are in the text."""
    text = f"{before} {TERM} {after}"
    places = sorted(places_of((TERM,), text))
    assert places
    assert all(0 <= start < end <= len(text) for start, end in places)
    start, end = places[0]
    assert TERM in text[start:end].lower()


def test_a_text_without_the_term_has_no_place() -> None:
    """A minus between other words is nothing."""
    assert list(places_of((TERM,), "project \u2212 nightingale")) == []
