"""Phones: what the library's matcher finds in each region, however many candidates there are."""

import math

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.phones import PhoneSearch, PhoneTimeout

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR")
SEARCHES = {regions: PhoneSearch(regions) for regions in (REGIONS, ("ZA",), ("IT", "AR"))}
PIECES = (
    "212-555-5555", "(212) 555-5555", "+44 20 7946 0958", "0049 30 901820", "030 901820",
    "01 42 68", "+55 11 91234-5678", "0 15 11 91234-5678", "972-50-123-4567", "082 123 4567",
    "1800 11", "90", " x123", " ext. 55", ";ext=7", "/ x", "/", "\\", "2026-11-21 03", ":30",
    "12/12/2026", "0", "7", "-", "--", "(", ")", "[", "+", "\uff0b", ".", " ", "\n", "%", "$", "€",
    "a", "é", "\u0663", "\uff15", "~", "#",
)  # fmt: skip


@given(
    pieces=st.lists(st.sampled_from(PIECES) | st.text("0123456789 -.()", max_size=14), max_size=20),
    regions=st.sampled_from(list(SEARCHES)),
)
def test_numbers_are_those_of_the_library(pieces: list[str], regions: tuple[str, ...]) -> None:
    """All that is found the library finds in some region, and what else it finds lies within."""
    text = "".join(pieces)
    matches = (m for region in regions for m in phonenumbers.PhoneNumberMatcher(text, region))
    theirs = {(match.start, match.end) for match in matches}
    found = SEARCHES[regions].spans(text, math.inf)

    assert found <= theirs
    assert all(any(a <= start and end <= b for a, b in found) for start, end in theirs)


def test_time_that_runs_out_is_said() -> None:
    """Nothing is returned of a text whose candidates were not all looked at."""
    with pytest.raises(PhoneTimeout):
        SEARCHES[REGIONS].spans("212-555-5555", -math.inf)
