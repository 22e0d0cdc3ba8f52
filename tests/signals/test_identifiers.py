"""Name: what says whom, what or where is found, in texts of any length, within bounds."""

import time
from contextlib import suppress
from typing import Any

import pytest

from interlock.signals.identifiers import (
    MAX_CHARS,
    MAX_IDENTIFIERS,
    Identifier,
    TooMuch,
    identifiers,
)


def found(value: Any) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in identifiers({"value": value})]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ana@example.com", "email"),
        ("https://example.com/a?b=c", "url"),
        ("www.berich.com", "url"),
        ("example.com", "url"),
        ("/etc/passwd", "path"),
        ("owner/repository", "path"),
        ("C:\\temp\\x", "path"),
        ("GB33BUKB20201555555555", "account"),
        ("GB33 BUKB 2020 1555 5555 55", "account"),
        ("EH9025920092", "account"),
        ("ssh-rsa AAAAB3Nza1yc2E", "key"),
        ("ORDER-112543", "token"),
        ("P025", "token"),
        ("PASS999", "token"),
        ("4237 4252 7456 2574", "number"),
        ("+41791234567", "number"),
        ("generator.py", "name"),
        ("Riverside View Hotel", "name"),
        ("$10", "amount"),
        ("1,024.99", "amount"),
    ],
)
def test_a_value_is_named_by_its_form(text: str, kind: str) -> None:
    """A value alone in its place is of the one kind that its form says."""
    assert found(text) == [(kind, text)]


@pytest.mark.parametrize("moment", ["2024-05-19", "2024-05-30 10:20", "10:20", "", "  "])
def test_a_moment_names_nobody(moment: str) -> None:
    """Dates and times of day are not identifiers."""
    assert found(moment) == []


def test_a_long_text_is_searched() -> None:
    """Of prose only what has a form of its own is taken, and marked as part of it."""
    text = "Dear Ana, please send the invoice ORDER-7 to bob@example.com. Thanks, and see you soon!"
    values = list(identifiers({"body": text}))
    assert values == [
        Identifier("body", "email", "bob@example.com", whole=False),
        Identifier("body", "token", "ORDER-7", whole=False),
    ]


def test_values_of_lists_and_of_json_in_a_text_are_found() -> None:
    """Lists, values joined by commas and JSON in a text hide no value."""
    assert found(["a@b.co", {"to": "c@d.eu"}]) == [("email", "a@b.co"), ("email", "c@d.eu")]
    assert found("a@b.co, c@d.eu") == [("email", "a@b.co"), ("email", "c@d.eu")]
    assert found('{"to": ["a@b.co"]}') == [("email", "a@b.co")]


def test_the_name_of_a_member_counts_where_it_is_an_address() -> None:
    """An address cannot hide as the name of an argument; a plain name is none."""
    assert found({"evil@example.com": "to", "line_2": True}) == [
        ("email", "evil@example.com"),
        ("name", "to"),
    ]


def test_numbers_are_amounts_unless_they_are_long() -> None:
    """A number of nine digits or more names an account rather than a sum."""
    assert found(12.5) == [("amount", "12.5")]
    assert found(123456789012) == [("number", "123456789012")]
    assert found(True) == []


def test_too_much_is_said() -> None:
    """Arguments over the bounds raise, so that nobody takes silence for an answer."""
    for value in ("x" * (MAX_CHARS + 1), ["a@b.co"] * (MAX_IDENTIFIERS + 1), [0] * MAX_CHARS):
        with pytest.raises(TooMuch):
            found(value)


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a@",
        "1 ",
        "AB12",
        "/",
        "./",
        "ssh-",
        "A1-",
        "www.",
        "a_b/",
        "9-",
        "-",
        "é",
        "://",
    ],
)
def test_hostile_texts_cost_little(piece: str) -> None:
    """Whatever fills all characters that are looked at is searched in well under a second."""
    text = piece * (MAX_CHARS // len(piece) - 20)
    began = time.process_time()
    with suppress(TooMuch):
        found(text)
    assert time.process_time() - began < 1.5
