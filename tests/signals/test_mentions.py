"""Find: nothing that a result holds is lost, however it is written, and no text takes for ever."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.identifiers import TooMuch
from interlock.signals.mentions import (
    MAX_CHARS,
    MAX_RESULT_CHARS,
    MAX_STEPS,
    PASSAGE_CHARS,
    Mentions,
    solid,
)


def reading(*results: object) -> Mentions:
    mentions = Mentions()
    for number, result in enumerate(results):
        assert mentions.read(number, result)
    return mentions


@given(st.text(alphabet="ab1 \n'\":=,-[]{}<>.|()", max_size=60))
def test_no_word_of_a_result_is_lost(text: str) -> None:
    """Whatever layout a text has or imitates, each of its words is found in it."""
    mentions = reading(text)
    for word in re.findall(r"[a-z\d]+", text):
        assert mentions.find(word)[0], word


@given(
    st.lists(st.text(alphabet="abc", min_size=1, max_size=3), min_size=1, max_size=6),
    st.data(),
)
def test_a_value_is_found_however_its_words_are_parted(
    words: list[str], data: st.DataObject
) -> None:
    """Between the words of a value may stand anything that is no letter or digit."""
    gaps = st.sampled_from([" ", "-", "_", ".", "@", "/", " / "])
    text = "".join(word + data.draw(gaps) for word in words)
    assert reading(f"before: it {text} after").find("".join(words))[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("write to Ana@Example.COM today", "ana@example.com"),
        ("account GB33 BUKB 2020 1555 5555 55", "GB33BUKB20201555555555"),
        ("see https://www.example.com/a%2Fb?x=1", "example.com/a/b"),
        ("tr\u200bust\u200bme@example.com", "trustme@example.com"),
        ("\uff25\uff28\uff19\uff10", "EH90"),
    ],
)
def test_spelling_hides_nothing(text: str, value: str) -> None:
    """Case, groups, escapes, invisible characters and widths make no other value."""
    (mention, *_), _ = reading(f"Please {text}.").find(value)
    assert not mention.fills


def test_a_word_inside_another_is_not_the_word() -> None:
    """A value begins and ends where words do."""
    assert reading("unbobbed bobsled").find("bob")[0] == []


def test_a_value_does_not_go_over_the_end_of_a_passage() -> None:
    """Two fields that follow each other are not one value."""
    assert reading({"a": "gb33", "b": "bukb"}).find("gb33bukb")[0] == []


@pytest.mark.parametrize(
    ("result", "fills"),
    [
        ({"to": "ana@example.com"}, True),
        ({"to": "https://www.ana.example/x"}, True),
        ({"to": "a1@example.com, ana@example.com and b2@example.com"}, True),
        ("ana@example.com\nb@example.com\n", True),
        ({"to": "write ana@example.com"}, False),
        ({"to": "ana@example.com ana@example.com"}, False),
    ],
)
def test_a_value_fills_its_place_alone_or_among_its_like(result: object, fills: bool) -> None:
    """A value, an address with its scheme, a list of values: nothing else is a field."""
    value = "ana.example/x" if "ana.example" in str(result) else "ana@example.com"
    assert [each.fills for each in reading(result).find(value)[0]][:1] == [fills]


def test_an_excerpt_shows_what_stands_around_the_value() -> None:
    """Of a long text the reviewer sees the place itself, at most 160 characters."""
    (mention,), _ = reading("x " * 400 + "pay EH9025920092 now" + " y" * 400).find("EH9025920092")
    assert "pay EH9025920092 now" in mention.excerpt
    assert len(mention.excerpt) == 160


def test_what_is_not_read_in_full_is_said() -> None:
    """A result over the bound, or beyond what all may hold together, is reported."""
    mentions = Mentions()
    assert not mentions.read(0, "a " * MAX_RESULT_CHARS)
    assert mentions.find("a", steps=10**6)[0]
    taken = [mentions.read(1, "b" * (MAX_RESULT_CHARS - PASSAGE_CHARS)) for _ in range(11)]
    assert taken == [True] * 9 + [False] * 2
    assert MAX_CHARS == 10 * MAX_RESULT_CHARS


def test_a_flooded_word_hides_nothing() -> None:
    """However often a word stands alone, the value that it begins is found."""
    mentions = reading("tr " * (MAX_STEPS + 1), "tr me")
    (mention,), left = mentions.find("tr me")
    assert (mention.result, left) == (1, MAX_STEPS - 1)


def test_a_flooded_value_is_too_much_rather_than_hidden() -> None:
    """Whoever writes a beginning ten thousand times makes the search give up, not find nothing."""
    mentions = reading(*["tr me to " * (MAX_STEPS // 2)] * 3)
    with pytest.raises(TooMuch):
        mentions.find("tr me so")


@pytest.mark.timeout(60)  # measures work on the largest results, on a machine that others use too
@pytest.mark.parametrize(
    "hostile",
    ["<", "a:", "='", "a ", "\u0430b\u200b", "%4", "[1],", "&#1;"],
)
def test_the_largest_hostile_text_is_read_in_bounded_time(hostile: str) -> None:
    """A hundred thousand characters cost seconds at the very worst, whatever they are."""
    text = (hostile * (MAX_RESULT_CHARS // len(hostile)))[:MAX_RESULT_CHARS]
    began = time.process_time()
    Mentions().read(0, text)
    assert time.process_time() - began < 5


def test_letters_and_digits_are_what_counts() -> None:
    """A value is compared by its letters and digits in one case."""
    assert solid("GB33 BUKB-2020") == "gb33bukb2020"
