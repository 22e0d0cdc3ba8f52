"""End: the processes that a process started, and theirs, whatever group they are in."""

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_KILLING_S: Final = 1.0
"""How long killing may take before what is left is left."""
_GONE: Final = (b"", b"Z", b"X")
_STILL: Final = (*_GONE, b"T", b"t")
"""States in which a process starts nothing more. Source: proc(5)."""


def adopt() -> None:
    """Make this process the parent of what its descendants leave behind, where the kernel can.

    Source: prctl(2), PR_SET_CHILD_SUBREAPER.
    """
    if sys.platform == "linux":
        import ctypes  # here: only a worker needs it

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def kill_below(process: int) -> None:
    """Kill what a process started, in any group: stopped, it adopts the children of each it loses.

    Bounded in time; where the kernel lists no children nothing is done.
    """
    until = time.monotonic() + _KILLING_S
    with suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGSTOP)
    while _state(process) not in _STILL and time.monotonic() < until:
        time.sleep(0.001)  # it stops when the kernel next looks at it, and may fork until then
    while (living := _living_children(process)) and time.monotonic() < until:
        for child in living:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        time.sleep(0.001)


def _living_children(process: int) -> list[int]:
    """Return the children of a process that still run.

    Source: proc(5), `/proc/pid/task/tid/children` and `/proc/pid/stat`.
    """
    lists: list[str] = []
    with suppress(OSError):
        lists = [file.read_text() for file in Path(f"/proc/{process}/task").glob("*/children")]
    return [child for child in map(int, " ".join(lists).split()) if _runs(child)]


def _runs(process: int) -> bool:
    return _state(process) not in _GONE


def _state(process: int) -> bytes:
    """Return a process's state letter; empty where there is none to read."""
    try:
        stat = Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return b""
    return stat.rpartition(b")")[2].strip()[:1]
