"""Read: what hides from a plain search does not hide here, and every character has its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.folding import places_of, plain, readings

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


@pytest.mark.parametrize(
    "text",
    [
        "about project nightingale",
        "about project_nightingale",
        "about project-\n  nightingale",
        "about project\u00a0nightingale",
        "about pr\u043eject-nightingale",
        "about \uff50roject \uff4eightingale",
        "about PROJECT\r\nNIGHTINGALE",
        "about pro\x00ject\x1cnight\x07ingale",
    ],
)
def test_what_stands_between_the_words_of_a_term_hides_nothing(text: str) -> None:
    """A space, an underscore, a line end or a look-alike is no way around a term."""
    ((start, end),) = places_of((TERM,), text)

    assert (text[:start], text[end:]) == ("about ", "")


class TestReadings:
    @given(st.text(max_size=40))
    def test_every_character_has_its_place(self, text: str) -> None:
        """Wherever a reading's characters stood is in the text, in order."""
        for _, reading in readings(text):
            ends = [reading.origin(at, at + 1) for at in range(len(reading.text))]
            assert all(0 <= start < end <= len(text) for start, end in ends)
            assert ends == sorted(ends)

    @given(st.text(st.sampled_from("ab1\u200b\u00ad\uff11\u0661\u2011 \u0430"), max_size=20))
    def test_what_a_reading_covers_reads_the_same(self, text: str) -> None:
        """The place of a whole reading, read again, is the reading."""
        for way, reading in readings(text):
            start, end = reading.origin(0, len(reading.text))
            assert dict(readings(text[start:end])).get(way, reading).text == reading.text

    @given(st.text(st.characters(max_codepoint=126, min_codepoint=32) | st.sampled_from("\t\n\r")))
    def test_plain_text_is_itself(self, text: str) -> None:
        """Printed ASCII has no typography; only groups of numbers may be read otherwise."""
        assert plain(text).text == text
        assert 0 not in dict(readings(text))

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("\u0410KIA", "AKIA"),
            ("gh\u00adp_x", "ghp_x"),
            ("\uff14\u0661\U0001d7ce", "410"),
            ("a\u00a0b\u2011c\u2212d", "a b-c-d"),
            ("pre\u0441ise \u0441\u043e\u0440", "precise \u0441\u043e\u0440"),
            ("5\u03bcg of \u03b1-ray", "5\u03bcg of \u03b1-ray"),
            ("caf\u00e9 cafe\u0301", "caf\u00e9 caf\u00e9"),
            ("53\x006-2\x7f2", "536-22"),
            ("a\x1fb\x0cc\x85d\te\n", "a b c d\te\n"),
        ],
    )
    def test_typography_goes_and_alphabets_stay(self, text: str, read: str) -> None:
        """Letters of one alphabet are theirs; one among others is what it looks like."""
        assert plain(text).text == read

    @pytest.mark.parametrize(
        "text",
        [
            "at 2024-01-15 10:20 from 192.168.100.200",
            "Q3 2024 REPORT",
            "12 30 5 7 44 2 18 3 9",
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n1234\n1234",
        ],
    )
    def test_figures_are_no_groups_of_one_number(self, text: str) -> None:
        """Dates, addresses, rows and columns of figures are not run together."""
        assert [r.text.replace("-", " ") for _, r in readings(text)] in ([], [text])


def test_only_the_number_is_the_place_of_a_number() -> None:
    """A word in capitals before a number is none of its groups."""
    text = "SSN 536 22  4321"
    ((_, reading),) = readings(text)
    at = reading.text.index("536")

    assert text[slice(*reading.origin(at, len(reading.text)))] == "536 22  4321"
