"""Numbering: no digits that may be a number are ruled out."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.numbering import condition, least_digits

REGIONS = ("US", "GB", "DE", "FR", "IL", "IN", "CA", "BR", "ZA")
CONDITIONS = {region: condition(region) for region in REGIONS}
KINDS = range(11)


@given(region=st.sampled_from(REGIONS), kind=st.sampled_from(KINDS), data=st.data())
def test_a_valid_number_fulfils_the_condition(region: str, kind: int, data: st.DataObject) -> None:
    """Examples of every kind, changed in some digits, with and without prefixes and codes."""
    example = phonenumbers.example_number_for_type(region, kind)
    digits = phonenumbers.national_significant_number(example) if example else "2125550100"
    at = data.draw(st.integers(0, len(digits) - 1))
    digits = digits[:at] + data.draw(st.text("0123456789", max_size=4)) + digits[at + 2 :]
    code = str(phonenumbers.country_code_for_region(region))
    text = (
        data.draw(st.sampled_from(["", "0", "1", "00", "00" + code, "011" + code, code])) + digits
    )
    matcher = phonenumbers.PhoneNumberMatcher(text, region)
    is_one = any((match.start, match.end) == (0, len(text)) for match in matcher)

    assert CONDITIONS[region](text) or not is_one
    assert len(text) >= least_digits(region) or not is_one


@pytest.mark.parametrize("digits", ["4111111111111111", "20261121", "53622872"])
def test_most_digits_are_ruled_out(digits: str) -> None:
    """Digits of a card, a date or an identifier are no number of the United States."""
    assert not CONDITIONS["US"](digits)


def test_a_region_that_rewrites_numbers_has_no_condition() -> None:
    """Argentina's prefixes change the number, so that only the library can tell."""
    assert condition("AR")("1")
