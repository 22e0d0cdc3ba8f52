"""Batch: which questions may be answered by one look, and by which name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.batching import MOST, BatchMember, compared, likeness, offered
from interlock.policy.decisions import BatchTerms

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = BatchTerms(20, 60.0)


def member(at: int, like: str = "a", age_s: float = 100, **changed: Any) -> BatchMember:
    """Make one question; it is `age_s` old."""
    since = NOW - timedelta(seconds=age_s)
    return BatchMember(f"req_{at}", f"d{at}", since, "medium", TERMS, like)._replace(**changed)


terms = st.builds(BatchTerms, st.integers(2, 60), st.sampled_from((0.0, 50.0, 200.0)))
members = st.lists(
    st.builds(
        BatchMember,
        id=st.integers(0, 10**6).map(str),
        digest=st.text("ab", min_size=1, max_size=3),
        created_at=st.integers(0, 300).map(lambda age_s: NOW - timedelta(seconds=age_s)),
        risk=st.sampled_from(("low", "high", "critical")),
        terms=terms,
        like=st.sampled_from("ab"),
    ),
    max_size=60,
    unique_by=lambda each: each.id,
)


class TestLaws:
    @given(members)
    def test_only_what_is_alike_and_allowed(self, waiting: list[BatchMember]) -> None:
        """Two to twenty that are alike, no more than each allows, none critical, none twice."""
        known, seen = {each.id: each for each in waiting}, list[str]()
        for batch in offered(waiting, NOW):
            mine = [known[name] for name in batch.ids]
            assert 2 <= len(mine) <= min(MOST, *(each.terms.most for each in mine))
            assert len({each.like for each in mine}) == 1
            assert {each.risk for each in mine}.isdisjoint({"critical"})
            assert mine == sorted(mine, key=lambda each: (each.created_at, each.id))
            seen += batch.ids
        assert len(seen) == len({*seen})

    @given(members, st.randoms())
    def test_the_order_of_reading_is_nothing(self, waiting: list[BatchMember], dice: Any) -> None:
        """The same questions make the same batches."""
        mixed = [*waiting]
        dice.shuffle(mixed)

        assert offered(mixed, NOW) == offered(waiting, NOW)

    @given(members)
    def test_another_question_makes_another_name(self, waiting: list[BatchMember]) -> None:
        """Whatever changes of one question of a batch, no batch has the old name."""
        for batch in offered(waiting, NOW):
            names = {
                one.name
                for at, each in enumerate(waiting)
                if each.id == batch.ids[-1]
                for changed in (
                    waiting[:at] + waiting[at + 1 :],
                    [*waiting[:at], each._replace(digest=each.digest + "x"), *waiting[at + 1 :]],
                )
                for one in offered(changed, NOW)
            }
            assert batch.name not in names


class TestOffered:
    def test_when_the_oldest_waited_long_enough(self) -> None:
        """Not before: there may be more of them."""
        young = [member(1, age_s=59.9), member(2, age_s=1)]
        old = [member(1, age_s=60), member(2, age_s=1)]

        assert offered(young, NOW) == []
        assert [each.ids for each in offered(old, NOW)] == [("req_1", "req_2")]

    def test_at_once_when_it_is_full(self) -> None:
        """As many as one may hold need not wait; who comes behind does."""
        waiting = [member(at, age_s=30 - at, terms=BatchTerms(3, 60.0)) for at in range(5)]

        assert [each.ids for each in offered(waiting, NOW)] == [("req_0", "req_1", "req_2")]

    def test_never_more_than_twenty(self) -> None:
        """Whatever terms an older ledger holds."""
        waiting = [member(at, age_s=200 - at, terms=BatchTerms(500, 60.0)) for at in range(45)]

        assert [len(each.ids) for each in offered(waiting, NOW)] == [20, 20, 5]

    def test_one_alone_is_none(self) -> None:
        """One question is asked by itself."""
        assert offered([member(1), member(2, "b")], NOW) == []

    def test_critical_never(self) -> None:
        """What is critical is looked at by itself, each."""
        assert offered([member(at, risk="critical") for at in range(3)], NOW) == []


class TestLikeness:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"n": 1}, {"n": "1"}),
            ({"n": 1}, {"n": True}),
            ({"n": 1}, {"n": None}),
            ({"n": 1}, {"n": 1, "m": 1}),
            ({"n": {"a": 1}}, {"n": {"b": 1}}),
            ({"n": [1]}, {"n": [1, 2]}),
            ({"n": [1]}, {"n": {"0": 1}}),
            ({"n": []}, {"n": {}}),
        ],
    )
    def test_another_shape(self, one: dict[str, Any], other: dict[str, Any]) -> None:
        """Another key, another type, another length: not alike."""
        assert likeness(one) != likeness(other)

    def test_other_values_are_alike(self) -> None:
        """Values may be different, and a number is a number."""
        assert likeness({"n": 1, "t": ["x"]}) == likeness({"n": 2.5, "t": ["y"]})

    def test_others_count(self) -> None:
        """What else must agree does."""
        assert likeness({}, tool="a") != likeness({}, tool="b")


def test_what_differs_is_told_of_each_and_what_does_not_once() -> None:
    """A value that only one has is blank for the others; nothing is cut."""
    long = "x" * 5000
    table = compared([{"a": {"n": 1, "t": long}, "b": 2}, {"a": {"n": 3, "t": long}}])

    assert table.same == [("a.t", f'"{long}"')]
    assert table.varies == ["a.n", "b"]
    assert table.rows == [["1", "2"], ["3", ""]]
