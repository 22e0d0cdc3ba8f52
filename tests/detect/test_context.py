"""Context: names declare what stands under them, and words before a finding support it."""

from collections.abc import Iterable

import pytest

from interlock.detect.context import NAMED_SCORE
from interlock.detect.presidio import PresidioEntities
from interlock.path.inspection import Hit, Located
from interlock.policy.output import DEFAULT_ENTITIES

SSN = "536-22-8726"


def look(texts: Iterable[Located], *entities: str) -> list[Hit]:
    wanted = frozenset(entities or DEFAULT_ENTITIES)
    return PresidioEntities().detect(tuple(texts), wanted)


def member(*path: str | int, text: str) -> Located:
    return Located(("response", *path), text)


class TestContext:
    @pytest.mark.parametrize(
        "path",
        [
            ("ssn",),
            ("customerSSN",),
            ("social_security", "value"),
            ("ssn", 0),
            ("Social-Security-Number",),
        ],
    )
    def test_a_name_declares_its_value(self, path: tuple[str | int, ...]) -> None:
        """Nine bare digits under a telling name, its parent's too, are found with confidence."""
        (hit,) = look([member(*path, text="536228726")], "US_SSN")

        assert hit.score_0_1 == NAMED_SCORE

    @pytest.mark.parametrize("path", [("order",), ("passnumber",), ("ssn", "order", "id")])
    def test_another_name_declares_nothing(self, path: tuple[str | int, ...]) -> None:
        """Digits under other names, also ones that merely contain a context word, stay weak."""
        assert all(hit.score_0_1 < 0.4 for hit in look([member(*path, text="536228726")]))

    def test_words_before_a_finding_raise_it_as_in_stock_presidio(self) -> None:
        """Context words in the same text count as they do in Presidio."""
        (hit,) = look([member("note", text=f"her social security number is {SSN}")], "US_SSN")

        assert hit.score_0_1 == 0.85

    def test_words_of_another_member_do_not(self) -> None:
        """A member's text is no context for the next member's."""
        hits = look([member("a", text="my ssn"), member("b", text="536228726")], "US_SSN")

        assert all(hit.score_0_1 < 0.4 for hit in hits)

    def test_a_key_has_no_context_of_its_own(self) -> None:
        """A key is a text like any other."""
        (hit,) = look([Located(("response", SSN), SSN, "key")], "US_SSN")

        assert hit.score_0_1 == 0.5
