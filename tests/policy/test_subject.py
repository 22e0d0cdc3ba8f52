"""Ask about: what nobody said of a call is unknown, and prepared values are one call's own."""

from interlock.policy.subject import Subject, Variables

BARE = Subject("pay", "pay", "bot", "", None, None, {}, frozenset(), False, {}, 0)


def test_what_nobody_said_is_unknown() -> None:
    """Nothing counts as spent, found, approved or readable that nobody looked at; risk is high."""
    assert (BARE.found, BARE.approval, BARE.variables) == (None, None, None)
    assert BARE.usage.get("budget") is None
    assert BARE.risk == "high"


def test_the_defaults_cannot_be_filled() -> None:
    """What all calls share takes no entry of one of them."""
    assert not hasattr(BARE.usage, "__setitem__")


def test_nothing_is_converted_before_an_expression_is_reached() -> None:
    """Roots are kept as they are, and nothing is prepared at first."""
    roots = {"args": {"amount": 3}}
    variables = Variables(roots)

    assert variables.roots is roots
    assert variables.prepared is None


def test_what_is_prepared_is_one_calls_own() -> None:
    """Two calls with the same roots share nothing that an expression left."""
    roots = {"args": {"amount": 3}}
    one, other = Variables(roots), Variables(roots)
    one.prepared = "made"

    assert other.prepared is None
