"""Rest: who approved much without a pause approves nothing for a while."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.resting import counted_back_s, rests_until
from interlock.policy.operations import FatigueControls

START = datetime(2026, 1, 1, tzinfo=UTC)
CONTROLS = FatigueControls(cooldown_after_approvals=3, cooldown_window_sec=100.0, cooldown_sec=10.0)


def at(*seconds: float) -> list[datetime]:
    """Times, the newest first."""
    return [START + timedelta(seconds=second) for second in sorted(seconds, reverse=True)]


def approving(
    tries: list[float], controls: FatigueControls, *, forgets: bool = False
) -> list[datetime]:
    """Return the approvals, oldest first, of someone who approves whenever they may."""
    done: list[datetime] = []
    now = START
    for gap in tries:
        now += timedelta(seconds=gap)
        old = now - timedelta(seconds=counted_back_s(controls)) if forgets else START
        before = [each for each in reversed(done) if each >= old]
        if rests_until(before, controls, now) is None:
            done.append(now)
    return done


controls = st.builds(
    FatigueControls,
    cooldown_after_approvals=st.integers(1, 5),
    cooldown_window_sec=st.none() | st.floats(1.0, 100.0),
    cooldown_sec=st.floats(0.5, 50.0),
)
tries = st.lists(st.floats(0.0, 60.0), max_size=40)


class TestLaws:
    """What holds whenever somebody tries to approve."""

    @given(tries, controls)
    def test_never_more_in_the_window_without_a_pause(
        self, gaps: list[float], rule: FatigueControls
    ) -> None:
        """Of any N + 1 approvals within the window, two follow each other after a whole pause."""
        done, most = approving(gaps, rule), rule.cooldown_after_approvals or 0
        pause = timedelta(seconds=rule.cooldown_sec or 0.0)
        window = timedelta(seconds=rule.cooldown_window_sec or 1e9)
        for first in range(len(done) - most):
            run = done[first : first + most + 1]
            if run[-1] - run[0] <= window:
                assert any(b - a >= pause for a, b in pairwise(run))

    @given(tries, controls)
    def test_who_waits_as_told_may_approve_again(
        self, gaps: list[float], rule: FatigueControls
    ) -> None:
        """The time that is named is the time from which they may; it is no longer than a pause."""
        done = approving(gaps, rule)[::-1]
        now = done[0] if done else START
        until = rests_until(done, rule, now)

        if until is not None:
            assert until - now <= timedelta(seconds=rule.cooldown_sec or 0.0)
            assert rests_until(done, rule, until) is None

    @given(tries, controls)
    def test_older_approvals_say_nothing(self, gaps: list[float], rule: FatigueControls) -> None:
        """Who reads only as far back as is said decides the same."""
        assert approving(gaps, rule, forgets=True) == approving(gaps, rule)


def test_rests_after_a_run_until_a_pause_after_the_newest() -> None:
    """Three in a row: nothing more until ten seconds after the third."""
    assert rests_until(at(0, 2, 4), CONTROLS, START + timedelta(seconds=5)) == at(14)[0]
    assert rests_until(at(0, 2, 4), CONTROLS, START + timedelta(seconds=14)) is None


def test_a_pause_or_a_long_time_between_breaks_the_run() -> None:
    """Ten seconds without one is a pause; three within more than the window are no run."""
    slow = CONTROLS._replace(cooldown_window_sec=3.0)

    assert rests_until(at(0, 10, 12), CONTROLS, at(13)[0]) is None
    assert rests_until(at(0, 2, 4), slow, at(5)[0]) is None
    assert rests_until(at(2, 4), CONTROLS, at(5)[0]) is None


def test_without_controls_nobody_rests() -> None:
    """Nothing said, nothing refused."""
    assert rests_until(at(0, 1, 2, 3), None, at(3)[0]) is None
    assert rests_until(at(0, 1, 2, 3), FatigueControls(), at(3)[0]) is None
