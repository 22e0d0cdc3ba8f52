"""Name: a comparison is a fact and a suffix, and only what was written is a condition."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from interlock.policy.match import SIGNAL_NAMES, Match, folded, split_comparison, written


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


@pytest.mark.parametrize(
    "said",
    ["prod", "PROD", "Prod ", "\uff50\uff52\uff4f\uff44", "pr\u200bod", "\ufeffprod", "p\u00adrod",
     "prod\n", "\u00a0prod", "pr\u2060od\ufe0f", "\U0001d429rod", "pro\u3164d"],
)  # fmt: skip
def test_an_environment_is_itself_however_it_is_typed(said: str) -> None:
    """Width, case, spaces around it and what nobody sees take no call out of production."""
    assert folded(said) == "prod"


@example("\u1100\u200b\u1161")
@given(st.text(max_size=8))
def test_an_environment_is_folded_once(said: str) -> None:
    """What is folded stays as it is, so that policy and host meet."""
    assert folded(folded(said)) == folded(said)
