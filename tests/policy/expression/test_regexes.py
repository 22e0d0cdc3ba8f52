"""Patterns: found in linear time, refused in words."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.expression.regexes import MAX_WORK, BadRegex, Regex


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^eu-", "eu-west", True),
        ("^eu-", "us-east", False),
        ("west", "eu-west-1", True),
        ("(?i)WEST", "eu-west-1", True),
        ("stra(ß|ss)e", "Hauptstraße", True),
        ("", "", True),
    ],
)
def test_a_pattern_is_searched_anywhere(pattern: str, text: str, found: bool) -> None:
    """Searching is not anchored."""
    assert Regex(pattern).search(text) is found


@pytest.mark.parametrize("value", [None, 3, ["eu"], b"eu", "\ud800"])
def test_what_is_no_text_cannot_be_searched(value: object) -> None:
    """A value that is no valid text is neither found nor not found."""
    assert Regex("eu").search(value) is None


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?=eu)", "no lookahead"),
        ("(?<!eu)x", "no lookahead and no lookbehind"),
        (r"(a)\1", "no backreferences"),
        ("(a{1000}){1000}", "does not repeat as often"),
        (r"\pL{1000}", "does not repeat as often"),
        ("x" * 3000, "instructions"),
        ("(", "missing )"),
        ("x" * 5000, "5000 characters"),
        ("\ud800", "surrogate"),
    ],
)
def test_what_is_refused(pattern: str, words: str) -> None:
    """A pattern that RE2 does not know, or that grows too large, is refused in words."""
    with pytest.raises(BadRegex, match=words.replace("(", r"\(").replace(")", r"\)")):
        Regex(pattern)


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "[ab]*a[ab]{500}c", "(a|b)*a(a|b){100}c", "(.*)(.*)(.*)(.*)z"]
)
def test_no_text_takes_long(pattern: str) -> None:
    """The longest text that is searched takes under 50 ms; a longer one is not searched."""
    regex = Regex(pattern)
    longest = MAX_WORK // regex.instructions
    text = ("ab" * longest)[:longest]

    started = time.process_time()
    assert regex.search(text) is not None
    assert time.process_time() - started < 0.05
    assert regex.search(text + "aa") is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_anything_else_is_never_raised(pattern: str, text: str) -> None:
    """A pattern compiles or is bad; searching never raises."""
    try:
        regex = Regex(pattern)
    except BadRegex:
        return
    assert regex.search(text) in (True, False, None)
