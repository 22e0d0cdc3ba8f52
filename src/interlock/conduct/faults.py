"""Crash: at named points, where a test may kill the process (`INTERLOCK_CRASH_AT=name`)."""

import os
import signal
from typing import Final, Literal

CrashPoint = Literal[
    "before_proposal", "proposed", "claimed", "effect_done", "inspected", "settled", "voted"
]

_AT: Final = os.environ.get("INTERLOCK_CRASH_AT")


def crash_point(name: CrashPoint) -> None:
    """Kill this process, uncatchably, if it was told to die here; otherwise do nothing."""
    if name == _AT:
        os.kill(os.getpid(), signal.SIGKILL)
