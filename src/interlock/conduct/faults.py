"""Crash: at named points, where a test or a campaign may kill the process.

`INTERLOCK_CRASH_AT=name` kills it at that point, `INTERLOCK_CRASH_AFTER=n` at the n-th pass of it.
"""

import os
import signal
from itertools import count
from typing import Final, Literal, get_args

CallPoint = Literal[
    "before_proposal",
    "proposed",
    "claimed",
    "effect_done",
    "result_sealed",
    "inspected",
    "settled",
    "voted",
]
"""Points on the way of one call."""

OtherPoint = Literal["timer_taken", "timer_fired", "doubt_settled"]
"""Points where time, or a person, moves a call."""

CrashPoint = CallPoint | OtherPoint

_AT: Final = os.environ.get("INTERLOCK_CRASH_AT")
_AFTER: Final = os.environ.get("INTERLOCK_CRASH_AFTER", "1")
_passes: Final = count(1)


def crash_point(name: CrashPoint) -> None:
    """Kill this process, uncatchably, if it was told to die here; otherwise do nothing."""
    if name == _AT and str(next(_passes)) == _AFTER:
        os.kill(os.getpid(), signal.SIGKILL)


def crash_points() -> tuple[str, ...]:
    """Name all points."""
    return (*get_args(CallPoint), *get_args(OtherPoint))
