"""Name: a comparison is a fact and a suffix, and only what was written is a condition."""

import pytest

from interlock.policy.match import SIGNAL_NAMES, Match, split_comparison, written


@pytest.mark.parametrize(
    ("key", "split"),
    [
        ("amount_usd_above", ("amount_usd", "above")),
        ("amount_usd_at_least", ("amount_usd", "at_least")),
        ("at_least_at_most", ("at_least", "at_most")),
        ("is_in", ("is", "in")),
        ("in_is", ("in", "is")),
        ("_above", None),
        ("above", None),
        ("amount_over", None),
        ("confidence_above", None),
        ("retry_count_is", None),
    ],
)
def test_a_comparison_is_a_fact_and_a_suffix(key: str, split: tuple[str, str] | None) -> None:
    """The longest suffix is taken; a signal is no fact."""
    assert split_comparison(key) == split


def test_signals_have_no_fact_of_their_name() -> None:
    """Every signal's name is reserved."""
    assert all(split_comparison(f"{name}_above") is None for name in SIGNAL_NAMES)


def test_only_what_was_written_is_a_condition() -> None:
    """Absent keys are no conditions, and `unless` is none of the conditions."""
    match = Match(tools=("a",), first_time_action=False, comparisons={"x_is": 0}, unless=Match())

    assert written(match) == {"tools": ("a",), "first_time_action": False, "x_is": 0}


def test_one_match_is_written_in_one_order() -> None:
    """How an author orders comparisons and patterns is no difference."""
    one = Match(args_match={"a": "x", "b": "y"}, comparisons={"p_is": 1, "q_above": 2})
    other = Match(args_match={"b": "y", "a": "x"}, comparisons={"q_above": 2, "p_is": 1})

    assert str(written(one)) == str(written(other))
    assert written(one) == {"args_match": {"a": "x", "b": "y"}, "p_is": 1, "q_above": 2}


def test_an_empty_list_is_a_condition() -> None:
    """Nobody is in an empty list, and that is not the same as no condition."""
    assert written(Match(agents=(), comparisons={})) == {"agents": ()}
