"""Oddities: each feature is one-sided, and what nobody knows adds nothing."""

from typing import Any

import pytest

from interlock.signals.counts import Counts
from interlock.signals.observation import size_class
from interlock.signals.oddities import beyond, oddities
from interlock.signals.profile import Profile

from .conftest import LOOKED, SAID, paid, payment, seen  # isort: skip


class TestFeatures:
    def test_a_burst_is_seen_where_times_are_known(self, profile: Profile) -> None:
        """Many calls within a minute are named where the agent never did so."""
        hurried = [paid(amount=20 + n)._replace(at_s=36_000.0 + n) for n in range(9)]
        odd = oddities(profile, paid()._replace(at_s=36_010.0), hurried)

        assert {each.feature: each.amount for each in odd}["burst"] == 10

    def test_what_the_host_does_not_know_is_not_counted(self, profile: Profile) -> None:
        """Without time and prompt a call is neither odd nor usual by them."""
        features = {odd.feature for odd in oddities(profile, paid(), LOOKED)}

        assert features.isdisjoint({"hour", "burst", "unprompted"})

    def test_the_users_words_take_oddness_away(self, profile: Profile) -> None:
        """What the user said is no surprise where the host sees it; what they did not say is."""
        usual, other = paid(SAID), paid(SAID, recipient="mallory@evil.test")
        user = {"unprompted", "unsaid", "agent_unsaid"}

        assert user.isdisjoint(odd.feature for odd in oddities(profile, usual, LOOKED))
        assert user <= {odd.feature for odd in oddities(profile, other, LOOKED)}

    @pytest.mark.parametrize(
        "changes", [{"amount": 1}, {"amount": 0}, {"note": ""}, {"note": "invoice"}]
    )
    def test_less_is_no_surprise(self, profile: Profile, changes: dict[str, Any]) -> None:
        """A smaller amount and a shorter text are not odd by their size."""
        features = {odd.feature for odd in oddities(profile, paid(**changes), LOOKED)}

        assert features.isdisjoint({"number", "length"})

    def test_a_new_profile_finds_nothing_odd(self) -> None:
        """Where nothing is known nothing is unusual."""
        assert oddities(Profile(), payment(0)[1], LOOKED) == []

    def test_the_worst_of_many_values_counts_once(self, profile: Profile) -> None:
        """A thousand new recipients are as odd as their oddest, not a thousand times so."""
        one = oddities(profile, seen("pay", {"recipient": "x@y.test"}), LOOKED)
        many = oddities(profile, seen("pay", {"recipient": "x@y.test", "cc": ["q"] * 99}), LOOKED)

        assert len(many) <= len(one) + 2


class TestBeyond:
    def test_each_doubling_beyond_the_largest_counts(self) -> None:
        """An amount forty times the largest is odder than one twice as large."""
        sizes = Counts[int](96)
        for n in range(100):
            sizes.add(size_class(20 + n % 10))
        odd = [beyond(sizes, size_class(amount)) for amount in (24, 58, 116, 1160)]

        assert odd[0] < 0 < odd[1] < odd[2] < odd[3]

    def test_of_nothing_nothing_is_said(self) -> None:
        """A number where none was seen is not odd by its size."""
        assert beyond(Counts[int](96), 40) == 0
