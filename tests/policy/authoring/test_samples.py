"""Make: texts that patterns are found in."""

import pytest

from interlock.policy.authoring.samples import samples
from interlock.policy.expression.regexes import Regex


@pytest.mark.parametrize(
    "pattern",
    [
        "^/etc/(passwd|shadow)$",
        r"(?i)drop\s+table",
        "rm +-rf",
        "[^a-c]x{2,3}?",
        r"^\d{3}-\w+\.(?:com|org)$",
        "a|b|cd*",
        r"[\s.]\S",
        "a{900}|b",
        "(((a|b|c|d)+x)+|y)*z",
    ],
)
def test_the_pattern_is_found_in_its_first_sample(pattern: str) -> None:
    """In the first; and no pattern gives many, or long ones."""
    made = samples(pattern)

    assert Regex(pattern).search(made[0])
    assert len(made) <= 9
    assert max(map(len, made)) <= 1_001


def test_every_alternative_and_both_sides_of_a_repeat() -> None:
    """What a change of one of them is seen by."""
    assert {"/etc/passwd", "/etc/shadow"} <= set(samples("^/etc/(passwd|shadow)$"))
    assert {"rm -rf", "rm  -rf"} <= set(samples("rm +-rf"))


def test_what_python_cannot_read_is_taken_without_its_signs() -> None:
    """RE2 has classes that Python has not."""
    assert samples(r"^\pL$")[0] == "pL"
