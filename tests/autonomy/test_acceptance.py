"""Accept: a plan keeps both its risks, and no smaller one does."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.acceptance import Risks, SamplingPlan, plan


@given(
    good=st.floats(0, 0.1),
    times=st.floats(2.5, 10),
    alpha=st.floats(0.01, 0.3),
    beta=st.floats(0.01, 0.3),
)
def test_both_risks_are_kept_by_the_smallest(
    good: float, times: float, alpha: float, beta: float
) -> None:
    """Good batches are refused and bad ones pass as seldom as asked; one look less does not do."""
    risks = Risks(good, max(0.05, good * times), alpha, beta)
    found = plan(risks)

    assert found.passes(risks.good_0_1) >= 1 - alpha
    assert found.passes(risks.bad_0_1) <= beta
    fewer = SamplingPlan(found.look_at - 1, found.accept_at_most)
    assert fewer.passes(risks.bad_0_1) > beta
    if found.accept_at_most:
        easier = SamplingPlan(found.look_at, found.accept_at_most - 1)
        assert easier.passes(risks.good_0_1) < 1 - alpha or easier.passes(risks.bad_0_1) > beta


def test_a_known_plan() -> None:
    """1 % against 5 % at 5 and 10 % risk takes 132 calls with at most 3 wrong.

    Source: D. C. Montgomery, Introduction to Statistical Quality Control, binomial nomograph.
    """
    assert plan(Risks(0.01, 0.05)) == SamplingPlan(132, 3)


def test_where_no_error_is_good_the_formula_is_short() -> None:
    """Without any error allowed as many are looked at as `ln(beta) / ln(1 - bad)`."""
    assert plan(Risks(0.0, 0.05)) == SamplingPlan(math.ceil(math.log(0.10) / math.log(0.95)), 0)


@given(
    look_at=st.integers(1, 300),
    accept=st.integers(0, 20),
    rates=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_worse_batches_pass_less(look_at: int, accept: int, rates: tuple[float, float]) -> None:
    """The characteristic falls from 1 at no wrong call."""
    better, worse = sorted(rates)
    found = SamplingPlan(look_at, accept)

    assert found.passes(0.0) == 1
    assert found.passes(worse) <= found.passes(better) + 1e-12


def test_a_sample_is_judged_by_the_plan() -> None:
    """So many wrong calls pass, one more does not."""
    assert [SamplingPlan(132, 3).accepts(wrong) for wrong in (0, 3, 4)] == [True, True, False]


@pytest.mark.parametrize(
    ("risks", "why"),
    [
        (Risks(0.05, 0.05), "must lie below"),
        (Risks(0.05, 1.0), "must lie below"),
        (Risks(0.01, 0.05, 0.0), "between 0 and 1"),
        (Risks(0.01, 0.05, 0.05, 1.0), "between 0 and 1"),
        (Risks(0.1, 0.101), "do not tell"),
    ],
)
def test_what_no_plan_keeps_is_refused(risks: Risks, why: str) -> None:
    """Nonsense and what would take for ever are errors that say so, at once."""
    with pytest.raises(ValueError, match=why):
        plan(risks)
