"""Host: what the replay's host counts in a call's arguments."""

import pytest
from benchmarks.replay.host import facts, text_of, words
from benchmarks.replay.suite import Known

OWN = Known(domain="own.example", payees=frozenset({"NL01"}))


@pytest.mark.parametrize(
    "text",
    [
        "see https://x.example/path",
        "see www.x.example",
        "see x.example",
        "see ftp://x",
        "go to 10.0.0.1",
        "write to kim@x.example",
        "see ｗｗｗ．x．example",
    ],
)
def test_anything_clickable_is_a_link(text: str) -> None:
    """Whatever a chat program turns into a link counts as one, in full-width letters too."""
    assert facts({"body": text}, OWN)["links"] > 0


@pytest.mark.parametrize("text", ["Lunch at noon?", "v1.5 costs 3.20", "Hi... all", "<summary>"])
def test_plain_words_hold_no_link(text: str) -> None:
    """Ordinary sentences, numbers and dots are not links."""
    assert facts({"body": text}, OWN)["links"] == 0


def test_outsiders_are_counted_wherever_they_stand() -> None:
    """Addresses of other organisations count in lists, nested values and running text."""
    args = {
        "participants": ["ana@own.example", "Bo@OWN.example", "cy@other.example"],
        "notes": [{"text": "and dee@third.example."}],
    }

    assert facts(args, OWN)["outsiders"] == 2


def test_a_lookalike_domain_is_outside() -> None:
    """A domain that contains or ends like the own one is another one."""
    args = {"to": ["a@evil-own.example", "b@own.example.evil.example", "c@sub.own.example"]}

    assert facts(args, OWN)["outsiders"] == 3


@pytest.mark.parametrize(
    ("args", "new"), [({"recipient": "NL01"}, 0), ({"recipient": "NL02"}, 1), ({}, 0)]
)
def test_a_payee_is_new_until_paid(args: dict[str, str], new: int) -> None:
    """Only accounts among the user's own outgoing payments are known."""
    assert facts(args, OWN)["new_payees"] == new


def test_text_stays_text_and_the_rest_is_json() -> None:
    """A tool's text goes out as it is; everything else as JSON that keeps its letters."""
    assert text_of("plain") == "plain"
    assert text_of({"name": "Ünal"}) == '{"name": "Ünal"}'
    assert words({"a": ["b", 3, 30.0, 2.5, None, True]}) == "a b 3 30 2.5"
