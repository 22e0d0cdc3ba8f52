"""Counts: bounded, fading, and the same whoever is asked first."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals.counts import Counts

things = st.lists(st.integers(0, 30), max_size=80)


def counted(seen: list[int], limit: int = 1000) -> Counts[int]:
    """Count a list of things."""
    counts = Counts[int](limit)
    for thing in seen:
        counts.add(thing)
    return counts


class TestLaws:
    @given(things, st.integers(0, 31))
    def test_a_probability_is_never_zero_and_never_over_one(
        self, seen: list[int], thing: int
    ) -> None:
        """Whatever was seen, each question is answered in (0, 1]."""
        counts = counted(seen)
        asked = (counts.rarity, counts.at_least)

        assert 0 < counts.novelty() < 1
        assert all(0 < ask(thing) <= 1 for ask in asked)

    @given(things, things, st.integers(1, 8))
    def test_merging_commutes(self, one: list[int], other: list[int], limit: int) -> None:
        """Two counts merge to the same, whichever is named first, also where they are full."""
        first, second = counted(one, limit), counted(other, limit)

        assert first.merged(second).to_json() == second.merged(first).to_json()

    @given(things, things)
    def test_merging_is_counting_both(self, one: list[int], other: list[int]) -> None:
        """Merged counts weigh what counting everything in one place would."""
        merged, whole = counted(one).merged(counted(other)), counted(one + other)

        assert merged.weights == whole.weights
        assert merged.total == whole.total
        assert merged.fresh >= whole.fresh

    @given(things, things, things)
    def test_merging_is_associative_within_bounds(
        self, one: list[int], two: list[int], three: list[int]
    ) -> None:
        """Three counts that fit merge to the same in any grouping."""
        a, b, c = counted(one), counted(two), counted(three)

        assert a.merged(b).merged(c).to_json() == a.merged(b.merged(c)).to_json()

    @given(things, st.integers(1, 10))
    def test_memory_is_bounded(self, seen: list[int], limit: int) -> None:
        """No more things are kept than the limit says, and all of them are counted."""
        counts = counted(seen, limit)

        assert len(counts.weights) <= limit
        assert counts.total == len(seen)

    @given(things)
    def test_written_and_read_is_the_same(self, seen: list[int]) -> None:
        """JSON carries counts exactly."""
        written = counted(seen).to_json()

        assert Counts.from_json(json.loads(json.dumps(written))).to_json() == written

    @given(things, st.floats(0.1, 1))
    def test_fading_keeps_shares(self, seen: list[int], factor: float) -> None:
        """Fading takes from everything alike, so that shares stay and evidence shrinks."""
        counts, faded = counted(seen), counted(seen).faded(factor)

        assert faded.total == pytest.approx(counts.total * factor)
        assert all(
            faded.weights[thing] == pytest.approx(weight * factor)
            for thing, weight in counts.weights.items()
        )


def test_the_lightest_is_forgotten_first() -> None:
    """A thing seen twice outlives things seen once."""
    counts = counted([7, 7, *range(100, 140)], limit=8)

    assert counts.weights[7] == 2


def test_dust_is_forgotten() -> None:
    """What has faded to next to nothing takes no room."""
    assert counted([1]).faded(0.001).weights == {}


def test_new_things_are_as_probable_as_they_were() -> None:
    """Where everything was new, a new thing is no surprise; where nothing was, it is."""
    always, never = counted(list(range(50))), counted([1] * 50)

    assert -math.log(always.rarity(99)) < 0.02
    assert -math.log(never.rarity(99)) > 3


def test_the_median_is_by_weight() -> None:
    """Half of the weight lies on either side."""
    assert counted([1, 2, 2, 2, 9]).median() == 2
    assert Counts[int](4).median() is None
