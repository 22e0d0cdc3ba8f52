"""Anomaly: a score means a share of what is usual, names its reasons, and is missing when cold."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.signals import anomaly
from interlock.signals.anomaly import Anomaly, beyond, oddities, score_at, share_at, surprise
from interlock.signals.counts import Counts
from interlock.signals.observation import Observation, Unmeasured, observe, size_class
from interlock.signals.profile import Profile

KEY = b"k"
PEOPLE = ["ana@example.com", "bo@example.com", "cy@example.com"]


def seen(tool: str, args: dict[str, Any], **more: Any) -> Observation:
    """Observe a call."""
    found = observe(tool, args, KEY, **more)
    assert isinstance(found, Observation)
    return found


def live(profile: Profile, thread: list[Observation]) -> None:
    """Learn a thread as it happens: each call is weighed before any of it is learned."""
    nats = [surprise(oddities(profile, call, thread[:at])) for at, call in enumerate(thread)]
    for at, call in enumerate(thread):
        profile.learn(call, thread[:at], nats[at])


def payment(n: int) -> list[Observation]:
    """Look up a balance, then pay somebody usual a usual amount at an hour of the day."""
    at_s = 3600.0 * (9 + n % 8) + 86_400 * (n // 8)
    look = seen("balance", {"account": "GB33"}, at_s=at_s)
    pay = {"recipient": PEOPLE[n % 3], "amount": 20 + n % 10, "note": "invoice paid, thank you"}
    return [look, seen("pay", pay, at_s=at_s + 90, unprompted=0)]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """Know a hundred payments."""
    known = Profile()
    for n in range(100):
        live(known, payment(n))
    return known


def scored(profile: Profile, call: Observation, earlier: list[Observation]) -> Anomaly:
    """Score a call of a known agent."""
    found = anomaly.score(profile, call, earlier)
    assert isinstance(found, Anomaly)
    return found


def paid(**changes: Any) -> Observation:
    """Pay as usual, save for some arguments."""
    usual = {"recipient": PEOPLE[0], "amount": 24, "note": "invoice paid, thank you"}
    return seen("pay", usual | changes)


LOOKED = [seen("balance", {"account": "GB33"})]


class TestReasons:
    def test_names_what_a_reviewer_would(self, profile: Profile) -> None:
        """An amount forty times the median to somebody never paid is told in these words."""
        found = scored(profile, paid(recipient="mallory@evil.test", amount=980), LOOKED)

        assert found.score_0_1 > 0.9
        assert "`amount` is 40 times this agent's median" in found.reasons
        assert "`recipient` names what this agent never named before" in found.reasons
        assert len(found.reasons) <= 3

    def test_the_usual_has_none(self, profile: Profile) -> None:
        """A payment like the others scores low, without reasons."""
        found = scored(profile, paid(), LOOKED)

        assert found.score_0_1 < 0.5
        assert found.reasons == ()

    @pytest.mark.parametrize(
        ("call", "earlier", "reason"),
        [
            (seen("shell", {"c": "ls"}), LOOKED, "`shell` never used by this agent"),
            (paid(note="x" * 3000), LOOKED, "`note` is 134 times its median length"),
            (paid(recipient="EH90-2"), LOOKED, "`recipient` never written in this form"),
            (paid(hurry=True), LOOKED, "these arguments of `pay` seldom given together"),
            (paid(), [*LOOKED, paid(), paid()], "the same call came 2 times before in this thread"),
            (
                paid()._replace(at_s=3600.0 * 3),
                LOOKED,
                "at 3 h UTC, when this agent seldom calls",
            ),
            (paid()._replace(unprompted=3), LOOKED, "names 3 or more things that the user did not"),
        ],
    )
    def test_each_feature_has_its_words(
        self, profile: Profile, call: Observation, earlier: list[Observation], reason: str
    ) -> None:
        """What is odd about a call is said by its feature's own sentence."""
        assert any(reason in said for said in scored(profile, call, earlier).reasons)

    def test_a_burst_is_seen_where_times_are_known(self, profile: Profile) -> None:
        """Many calls within a minute are named where the agent never did so."""
        hurried = [paid(amount=20 + n)._replace(at_s=36_000.0 + n) for n in range(9)]
        odd = oddities(profile, paid()._replace(at_s=36_010.0), hurried)

        assert {each.feature: each.amount for each in odd}["burst"] == 10

    def test_no_argument_is_repeated(self, profile: Profile) -> None:
        """A reason names arguments by their place, never by what stands in it."""
        found = scored(profile, paid(recipient="mallory@evil.test"), LOOKED)

        assert "mallory" not in repr(found)


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

    def test_what_the_host_does_not_know_is_not_counted(self, profile: Profile) -> None:
        """Without time and prompt a call is neither odd nor usual by them."""
        features = {odd.feature for odd in oddities(profile, paid(), LOOKED)}

        assert features.isdisjoint({"hour", "burst", "unprompted"})


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
