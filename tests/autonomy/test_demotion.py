"""Fall: at once, by what happened and how bad it was, and never upwards."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.autonomy.demotion import Cause, fallen, fires
from interlock.policy.decisions import Risk
from interlock.policy.operations import DemoteTo, ErrorRateTrigger

CAUSES = st.sampled_from(get_args(Cause))
FALLS = st.one_of(st.just("previous"), st.integers(0, 3))
SEVERITIES: tuple[Risk, ...] = ("low", "medium", "high", "critical")


@given(
    level=st.integers(0, 3),
    cause=CAUSES,
    to=st.builds(DemoteTo, FALLS, FALLS, FALLS),
    severity=st.sampled_from((None, *SEVERITIES)),
)
def test_nobody_falls_upwards(
    level: int, cause: Cause, to: DemoteTo, severity: Risk | None
) -> None:
    """I14: the level after a fall is 0 to 3 and at most the one before."""
    assert 0 <= fallen(level, cause, to, severity) <= level


@given(level=st.integers(0, 3), cause=CAUSES, to=st.builds(DemoteTo, FALLS, FALLS, FALLS))
def test_worse_falls_lower(level: int, cause: Cause, to: DemoteTo) -> None:
    """A more severe incident never leaves an agent higher."""
    levels = [fallen(level, cause, to, severity) for severity in SEVERITIES]

    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == 0


@pytest.mark.parametrize(
    ("cause", "to"), [("policy_violation", 2), ("safety_incident", 0), ("error_rate_above", 2)]
)
def test_the_default_falls(cause: Cause, to: int) -> None:
    """A violation and too many errors cost one level, an incident all of them."""
    assert fallen(3, cause, DemoteTo()) == to


def test_the_lower_of_cause_and_severity_counts() -> None:
    """A slight incident still costs what the policy says, a grave violation everything."""
    assert fallen(3, "safety_incident", DemoteTo(), "low") == 0
    assert fallen(3, "policy_violation", DemoteTo(), "high") == 0
    assert fallen(3, "policy_violation", DemoteTo(), "medium") == 2


def test_a_fixed_level_is_a_ceiling() -> None:
    """`demote_to: 2` leaves an agent at 1 where it is."""
    assert [fallen(at, "policy_violation", DemoteTo(policy_violation=2)) for at in range(4)] == [
        0, 1, 2, 2,
    ]  # fmt: skip


def test_only_what_the_policy_names_lets_an_agent_fall() -> None:
    """A trigger that is not in the list fires nothing."""
    triggers: tuple[Cause | ErrorRateTrigger, ...] = ("safety_incident", ErrorRateTrigger(0.05))

    assert [fires(cause, triggers) for cause in get_args(Cause)] == [False, True, True]
