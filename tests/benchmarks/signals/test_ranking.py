"""Ranking: area and recall, right by reading."""

import pytest
from benchmarks.signals.ranking import ranked
from hypothesis import given
from hypothesis import strategies as st

scores = st.lists(st.integers(0, 5), min_size=1, max_size=30)


@given(scores, scores)
def test_the_area_is_the_chance_that_a_positive_is_higher(
    negatives: list[int], positives: list[int]
) -> None:
    """AUROC counts every pair, ties half."""
    wins = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)

    found = ranked(negatives, positives).auroc

    assert found == pytest.approx(wins / len(negatives) / len(positives))


@given(scores, scores)
def test_no_more_negatives_are_above_the_threshold(
    negatives: list[int], positives: list[int]
) -> None:
    """Recall is taken where at most 5 % of the negatives are as high as what it counts."""
    recall = ranked(negatives, positives).recall
    counted = sorted(positives)[len(positives) - recall.hits :]

    assert recall.of == len(positives)
    assert all(sum(n >= p for n in negatives) <= 0.05 * len(negatives) for p in counted)
