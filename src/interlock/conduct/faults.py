"""Crash: at named points, where a test may kill the process.

`INTERLOCK_CRASH_AT=name` kills it where it passes that point, `INTERLOCK_CRASH_AFTER=n` where it
passes it for the n-th time.
"""

import os
import signal
from itertools import count
from typing import Final, Literal

CrashPoint = Literal[
    "before_proposal", "proposed", "claimed", "effect_done", "inspected", "settled", "voted"
]
"""Points on the way of every call; `voted` of those that are asked about."""

OtherPoint = Literal[
    "result_sealed",
    "timer_taken",
    "timer_fired",
    "doubt_settled",
    "sealing",
    "learned",
]
"""Points of a large result, where time or a person moves a call, within a sealer's batch, and
before it is kept what was learned."""

LevelPoint = Literal["tallied", "level_put"]
"""Points before it is kept what is known of agents' work, and between a level and its entry."""

_AT: Final = os.environ.get("INTERLOCK_CRASH_AT")
_AFTER: Final = int(os.environ.get("INTERLOCK_CRASH_AFTER") or 1)
_PASSES: Final = count(1)


def crash_point(name: CrashPoint | OtherPoint | LevelPoint) -> None:
    """Kill this process, uncatchably, if it was told to die here; otherwise do nothing."""
    if name == _AT and next(_PASSES) >= _AFTER:
        os.kill(os.getpid(), signal.SIGKILL)
