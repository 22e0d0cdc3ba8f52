"""Presidio: members are looked at together, and refused rather than looked at in part."""

import json
import random
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest

from interlock.detect.presidio import NotInspected, PresidioEntities
from interlock.path.inspection import Hit, Located
from interlock.policy.file.entities import ENTITIES
from interlock.policy.output import DEFAULT_ENTITIES

SSN = "536-22-8726"
COMMON = frozenset({"US_SSN", "CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS", "PHONE_NUMBER", "URL"})


def look(texts: Iterable[Located], *entities: str) -> list[Hit]:
    wanted = frozenset(entities or DEFAULT_ENTITIES)
    return PresidioEntities().detect(tuple(texts), wanted)


def member(*path: str | int, text: str) -> Located:
    return Located(("response", *path), text)


def test_joined_members_are_found_like_single_ones() -> None:
    """Looking at many members at once finds what looking at each alone finds."""
    draw = random.Random(5)
    things = [
        SSN,
        "4012888888881881",
        "plain words",
        "",
        "DE89370400440532013000",
        "12",
        "ana@a.com",
    ]
    members = [member(f"k{i}", text=draw.choice(things)) for i in range(400)]
    together = {(h.text, h.kind, h.span) for h in look(members, *COMMON)}
    alone = {(i, h.kind, h.span) for i, m in enumerate(members) for h in look([m], *COMMON)}

    assert together == alone


def test_texts_without_digits_hold_no_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaving out texts with less than two digits loses no number, whatever its script."""
    draw = random.Random(6)
    alphabet = "0123456789 -ABDEGKMNORSTUWXZ\u0661\u0967\uff11"
    members = [
        member("ssn", text="".join(draw.choices(alphabet, k=draw.randint(1, 24))))
        for _ in range(3000)
    ]
    members += [member("iban", text=t) for t in ("KW81CBKUAAAABBBBCCCCDDDDEEEEFF", SSN)]
    quick = set(look(members))
    monkeypatch.setattr("interlock.detect.presidio.NUMBERS", frozenset[str]())

    assert set(look(members)) == quick


def test_a_fraction_is_no_card() -> None:
    """A float's digits that happen to fit a card's checksum are left, an integer's are found."""
    fraction = Located(("response", "liter"), "0.4012888888881881", "number")
    whole = Located(("response", "liter"), "4012888888881881", "number")

    assert [hit.text for hit in look([fraction, whole], "CREDIT_CARD")] == [1]


class TestRefusal:
    def test_a_result_over_its_size_is_refused(self) -> None:
        """More text than the budget is refused before anything runs."""
        with pytest.raises(NotInspected):
            look([member(text="a" * 10_000_001)])

    def test_a_result_over_its_time_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Blocks past the deadline are refused, not left out."""
        monkeypatch.setattr("interlock.detect.presidio.BUDGET_S", -1.0)

        with pytest.raises(NotInspected):
            look([member(text=SSN)])

    @pytest.mark.parametrize("text", ["ssn 536228726 ", f'{{"ssn": "{SSN}"}} ', "4-", "1.1."])
    def test_a_dense_text_of_the_allowed_size_is_looked_at(self, text: str) -> None:
        """The work grows with the text, not with its square: 100,000 characters are inspected."""
        look([member(text=text * (100_000 // len(text)))])


def test_every_entity_can_be_looked_for() -> None:
    """An analyzer builds for each entity, and one for all of them finds a plain number."""
    hits = look([member("ssn", text=SSN)], *ENTITIES)

    assert "US_SSN" in {hit.kind for hit in hits}


def test_threads_get_what_one_thread_gets() -> None:
    """Eight threads that build and use analyzers at once find the same."""
    texts = [member("note", text=json.dumps({"ssn": SSN, "n": n})) for n in range(40)]
    alone = look(texts, "US_SSN", "CREDIT_CARD", "US_ITIN")
    PresidioEntities._analyzers.pop(frozenset({"US_SSN", "CREDIT_CARD", "US_ITIN"}))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: look(texts, "US_SSN", "CREDIT_CARD", "US_ITIN"), range(24)))

    assert all(set(hits) == set(alone) for hits in found)
