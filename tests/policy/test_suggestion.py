"""Suggest: the known word that was meant."""

from interlock.policy.suggestion import did_you_mean, one_of, shown


def test_a_near_word_is_suggested() -> None:
    """A slip of the finger finds its word, nonsense finds none."""
    assert did_you_mean("amont_usd", ["amount_usd", "users"]) == "; did you mean `amount_usd`?"
    assert not did_you_mean("zzz", ["amount_usd"])


def test_values_are_shown_short() -> None:
    """Text as it is, other values as JSON, long ones cut."""
    assert shown("a") == "`a`"
    assert shown((1, True, None)) == "`[1, true, null]`"
    assert len(shown("x" * 500)) == 60


def test_alternatives_are_in_order() -> None:
    """Words in alphabetical order, whatever order they came in."""
    assert one_of({"b", "a"}) == "a | b"
