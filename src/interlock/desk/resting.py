"""Rest: when somebody who approved much, one thing after the other, is to pause.

It is told by the times of what they approved alone, so nothing has to be kept, reset or made up
after a crash. Only approving pauses: whoever is tired may still refuse.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from interlock.policy.operations import FatigueControls


def rests_until(
    approvals: Sequence[datetime], controls: FatigueControls | None, now: datetime
) -> datetime | None:
    """Return until when somebody may approve nothing, or None where they may.

    `approvals` are the times of what they approved, the newest first; those of the last
    `counted_back_s` seconds are enough. They rest when the last `cooldown_after_approvals` of them,
    within `cooldown_window_sec`, follow each other without a gap of `cooldown_sec`: so there are
    never more than so many within that time without such a pause.
    """
    if controls is None or not (most := controls.cooldown_after_approvals):
        return None
    run, pause = approvals[:most], timedelta(seconds=controls.cooldown_sec or 0.0)
    if len(run) < most or any(later - earlier >= pause for later, earlier in pairwise(run)):
        return None
    window_s = controls.cooldown_window_sec
    if window_s is not None and run[0] - run[-1] > timedelta(seconds=window_s):
        return None
    over = run[0] + pause
    return over if now < over else None


def counted_back_s(controls: FatigueControls) -> float:
    """Return how old an approval may be that still has a say, seconds."""
    pause_s = controls.cooldown_sec or 0.0
    run_s = pause_s * (controls.cooldown_after_approvals or 0)
    window_s = controls.cooldown_window_sec
    return run_s if window_s is None else min(run_s, window_s + pause_s)
