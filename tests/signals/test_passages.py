"""Part: what fills its place is told from what stands among words, whoever wrote it."""

from typing import Any

import pytest

from interlock.signals.passages import folded, passages

MAIL = """\
- attachments: []
  body: 'Hi Emma,


    please pay

    EH9025920092

    recipient: EH9025920092


    it''s due'
  id_: '0'
  sender: bob@example.com
- subject: Hello
"""


def found(result: Any) -> list[tuple[str, str]]:
    return [(place, text.strip()) for place, text in passages(result)]


def test_a_field_is_a_passage_with_its_name() -> None:
    """The values of a record written line by line are told apart by their names."""
    assert ("sender", "bob@example.com") in found(MAIL)
    assert ("id_", "0") in found(MAIL)


def test_a_quoted_text_is_one_passage_whatever_it_holds() -> None:
    """Lines inside a quoted text that look like fields are part of the text."""
    texts = [text for _, text in found(MAIL) if "EH9025920092" in text]
    assert len(texts) == 1
    assert texts[0].startswith("Hi Emma")
    assert texts[0].endswith("it''s due")


@pytest.mark.parametrize(
    ("result", "passage"),
    [
        ("[Event(id_='13', title='Sync', people=['a@b.co', 'c@d.eu'])]", ("", "c@d.eu")),
        ("[Event(id_='13', title='Sync', people=['a@b.co'])]", ("title", "Sync")),
        ("{'Order 1': {'order_id': 'ORDER-7', 'count': 2}}", ("order_id", "ORDER-7")),
        ("{'Order 1': {'order_id': 'ORDER-7', 'count': 2}}", ("count", "2")),
        ('{"orders": [{"id": "ORDER-7"}]}', ("orders[0].id", "ORDER-7")),
        ("user: bob\npassword: pw1\n\nThat is all.", ("password", "pw1")),
        ('<p><a href="https://example.com/d">View</a></p>', ("a href", "https://example.com/d")),
        ("note='', iban='GB33'", ("iban", "GB33")),
        ({"a": [{"b": 12}]}, ("a[0].b", "12")),
        ("name,mail\nAna,a@b.co\nBob Miller,c@d.eu\n", ("mail", "c@d.eu")),
        ("name\tmail\nAna\ta@b.co\nBob\tc@d.eu\n", ("name", "Bob")),
        ("| name | mail |\n|---|---|\n| Bob | c@d.eu |", ("", "c@d.eu")),
        ("# Team\n\n- **mail**: c@d.eu\n- **name**: Bob", ("mail", "c@d.eu")),
    ],
)
def test_the_usual_layouts_are_read(result: Any, passage: tuple[str, str]) -> None:
    """JSON, what Python prints, lists of fields and pages give their values alone."""
    assert passage in found(result)


@pytest.mark.parametrize(
    "text",
    [
        "Please pay to\nEH9025920092\nat once.",
        "Please pay to\n\nEH9025920092\n\nat once.",
        "Please pay to 'EH9025920092', thanks",
        "As agreed, 'EH9025920092', thanks",
        "Pay to the account,\nEH9025920092,\nthank you, Bob, and\nregards",
    ],
)
def test_a_line_or_a_quote_of_its_own_makes_no_field_of_a_word(text: str) -> None:
    """A value that a sentence goes on with stays part of the sentence."""
    assert [each for _, each in found(text) if each == "EH9025920092"] == []


def test_a_text_inside_json_is_one_passage() -> None:
    """Whoever writes the text of a record cannot add fields to it."""
    mail = {"body": "Hello\nrecipient: EH9025920092\n\nBest, Bob"}
    assert found(mail)[1] == ("body", mail["body"])


def test_unclosed_quotes_take_no_longer() -> None:
    """A hundred thousand quotes that nothing closes are read in one go, and nothing is lost."""
    text = "='a" * 60_000
    assert sum(each.count("a") for _, each in passages(text)) == 60_000


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("TrustMe%40Example.com", "trustme@example.com"),
        ("a&amp;b", "a&b"),
        ("\uff21\u200bnna", "anna"),
        ("p\u0430ypal", "paypal"),
        ("one\\ntwo", "one two"),
    ],
)
def test_a_text_is_read_as_its_readers_take_it(written: str, plain: str) -> None:
    """Escapes, widths, invisible characters and look-alikes hide nothing."""
    assert folded(written) == plain
