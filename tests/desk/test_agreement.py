"""Agree: chance is taken out, and few pairs estimate nothing."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.agreement import FEWEST, kappa

PAIRS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=FEWEST, max_size=80)

pytestmark = pytest.mark.timeout(60)  # SciPy is loaded


@given(PAIRS)
def test_it_is_a_share_beyond_chance(pairs: list[tuple[bool, bool]]) -> None:
    """Value within interval, interval within -1 and 1; who swaps sides or words changes nothing."""
    found = kappa(pairs)
    if found is None:
        assert len({one for pair in pairs for one in pair}) == 1
        return

    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.of == len(pairs)
    swapped, negated = kappa([(b, a) for a, b in pairs]), kappa([(not a, not b) for a, b in pairs])
    for other in (swapped, negated):
        assert other is not None
        assert other.value == pytest.approx(found.value)


def test_a_published_example() -> None:
    """Two raters of 50 grants, 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa is 0.4.

    Source: the worked example that textbooks and Wikipedia's `Cohen's kappa` give.
    """
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10
    found = kappa(pairs + [(False, False)] * 15)

    assert found is not None
    assert found.value == pytest.approx(0.4)


@pytest.mark.parametrize("pairs", [[(True, False)] * 29, [], [(True, True)] * 500])
def test_what_cannot_be_estimated(pairs: list[tuple[bool, bool]]) -> None:
    """Neither of fewer than thirty pairs, nor where both said one thing of everything."""
    assert kappa(pairs) is None


def test_perfect_agreement_is_not_certain() -> None:
    """Thirty pairs that all agree leave room for one that would not."""
    found = kappa([(True, True)] * 15 + [(False, False)] * 15)

    assert found is not None
    assert found.value == found.high == 1
    assert found.low < 0.8


def test_the_interval_holds_the_truth() -> None:
    """Of samples drawn with a known kappa at least 95 in a hundred have it in their interval."""
    draw = random.Random(7)
    good, right, size, rounds = 0.9, 0.9, 40, 300
    both = good * right**2 + (1 - good) * (1 - right) ** 2
    neither = good * (1 - right) ** 2 + (1 - good) * right**2
    shares = [both, right * (1 - right), right * (1 - right), neither]
    yes = both + right * (1 - right)
    chance = yes**2 + (1 - yes) ** 2
    truth = (both + neither - chance) / (1 - chance)
    kinds = [(True, True), (True, False), (False, True), (False, False)]
    found = [kappa(draw.choices(kinds, shares, k=size)) for _ in range(rounds)]
    held = [one.low <= truth <= one.high for one in found if one is not None]

    assert len(held) > 0.95 * rounds
    assert sum(held) >= 0.95 * len(held)
