"""Bound: never narrower than what is exact, and right wherever the wrong calls lie."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.autonomy.stratified import Sample, fewest_wrong, most_wrong
from interlock.intervals import finite

TAIL = 0.025
NEAR = 1e-6


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Draw from a stratum of up to 300 calls."""
    calls = draw(st.integers(1, 300))
    drawn = draw(st.integers(1, calls))
    return Sample(draw(st.integers(0, drawn)), drawn, calls)


@settings(max_examples=40)
@given(samples())
def test_of_one_stratum_the_exact_ends_lie_within(sample: Sample) -> None:
    """What the exact distribution leaves open is left open."""
    low, high = finite(*sample)

    assert fewest_wrong([sample], TAIL) <= low + NEAR
    assert most_wrong([sample], TAIL) >= high - NEAR


@settings(max_examples=30)
@given(st.lists(samples(), min_size=1, max_size=3))
def test_one_found_more_leaves_more_open(found: list[Sample]) -> None:
    """A wrong call more among the drawn ones lowers neither end."""
    first = found[0]
    worse = [first._replace(wrong=min(first.drawn, first.wrong + 1)), *found[1:]]

    assert most_wrong(worse, TAIL) >= most_wrong(found, TAIL) - NEAR
    assert fewest_wrong(worse, TAIL) >= fewest_wrong(found, TAIL) - NEAR


def test_nothing_found_in_two_strata_is_the_formula() -> None:
    """With one chance for all and nothing wrong, the bound is that of the drawn calls together."""
    both = [Sample(0, 50, 500), Sample(0, 100, 1000)]

    assert most_wrong(both, TAIL) == pytest.approx(1500 * (1 - TAIL ** (1 / 150)), rel=1e-3)
    assert fewest_wrong(both, TAIL) == pytest.approx(0, abs=NEAR)


def test_what_was_not_drawn_may_be_wrong() -> None:
    """A stratum nobody drew from is left open as a whole, on both sides."""
    known = Sample(2, 20, 100)

    more = [known, Sample(0, 0, 40)]
    assert most_wrong(more, TAIL) == pytest.approx(most_wrong([known], TAIL) + 40)
    assert fewest_wrong(more, TAIL) == pytest.approx(fewest_wrong([known], TAIL), abs=NEAR)
    assert most_wrong([Sample(0, 0, 40)], TAIL) == 40


@pytest.mark.parametrize("wrong", [(0, 24), (24, 0), (12, 12), (1, 4)])
def test_the_truth_is_held_wherever_it_lies(wrong: tuple[int, int]) -> None:
    """Errors where few are drawn are as well covered as where many are."""
    dice, held, runs = random.Random(9), 0, 80
    for _ in range(runs):
        found = [sampled(dice, 400, wrong[0], 0.1), sampled(dice, 60, wrong[1], 0.5)]
        low, high = fewest_wrong(found, TAIL), most_wrong(found, TAIL)
        held += low - NEAR <= sum(wrong) <= high + NEAR

    assert held >= math.ceil(0.95 * runs)


def sampled(dice: random.Random, calls: int, wrong: int, chance: float) -> Sample:
    """Draw each call with a chance."""
    taken = [number for number in range(calls) if dice.random() < chance]
    return Sample(sum(number < wrong for number in taken), len(taken), calls)
