"""Round: every contender every round, none always first."""

from benchmarks.pace.rounds import over, rotated, timed


def test_every_contender_runs_every_round_on_its_own_input() -> None:
    """Warm-up rounds run too, with numbers of their own, and do not count."""
    seen: dict[str, list[int]] = {"a": [], "b": []}

    spent = timed({"a": seen["a"].append, "b": seen["b"].append}, rounds=3, warm_up=2)

    assert seen == {"a": [0, 1, 2, 3, 4], "b": [0, 1, 2, 3, 4]}
    assert {name: len(values) for name, values in spent.items()} == {"a": 3, "b": 3}


def test_no_contender_is_always_first() -> None:
    """Over as many rounds as contenders each starts once."""
    assert [rotated(["a", "b", "c"], at)[0] for at in range(3)] == ["a", "b", "c"]


def test_what_is_added_is_taken_round_by_round() -> None:
    """A slow round of the machine slows both sides and cancels out."""
    assert over([3.0, 30.0], [1.0, 28.0]) == [2.0, 2.0]
