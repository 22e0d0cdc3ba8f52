"""Ask about: what nobody said of a call is unknown, and prepared values are one call's own."""

from interlock.policy.subject import Subject

BARE = Subject("pay", "pay", "bot", "", None, None, {}, frozenset(), False, {}, 0)


def test_what_nobody_said_is_unknown() -> None:
    """Nothing counts as spent, found, approved or readable that nobody looked at; risk is high."""
    assert (BARE.found, BARE.approval, BARE.variables) == (None, None, None)
    assert BARE.usage.get("budget") is None
    assert BARE.risk == "high"


def test_the_defaults_cannot_be_filled() -> None:
    """What all calls share takes no entry of one of them."""
    assert not hasattr(BARE.usage, "__setitem__")
