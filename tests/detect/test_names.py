"""Names: however a member is written, its words are the same."""

import pytest

from interlock.detect.names import words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("customer_ssn", "customer ssn"),
        ("customerSSN", "customer ssn"),
        ("SSNNumber", "ssn number"),
        ("social-security number", "social security number"),
        ("card1", "card 1"),
        ("Straße", "straße"),
        ("", ""),
    ],
)
def test_a_name_is_cut_at_case_signs_and_digits(name: str, expected: str) -> None:
    """Snake, camel and kebab case read alike."""
    assert words(name) == expected
