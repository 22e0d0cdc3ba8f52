"""End: what a process started is gone, and nothing else."""

import subprocess
import sys
import time
from pathlib import Path

from interlock.tools.descendants import kill_below

PARENT = """
import os, time
from interlock.tools.descendants import adopt
adopt()
for at in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            print(os.getpid(), flush=True)
            time.sleep(60)
        os._exit(0)
time.sleep(60)
"""


def state(process: int) -> str:
    """Return the letter of a process's state; empty when it is gone. Source: proc(5)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_what_left_group_and_parent_is_killed() -> None:
    """Daemons of a process that adopts them end; the process itself is only stopped."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        daemons = [int(parent.stdout.readline()) for _ in range(3)]
        before = [state(daemon) for daemon in daemons]

        kill_below(parent.pid)

        left, stopped = [state(daemon) for daemon in daemons], state(parent.pid)
        parent.kill()
    assert set(before) <= {"R", "S", "D"}
    assert set(left) <= {"", "Z"}
    assert stopped == "T"


def test_a_process_that_is_gone_costs_nothing() -> None:
    """Without a process there is nothing to kill, and nobody waits."""
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    began = time.monotonic()
    kill_below(gone.pid)
    assert time.monotonic() - began < 0.5
