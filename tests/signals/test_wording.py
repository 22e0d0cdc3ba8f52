"""Compare: what only looks like the user's value is not the user's value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.identifiers import Identifier, IdentifierKind
from interlock.signals.wording import MAX_CHARS, Wording, core, exact, host, parts, without


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("Mail it to Ana@Example.com.", "email", "ana@example.com"),
        ("look at www.example.com, please", "url", "https://example.com/"),
        ("save it under /user/invoices.", "path", "/user/invoices/"),
        ("pay GB33 BUKB 2020 1555 5555 55 now", "account", "GB33BUKB20201555555555"),
        ("pay GB33BUKB20201555555555", "account", "GB33 BUKB 2020 1555 5555 55"),
        ('change it to "NewPassword1".', "token", "NewPassword1"),
        ("re\u0301sume\u0301.pdf", "name", "r\u00e9sum\u00e9.pdf"),
    ],
)
def test_case_schemes_groups_and_encodings_are_no_difference(
    said: str, kind: IdentifierKind, value: str
) -> None:
    """A value that the user wrote is the user's, however the call writes it."""
    assert Wording([said]).holds(kind, value)


@pytest.mark.parametrize(
    ("said", "kind", "value"),
    [
        ("see paypal.com", "url", "paypal.com.example.org"),
        ("see paypal.com.example.org", "url", "paypal.com"),
        ("see my-paypal.com", "url", "paypal.com"),
        ("see paypal.com", "url", "p\u0430ypal.com"),
        ("see paypal.com", "url", "https://paypal.com@example.org"),
        ("mail john.smith@example.com", "email", "johnsmith@example.com"),
        ("mail john.smith@example.com", "email", "smith@example.com"),
        ("mail ana@example.com", "email", "ana@example.com.org"),
        ("mail ana@example.com", "url", "example.com"),
        ("order P0251", "token", "P025"),
        ("", "name", ""),
    ],
)
def test_a_neighbour_or_a_look_alike_is_another_value(
    said: str, kind: IdentifierKind, value: str
) -> None:
    """Other borders, other separators, other alphabets: not the user's."""
    assert not Wording([said]).holds(kind, value)


@given(st.text(max_size=20), st.text(alphabet="abc1", min_size=1, max_size=8))
def test_what_stands_alone_is_held(before: str, value: str) -> None:
    """Between spaces a value is found whatever else is written."""
    assert Wording([f"{before} {value} ."]).holds("token", value)


def test_words_grow_and_say_where_they_were_cut() -> None:
    """Later words join the earlier ones; what is beyond the bound is not held, and it is known."""
    first = Wording(["mail ana@example.com"])
    both = Wording(["and bob@example.com"], first)
    assert both.holds("email", "ana@example.com")
    assert both.holds("email", "bob@example.com")
    assert not both.cut
    full = Wording(["x" * MAX_CHARS, "eve@example.com"], both)
    assert full.cut
    assert not full.holds("email", "eve@example.com")
    assert len(full.text) <= MAX_CHARS + 2


def test_near_misses_end() -> None:
    """A text made to be searched for ever is not searched for ever."""
    assert not Wording(["a" * MAX_CHARS]).holds("token", "aa")


def test_an_address_is_taken_apart() -> None:
    """The host is what stands before the path, with everything that could disguise it."""
    assert host("https://www.example.com/a?b") == "example.com"
    assert host("https://example.com@evil.example/a") == "example.com@evil.example"
    assert parts(Identifier("", "email", "ana@example.com")) == ["ana", "example.com"]
    assert parts(Identifier("", "path", "/user/x.txt")) == ["user", "x.txt"]
    assert parts(Identifier("", "name", "a b")) == []


def test_an_exact_text_keeps_what_makes_it_another() -> None:
    """Only case and schemes go; ends of addresses and paths go where the kind is known."""
    assert exact(" HTTPS://www.Example.com/A ") == "example.com/a"
    assert core("url", "https://example.com/") == "example.com"
    assert core("path", "/a/b/") == "a/b"
    assert core("name", "/a/") == "/a/"


def test_a_blotted_value_is_not_held() -> None:
    """What is blotted out of a text stands there no more, and the rest does."""
    text = Wording([without("Ana@example.com and bob@example.com", ["ana@example.com", ""])])
    assert not text.holds("email", "ana@example.com")
    assert text.holds("email", "bob@example.com")
