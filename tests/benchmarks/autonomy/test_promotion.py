"""The simulated agents: boundaries say what a look after every action would say."""

import random
from itertools import accumulate

import pytest
from benchmarks.autonomy.promotion import Boundary, criteria, hits


@pytest.mark.parametrize("name", ["counts", "e_process", "Wilson", "Clopper-Pearson"])
def test_a_boundary_is_what_looking_each_time_finds(name: str) -> None:
    """The first action at which the criterion is met is the one that the boundary gives."""
    suffices, dice = criteria(0.1)[name], random.Random(4)
    for _ in range(6):
        errors_at = list(hits(dice, 0.06, 150))
        errors = accumulate(action in errors_at for action in range(1, 151))
        looks = (at for at, seen in enumerate(errors, 1) if suffices(seen, at))
        assert Boundary(suffices).reached(errors_at, 150) == next(looks, None)


def test_hits_come_as_often_as_the_rate_says() -> None:
    """Waiting times give the same share of errors as asking dice for each action."""
    dice = random.Random(5)

    assert 400 <= len(list(hits(dice, 0.05, 9000))) <= 500
    assert list(hits(dice, 0.0, 100)) == []
