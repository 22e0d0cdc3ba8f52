"""Calibration: more confidence never means less, few cases prove little, thresholds admit luck."""

import json
from itertools import pairwise

import pytest
import scipy.stats  # noqa: F401 - loaded for intervals, which takes longer than the tests
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import LedgerTooNew
from interlock.signals.calibration import (
    CalibrationTable,
    Judged,
    brier,
    calibrated,
    ece,
    reliability,
    threshold,
)

judgements = st.lists(st.builds(Judged, st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def table_of(judged: list[Judged], prior: float = 2.0) -> CalibrationTable:
    """Learn a table of some cases."""
    table = calibrated(judged, prior=prior)
    assert table is not None
    return table


class TestLaws:
    @given(judgements, st.lists(st.floats(-1, 2), min_size=2))
    def test_more_confidence_is_never_worth_less(
        self, judged: list[Judged], asked: list[float]
    ) -> None:
        """Whatever was learned, the worth rises with what is said, and is a probability."""
        worth = [table_of(judged).worth(said) for said in sorted(asked)]

        assert all(0 <= each <= 1 for each in worth)
        assert all(low <= high + 1e-12 for low, high in pairwise(worth))

    @given(judgements)
    def test_nothing_is_certain(self, judged: list[Judged]) -> None:
        """Where some calls were right and some wrong, no confidence is worth 0 or 1."""
        both = [*judged, Judged(0.5, right=True), Judged(0.5, right=False)]

        assert all(0 < worth < 1 for _, worth in table_of(both).steps)

    @given(judgements)
    def test_without_a_prior_no_constant_fits_better(self, judged: list[Judged]) -> None:
        """On what it was learned from, a table errs at most as much as one number for all."""
        table, overall = table_of(judged, prior=0.0), sum(e.right for e in judged) / len(judged)
        fitted = [Judged(table.worth(said), right) for said, right in judged]

        assert brier(fitted) <= brier([Judged(overall, right) for _, right in judged]) + 1e-9

    @given(judgements)
    def test_the_order_of_cases_does_not_matter(self, judged: list[Judged]) -> None:
        """The same cases in another order make the same table."""
        assert table_of(judged[::-1]) == table_of(judged)

    @given(judgements)
    def test_written_and_read_is_the_same(self, judged: list[Judged]) -> None:
        """JSON carries a table exactly."""
        table = table_of(judged)

        assert CalibrationTable.from_json(json.loads(json.dumps(table.to_json()))) == table

    @given(judgements)
    def test_errors_are_shares(self, judged: list[Judged]) -> None:
        """ECE and Brier score lie within 0..1, and bins hold every case."""
        assert 0 <= ece(judged) <= 1
        assert 0 <= brier(judged) <= 1
        assert sum(each.right.of for each in reliability(judged)) == len(judged)

    @given(judgements, st.floats(0.01, 0.5))
    def test_a_threshold_keeps_its_promise(self, judged: list[Judged], rate: float) -> None:
        """Above a threshold at most so many were wrong, by the upper end of the interval."""
        found = threshold(judged, rate)

        if found is not None:
            above = [each for each in judged if each.said_0_1 >= found.said_0_1 - 1e-12]
            assert found.wrong.hits == sum(not each.right for each in above)
            assert found.wrong.of == len(above)
            assert found.wrong.high <= rate


def test_an_overconfident_source_is_brought_down() -> None:
    """A model that says 0.9 and is right in half of the cases is worth about a half."""
    judged = [Judged(0.9, right=n % 2 == 0) for n in range(100)]
    table = table_of(judged)

    assert ece(judged) == pytest.approx(0.4)
    assert table.worth(0.9) == pytest.approx(0.5, abs=0.01)
    assert table.cases == 100


def test_few_cases_prove_little() -> None:
    """Two right calls of a source that is otherwise wrong are not worth certainty."""
    judged = [Judged(0.2, right=False)] * 20 + [Judged(0.9, right=True)] * 2

    assert table_of(judged).worth(0.9) < 0.6


def test_the_prior_does_not_turn_the_order() -> None:
    """Three calls at the top, drawn towards a low overall share, stay worth what lies below."""
    wrong = [Judged(0.1, right=False)] * 200
    middle = [Judged(0.5, right=n < 60) for n in range(100)]
    top = [Judged(0.9, right=n < 2) for n in range(3)]
    table = table_of(wrong + middle + top)

    assert table.worth(0.9) >= table.worth(0.5) > 0.55


def test_of_nothing_there_is_no_table() -> None:
    """Without decided calls a confidence is not calibrated, and no threshold suggested."""
    assert calibrated([]) is None
    assert threshold([], 0.1) is None


def test_luck_is_not_taken_for_skill() -> None:
    """Ten right calls do not suggest a threshold for one error in ten; fifty do."""
    few, many = [Judged(0.9, right=True)] * 10, [Judged(0.9, right=True)] * 50

    assert threshold(few, 0.1) is None
    assert threshold(many, 0.1) is not None


def test_a_threshold_says_whom_it_asks() -> None:
    """The share of calls below it is what people would be asked about."""
    judged = [Judged(0.9, right=True)] * 60 + [Judged(0.3, right=False)] * 40
    found = threshold(judged, 0.1)

    assert found is not None
    assert (found.said_0_1, found.asked.hits, found.asked.of) == (0.9, 40, 100)


def test_another_version_is_refused() -> None:
    """A table that a later version wrote is not guessed at."""
    with pytest.raises(LedgerTooNew, match="version 2"):
        CalibrationTable.from_json({"v": 2})
