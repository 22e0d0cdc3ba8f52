"""Weigh: the weight is its formula, moves the right way, and is hard to fool by looking often."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from interlock.autonomy.martingale import enough, log_weight

LIMITS = st.sampled_from([0.001, 0.01, 0.02, 0.05, 0.1, 0.3, 0.9])


@given(limit=LIMITS, actions=st.integers(1, 10**6), data=st.data())
def test_errors_weigh_against_and_successes_for(
    limit: float, actions: int, data: st.DataObject
) -> None:
    """One error more makes the weight smaller, one success more larger, at any size."""
    errors = data.draw(st.integers(0, actions))
    weight = log_weight(errors, actions, limit)
    near = 1e-9 * abs(weight) + 1e-6

    assert math.isfinite(weight)
    assert log_weight(errors + 1, actions + 1, limit) <= weight + near
    assert log_weight(errors, actions + 1, limit) >= weight - near
    if errors < actions:
        assert log_weight(errors + 1, actions, limit) <= weight + near


@pytest.mark.parametrize(
    ("errors", "actions", "limit"), [(0, 10, 0.1), (3, 40, 0.05), (9, 60, 0.1), (1, 200, 0.02)]
)
def test_the_weight_is_its_formula(errors: int, actions: int, limit: float) -> None:
    """Numerical integration of the stated mixture gives the same number."""

    def prior(p: float) -> float:
        return (1 - p) ** (2 / limit - 1)

    def likely(p: float) -> float:
        ratio = (p / limit) ** errors * ((1 - p) / (1 - limit)) ** (actions - errors)
        return prior(p) * ratio

    mixed = integrate.quad(likely, 0, limit)[0] / integrate.quad(prior, 0, limit)[0]
    assert math.exp(log_weight(errors, actions, limit)) == pytest.approx(mixed, rel=1e-7)


@given(limit=LIMITS, truth=st.floats(0, 1), actions=st.integers(0, 10**5), data=st.data())
def test_a_bad_agent_gains_nothing_by_acting(
    limit: float, truth: float, actions: int, data: st.DataObject
) -> None:
    """From any state, the next weight of an agent that errs at the limit or more is no larger.

    That is: the expectation over the next action is at most what there is. This, with a start of 1,
    is what the promise rests on.
    """
    errors = data.draw(st.integers(0, actions))
    rate = max(truth, limit)
    before = log_weight(errors, actions, limit)
    worse = math.exp(log_weight(errors + 1, actions + 1, limit) - before)
    better = math.exp(log_weight(errors, actions + 1, limit) - before)

    assert rate * worse + (1 - rate) * better <= 1 + 1e-6


def test_a_bad_agent_is_seldom_promoted_however_often_one_looks() -> None:
    """Of agents that err exactly at the limit, looked at 300 times, at most 5 % get through."""
    dice, through = random.Random(7), 0
    for _ in range(300):
        errors = 0
        for actions in range(1, 301):
            errors += dice.random() < 0.1
            if log_weight(errors, actions, 0.1) >= enough():
                through += 1
                break

    assert 0 < through <= 0.05 * 300


@pytest.mark.parametrize(
    ("limit", "weight"), [(0.0, -math.inf), (1.0, math.inf)], ids=["none allowed", "all allowed"]
)
def test_limits_that_are_no_limits(limit: float, weight: float) -> None:
    """No number of successes shows that errors never happen; any shows that not all are errors."""
    assert log_weight(0, 10**6, limit) == weight
    assert log_weight(3, 3, limit) == -math.inf


def test_of_nothing_nothing_is_known() -> None:
    """Before the first action the weight is 1."""
    assert log_weight(0, 0, 0.02) == 0


@pytest.mark.parametrize(("errors", "actions", "limit"), [(2, 1, 0.1), (-1, 1, 0.1), (0, 1, 1.1)])
def test_what_makes_no_sense_is_refused(errors: int, actions: int, limit: float) -> None:
    """Errors are some of the actions, and a limit is a share."""
    with pytest.raises(ValueError, match="no "):
        log_weight(errors, actions, limit)
