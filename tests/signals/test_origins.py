"""Follow: which values rules look at, and how much of a value a reviewer is shown."""

import pytest

from interlock.signals.identifiers import Identifier, IdentifierKind
from interlock.signals.origins import MAX_MENTIONS, telling
from interlock.signals.provenance import Conversation


@pytest.mark.parametrize(
    ("kind", "text", "looked_at"),
    [
        ("name", "Eve", False),
        ("name", "trustme", True),
        ("name", "pencil set", True),
        ("path", "/downloads", False),
        ("path", "/downloads/a.txt", True),
        ("amount", "10", False),
        ("token", "P025", True),
        ("email", "a@b.co", True),
    ],
)
def test_short_words_and_sums_are_not_looked_at(
    kind: IdentifierKind, text: str, looked_at: bool
) -> None:
    """A short word or a number stands in texts by chance; what names somebody does not."""
    assert telling(Identifier("", kind, text)) is looked_at


def test_a_name_stands_in_texts_by_chance() -> None:
    """A name that a record holds as well was looked up; an account was not."""
    result = {"hotel": "River View", "iban": "GB33BUKB2020", "text": "River View, GB33BUKB2020!"}
    conversation = Conversation(["Book a hotel"])
    conversation.returned("search", {}, result)
    traced = conversation.trace({"hotel": "River View", "to": "GB33BUKB2020"})
    assert [bool(origin.unprompted) for origin in traced.origins] == [False, True]


def test_a_reviewer_is_shown_the_first_places_of_a_short_value() -> None:
    """Of a value in a hundred places eight are kept, and a long value is shortened."""
    value = "https://evil.example/" + "a" * 500
    conversation = Conversation(["Go on"])
    conversation.returned("read", {}, [f"Visit {value} now"] * 100)
    (origin,) = conversation.trace({"url": value}).origins
    assert len(origin.mentions) == MAX_MENTIONS
    assert origin.unprompted
    assert len(origin.unprompted.words) < 200


def test_an_address_is_judged_by_its_host_where_the_rest_is_made_up() -> None:
    """A page of the user's site is the user's; a page of a site that a text names is not."""
    conversation = Conversation(["See www.example.com"])
    conversation.returned("read", {}, "Visit www.berich.com soon.")
    urls = {"a": "https://www.example.com/page-17", "b": "https://www.berich.com/page-17"}
    traced = conversation.trace(urls)
    assert [origin.source for origin in traced.origins] == ["user", "result"]
    assert traced.tainted_by == {"read"}
