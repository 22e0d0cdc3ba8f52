"""Notice: errors bring the alarm nearer, successes farther, and few are false."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.drift import DriftDetector, errs_above
from interlock.policy.operations import ErrorRateTrigger

OUTCOMES = st.lists(st.booleans(), max_size=80)
LIMITS = st.sampled_from([0.0, 0.01, 0.05, 0.3, 1.0])


def seen(limit: float, outcomes: list[bool]) -> DriftDetector:
    """See outcomes in order."""
    detector = DriftDetector(limit)
    for error in outcomes:
        detector = detector.after(error=error)
    return detector


@given(limit=LIMITS, outcomes=OUTCOMES, at=st.integers(0, 79))
def test_an_error_in_the_place_of_a_success_is_never_better(
    limit: float, outcomes: list[bool], at: int
) -> None:
    """Had any action gone wrong that went well, there would be at least as much evidence."""
    worse = [error or number == at for number, error in enumerate(outcomes)]

    assert seen(limit, worse).evidence >= seen(limit, outcomes).evidence


@given(limit=LIMITS, old=OUTCOMES, new=OUTCOMES)
def test_a_window_says_no_more_than_the_whole(
    limit: float, old: list[bool], new: list[bool]
) -> None:
    """To forget what is old brings no alarm nearer, so the promise holds of windows too."""
    assert seen(limit, new).evidence <= seen(limit, old + new).evidence * (1 + 1e-9)


@given(limit=LIMITS, outcomes=OUTCOMES, truth=st.floats(0, 1))
def test_a_good_agents_evidence_grows_by_one_an_action_at_most(
    limit: float, outcomes: list[bool], truth: float
) -> None:
    """From any state, the expected evidence after an action is at most what there is, plus one.

    This, with a start of 0, is what the promise on false alarms rests on.
    """
    state = seen(limit, outcomes)
    rate = min(truth, limit)
    well, wrong = (state.after(error=error).evidence for error in (False, True))
    expected = (1 - rate) * well + (rate * wrong if rate else 0.0)

    assert expected <= (state.evidence + 1) * (1 + 1e-9)


def test_a_burst_is_noticed_and_good_work_is_not() -> None:
    """Five errors in a row are enough; a thousand successes, and one error in them, are not."""
    assert errs_above([True] * 5 + [False] * 15, ErrorRateTrigger(0.05))
    assert not errs_above([False] * 500 + [True] + [False] * 500, ErrorRateTrigger(0.05))


def test_an_alarm_stands_though_good_work_follows() -> None:
    """Whoever erred within the window does not talk the alarm away by acting on."""
    assert errs_above([True] * 6 + [False] * 1000, ErrorRateTrigger(0.05))


def test_of_few_actions_nothing_is_said() -> None:
    """Below `min_actions` there is no alarm, however bad they are."""
    trigger = ErrorRateTrigger(0.05, min_actions=20)

    assert not errs_above([True] * 19, trigger)
    assert errs_above([True] * 20, trigger)


def test_an_agent_at_the_limit_is_left_alone_for_long() -> None:
    """Agents that err just as often as allowed act as often as stated before an alarm."""
    dice, lengths = random.Random(3), list[int]()
    arl = 100.0
    for _ in range(150):
        detector = DriftDetector(0.1)
        while not detector.alarmed(arl):
            detector = detector.after(error=dice.random() < 0.1)
        lengths.append(detector.actions)

    assert sum(lengths) / len(lengths) >= arl


@pytest.mark.parametrize(("limit", "alarmed"), [(0.0, True), (1.0, False)])
def test_limits_that_are_no_limits(limit: float, alarmed: bool) -> None:
    """Where no error is allowed one is the alarm; where all are, nothing is."""
    outcomes = [False] * 6000 + [True] * 6000

    assert errs_above(outcomes, ErrorRateTrigger(limit)) == alarmed
