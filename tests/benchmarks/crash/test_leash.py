"""Leash: whoever is forked for a campaign ends with it."""

import subprocess
import sys
from pathlib import Path

FORKS = """
import os, signal, sys
from benchmarks.crash.leash import leash

parent = os.getpid()
if os.fork() == 0:
    leash(parent if sys.argv[1] == "its own" else 0)
    print("there", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
signal.pause()
"""


def test_a_child_ends_with_its_parent() -> None:
    """Killed without a word, a parent leaves nobody behind: what both print to is closed."""
    with started("its own") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "there\n"
        parent.kill()

        assert parent.stdout.read() == ""


def test_a_child_whose_parent_is_gone_does_not_begin() -> None:
    """A parent that ended before the child was tied to it leaves nobody behind either."""
    with started("another") as parent:
        assert parent.stdout is not None
        parent.kill()

        assert parent.stdout.read() == ""


def started(whose: str) -> "subprocess.Popen[str]":
    """Start a process that forks one."""
    return subprocess.Popen(
        [sys.executable, "-c", FORKS, whose],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
