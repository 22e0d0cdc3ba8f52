"""Estimate: unbiased, honest about what nobody judged, and silent where little was seen."""

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlock.autonomy.estimation import (
    Audited,
    AuditFinding,
    Estimate,
    NotEstimable,
    Stratum,
    estimated,
    strata,
)
from interlock.autonomy.sampling import AUDIT, Chance, Draw, drawn, number

ERROR: frozenset[AuditFinding] = frozenset({"error", "harm"})


@st.composite
def parts(draw: st.DrawFn) -> Stratum:
    """Make a stratum of up to 200 calls."""
    calls = draw(st.integers(1, 200))
    some = draw(st.integers(0, calls))
    judged = draw(st.integers(0, some))
    chance = draw(st.sampled_from([0.05, 0.3, 1.0]))
    return Stratum("s", chance, calls, some, judged, draw(st.integers(0, judged)))


class TestLaws:
    @settings(max_examples=40)
    @given(st.lists(parts(), min_size=1, max_size=4))
    def test_the_estimate_lies_within_its_interval(self, found: list[Stratum]) -> None:
        """The interval holds the estimate and what is known of the calls, within 0..1."""
        estimate = estimated(found)
        assume(isinstance(estimate, Estimate))
        assert isinstance(estimate, Estimate)

        known = sum(each.wrong for each in found) / estimate.of
        assert 0 <= known <= estimate.low <= estimate.value <= estimate.high <= 1

    @given(parts())
    def test_unanswered_cases_only_widen(self, found: Stratum) -> None:
        """To leave a case unanswered never makes agents look better than any answer would."""
        assume(found.open)
        fine, wrong = (
            found._replace(judged=found.judged + 1, wrong=found.wrong + one) for one in (0, 1)
        )
        low, high = found.between(0.95)

        assert low <= fine.between(0.95)[0]
        assert wrong.between(0.95)[1] <= high

    def test_unanswered_cases_only_widen_the_whole(self) -> None:
        """Of several strata, what is open is fine for the lower end and wrong for the upper."""
        other = Stratum("b", 0.2, 300, 60, 60, 3)
        answered = Stratum("a", 0.2, 200, 40, 40, 4)
        opened = estimated([other, answered._replace(judged=36, wrong=0)])
        worst, best = estimated([other, answered]), estimated([other, answered._replace(wrong=0)])

        assert isinstance(opened, Estimate)
        assert isinstance(worst, Estimate)
        assert isinstance(best, Estimate)
        assert (opened.low, opened.high) == (best.low, worst.high)

    @given(parts())
    def test_the_looked_at_is_no_estimate(self, found: Stratum) -> None:
        """Where every call was judged, the share is known and the interval has no width."""
        seen = found._replace(drawn=found.calls, judged=found.calls)

        assert seen.between(0.95) == (seen.wrong, seen.wrong)


def test_fewer_than_thirty_say_nothing() -> None:
    """29 judged calls are not estimable, in those words; 30 are."""
    found = Stratum("all", 0.1, 300, 29, 29, 1)

    refused = estimated([found])
    assert refused == NotEstimable(29, 300)
    assert isinstance(refused, NotEstimable)
    assert refused.words == "not estimable: 29 of 30 calls judged"
    assert isinstance(estimated([found._replace(drawn=30, judged=30)]), Estimate)


def test_a_stratum_nobody_drew_from_may_be_all_wrong() -> None:
    """Calls without a chance count as unknown in the whole, not as fine."""
    whole = estimated([Stratum("seen", 1.0, 50, 50, 50, 0), Stratum("none", 0.0, 50)])

    assert isinstance(whole, Estimate)
    assert (whole.low, whole.high) == (0.0, 0.5)


def test_a_period_is_counted_by_chance() -> None:
    """Calls of one stratum under two rates are two strata; harm counts where it is asked for."""
    low, high = Chance("write", 0.1), Chance("write", 0.2)
    period = [
        Audited(Draw(low, drawn=False)),
        Audited(Draw(low, drawn=True), "error"),
        Audited(Draw(high, drawn=True), "harm"),
        Audited(Draw(high, drawn=True), "fine"),
        Audited(Draw(high, drawn=True)),
    ]

    assert strata(period, ERROR) == [
        Stratum("write", 0.1, 2, 1, 1, 1),
        Stratum("write", 0.2, 3, 3, 2, 1),
    ]
    assert [each.wrong for each in strata(period, frozenset({"harm"}))] == [0, 1]


def test_it_is_unbiased_over_keys() -> None:
    """Over many keys the Horvitz-Thompson estimate is what is true, strata and all."""
    chances = {True: Chance("risky", 0.5), False: Chance("plain", 0.1)}
    truth = [(f"call_{n}", n % 4 == 0, n % 9 == 0) for n in range(400)]
    totals = []
    for key in range(150):
        period = [
            Audited(draw := drawn(number(key.to_bytes(2), AUDIT, call), chances[risky]),
                    ("error" if wrong else "fine") if draw.drawn else None)
            for call, risky, wrong in truth
        ]  # fmt: skip
        totals.append(sum(each.total() for each in strata(period, ERROR)))

    wrong = sum(each[2] for each in truth)
    assert sum(totals) / len(totals) == pytest.approx(wrong, rel=0.15)


def test_the_interval_holds_the_truth() -> None:
    """Of 100 drawn periods with a small stratum, at least 95 % of the intervals hold the truth."""
    dice, hits = random.Random(5), 0
    for _ in range(100):
        found = [sampled(dice, 400, 12, 0.15), sampled(dice, 40, 6, 0.5)]
        estimate = estimated(found)
        assert isinstance(estimate, Estimate)
        hits += estimate.low <= 18 / 440 <= estimate.high

    assert hits >= 95


def sampled(dice: random.Random, calls: int, wrong: int, chance: float) -> Stratum:
    """Draw from a stratum with so many wrong calls, and judge all that is drawn."""
    taken = [number for number in range(calls) if dice.random() < chance]
    found = sum(number < wrong for number in taken)
    return Stratum("s", chance, calls, len(taken), len(taken), found)
