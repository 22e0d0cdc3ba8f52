"""Leash: ties a process to the one that started it; none outlives a campaign that is broken off."""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def leash(parent: int) -> None:
    """End this process when `parent`, which started it, ends; on Linux, also while it is stopped.

    Source: Linux manual, prctl(2), PR_SET_PDEATHSIG.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended meanwhile
        os._exit(1)
