"""Profiles: what is learned is bounded, fades, travels as JSON and merges."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.errors import LedgerTooNew
from interlock.signals.observation import Observation, observe
from interlock.signals.profile import POOLS, Profile, before, hour, merge

KEY = b"k"
DAY_S = 86_400.0
calls = st.lists(
    st.tuples(
        st.sampled_from(["read", "write", "pay"]),
        st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.text("xy1@", max_size=6)),
    ),
    max_size=12,
)


def seen(tool: str, args: dict[str, Any], at_s: float | None = None) -> Observation:
    """Observe a call."""
    found = observe(tool, args, KEY, at_s=at_s)
    assert isinstance(found, Observation)
    return found


def learned(history: list[tuple[str, dict[str, Any]]], at_s: float | None = None) -> Profile:
    """Learn calls, each in a thread of its own."""
    profile = Profile()
    for tool, args in history:
        profile.learn(seen(tool, args, at_s))
    return profile


class TestLaws:
    @given(calls)
    @settings(max_examples=50)
    def test_written_and_read_is_the_same(self, history: list[tuple[str, Any]]) -> None:
        """JSON carries a profile exactly."""
        written = learned(history, DAY_S).to_json()

        assert Profile.from_json(json.loads(json.dumps(written))).to_json() == written

    @given(calls, calls)
    @settings(max_examples=50)
    def test_merging_commutes(self, one: list[Any], other: list[Any]) -> None:
        """Two workers' profiles merge to the same, whichever is named first."""
        first, second = learned(one, DAY_S), learned(other, 3 * DAY_S)

        assert merge(first, second).to_json() == merge(second, first).to_json()

    @given(calls, calls)
    @settings(max_examples=50)
    def test_merging_counts_every_call(self, one: list[Any], other: list[Any]) -> None:
        """A merged profile knows as many calls, and every value, that the two knew."""
        first, second = learned(one), learned(other)
        both = merge(first, second)

        assert both.calls == first.calls + second.calls
        for pool in POOLS:
            names = first.seen(pool).weights.keys() | second.seen(pool).weights.keys()
            assert both.seen(pool).weights.keys() == names

    @given(calls)
    @settings(max_examples=50)
    def test_merging_with_nothing_changes_nothing(self, history: list[Any]) -> None:
        """An empty profile adds nothing."""
        profile = learned(history, DAY_S)

        assert merge(profile, Profile()).to_json() == profile.to_json()


class TestTime:
    def test_what_was_seen_weighs_half_after_a_half_life(self) -> None:
        """Ten calls weigh five after thirty days, beside the one that came then."""
        profile = learned([("read", {"a": 1})] * 10, at_s=0)
        profile.learn(seen("read", {"a": 1}, at_s=30 * DAY_S))

        assert profile.calls == pytest.approx(6)

    def test_a_late_call_does_not_turn_time_back(self) -> None:
        """A call of an earlier day is learned as one of today, and nothing fades for it."""
        profile = learned([("read", {"a": 1})], at_s=9 * DAY_S)
        profile.learn(seen("read", {"a": 1}, at_s=0))

        assert profile.day == 9
        assert profile.calls == 2

    def test_the_older_of_two_fades_to_the_newer(self) -> None:
        """Merging weighs each history by its own age."""
        old, new = learned([("a", {})] * 8, at_s=0), learned([("b", {})] * 8, at_s=30 * DAY_S)

        assert dict(merge(old, new).seen("tools").weights) == pytest.approx({"a": 4, "b": 8})

    def test_what_nobody_did_for_a_year_is_forgotten(self) -> None:
        """A tool of a year ago is no longer known."""
        profile = learned([("old", {"a": "x"})], at_s=0)
        profile.learn(seen("new", {}, at_s=365 * DAY_S))

        assert profile.seen("tools").weights.keys() == {"new"}


class TestBounds:
    @pytest.mark.timeout(60)  # learns as many values as it takes to fill every table
    def test_a_flood_of_new_values_stays_bounded(self) -> None:
        """A profile of ever new tools, arguments and values keeps to its tables and pools."""
        profile = Profile()
        for n in range(3_000):
            fresh = {f"p{n}": f"v{n} w{n} ANA-{n}", "same": f"x{n} y{n} z{n}", "n": n}
            profile.learn(seen(f"tool{n}", fresh))

        sizes = [len(counts.weights) for counts in profile.tables.values()]
        assert len(profile.tables) <= 4096
        assert sum(sizes) <= sum(POOLS.values()) + 4096 * 3
        assert len(json.dumps(profile.to_json())) < 2_000_000

    def test_one_call_of_many_arguments_fills_no_profile(self) -> None:
        """A call of five hundred arguments is learned by its first sixty-four."""
        profile = learned([("pay", {"to": "ana"})] * 3)
        profile.learn(seen("pay", {f"p{n}": f"v{n}" for n in range(500)}))

        assert len(profile.tables) < 64 * 3 + 30
        assert profile.seen("value", "pay", "to").total == 3

    def test_a_flood_does_not_wash_out_what_is_usual(self) -> None:
        """What was seen often is still known after ten thousand new values."""
        usual = seen("pay", {"to": "ana@example.com"})
        profile = learned([("pay", {"to": "ana@example.com"})] * 5)
        for n in range(10_000):
            profile.learn(seen("pay", {"to": f"u{n}"}))

        assert usual.arguments[0].value in profile.seen("known values").weights


class TestThread:
    def test_sums_up_what_came_before(self) -> None:
        """Previous tool, tools, repetitions and calls of the last minute come of the thread."""
        earlier = [seen("a", {"x": 1}, at_s=0), seen("b", {}, at_s=100), seen("a", {"x": 1}, 110)]
        thread = before(seen("a", {"x": 1}, at_s=120), earlier)

        assert thread == ("a", {"a", "b"}, 2, 2)

    def test_only_recent_calls_have_a_say(self) -> None:
        """A thread of thousands of calls costs no more than one of thirty-two."""
        earlier = [seen("old", {})] * 5000 + [seen("new", {})] * 32

        assert before(seen("old", {}), earlier).tools == {"new"}

    def test_hours_are_utc(self) -> None:
        """The first hour of 1970 is 0, the last of a day 23."""
        assert [hour(s) for s in (0, 3599, 3600, DAY_S - 1, DAY_S)] == [0, 0, 1, 23, 0]


def test_another_version_is_refused() -> None:
    """A profile that a later version wrote is not guessed at."""
    with pytest.raises(LedgerTooNew, match="version 2"):
        Profile.from_json({"v": 2})
