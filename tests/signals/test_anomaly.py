"""Anomaly: a score means a share of what is usual, names its reasons, and is missing when cold."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals import anomaly
from interlock.signals.anomaly import score_at, share_at
from interlock.signals.observation import Unmeasured
from interlock.signals.profile import Profile

from .conftest import LOOKED, live, paid, payment, scored  # isort: skip


class TestMissing:
    def test_cold_start_is_said(self) -> None:
        """An agent of twelve calls has no score, and the reason tells how many there were."""
        cold = Profile()
        for n in range(6):
            live(cold, payment(n))

        found = anomaly.score(cold, paid(), [], min_history=30)

        assert found == Unmeasured("cold_start", "12 of 30 calls known of this agent")

    def test_nothing_to_compare_with_is_cold(self) -> None:
        """A profile that never learned what surprise is usual has no score."""
        unmeasured = Profile()
        for n in range(40):
            unmeasured.learn(payment(n)[1])

        assert anomaly.score(unmeasured, paid()) == Unmeasured(
            "cold_start", "0 of 20 calls weighed so far"
        )


class TestCalibration:
    @given(st.floats(0, 1))
    def test_score_and_share_are_each_others_way_back(self, share: float) -> None:
        """A threshold tells its false-positive share, and a share its threshold."""
        assert share_at(score_at(share)) == pytest.approx(share)

    def test_above_0_8_lies_a_twentieth(self) -> None:
        """0.8 stands for 5 % of what is usual, 1 for nothing of it, 0 for all of it."""
        assert [round(score_at(p), 3) for p in (1, 0.05, 0)] == [0, 0.8, 1]

    def test_of_more_calls_like_the_known_a_twentieth_is_above_0_8(self, profile: Profile) -> None:
        """Calls drawn like the history score above 0.8 about as often as promised."""
        threads = [payment(n) for n in range(100, 200)]
        scores = [
            scored(profile, call, thread[:at])
            for thread in threads
            for at, call in enumerate(thread)
        ]

        assert sum(found.score_0_1 > 0.8 for found in scores) <= 0.08 * len(scores)

    def test_what_is_off_the_scale_is_still_ordered(self, profile: Profile) -> None:
        """Of two calls beyond everything known the odder one scores higher, and neither 1."""
        odd = scored(profile, paid(recipient="mallory@evil.test", amount=980), LOOKED)
        odder = scored(profile, paid(recipient="mallory@evil.test", amount=98_000), LOOKED)

        assert 0.9 < odd.score_0_1 < odder.score_0_1 < 1


def test_a_poisoned_history_hides_and_an_approved_one_does_not() -> None:
    """An attack learned thirty times is usual; the same attack rejected thirty times stays odd."""
    attack = paid(recipient="mallory@evil.test", amount=980)
    poisoned, approved = Profile(), Profile()
    for n in range(100):
        live(poisoned, payment(n))
        live(approved, payment(n))
        if n % 3 == 0:
            live(poisoned, [*LOOKED, attack])

    assert scored(poisoned, attack, LOOKED).score_0_1 < 0.8
    assert scored(approved, attack, LOOKED).score_0_1 > 0.9


def test_cost_is_flat_in_history(profile: Profile) -> None:
    """Scoring against ten times the history takes no longer than a few times one of it."""
    long = Profile.from_json(profile.to_json())
    for n in range(100, 1000):
        for call in payment(n):
            long.learn(call, nats=1.0)

    def cost_s(known: Profile) -> float:
        start = time.process_time()
        for _ in range(300):
            anomaly.score(known, paid(), LOOKED)
        return time.process_time() - start

    assert min(cost_s(long) for _ in range(3)) < 3 * min(cost_s(profile) for _ in range(3))
