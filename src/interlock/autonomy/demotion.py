"""Fall: to which level an agent falls at once, by what happened and how bad it was."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from interlock.policy.decisions import Risk
from interlock.policy.operations import DemoteTo, ErrorRateTrigger, Fall

Cause: TypeAlias = Literal["policy_violation", "safety_incident", "error_rate_above"]


def fires(cause: Cause, triggers: Sequence[Cause | ErrorRateTrigger]) -> bool:
    """Tell whether the policy lets an agent fall for this."""
    named = (
        "error_rate_above" if isinstance(each, ErrorRateTrigger) else each for each in triggers
    )
    return cause in named


def fallen(level: int, cause: Cause, demote_to: DemoteTo, severity: Risk | None = None) -> int:
    """Return the level after a fall, 0 to 3; never above the present one.

    `severity` is that of an incident: high and critical ones lead to 0, others one level down; the
    lower of this and what the policy says for the cause counts.
    """
    to: Fall = getattr(demote_to, cause)
    by_cause = _down(level, to)
    return by_cause if severity is None else min(by_cause, _down(level, _BY_SEVERITY[severity]))


_BY_SEVERITY: dict[Risk, Fall] = {"low": "previous", "medium": "previous", "high": 0, "critical": 0}


def _down(level: int, to: Fall) -> int:
    return max(0, level - 1 if to == "previous" else min(level, to))
