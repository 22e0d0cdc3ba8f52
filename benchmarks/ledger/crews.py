"""Crew: processes that take one contender's calls side by side, started once and told when."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.ledger.contenders import PEER, Place

ROOT: Final = Path(__file__).resolve().parents[2]


class CannotStart(Exception):
    """A contender that does not install or open here."""


class Crew:
    """Some processes with one contender."""

    def __init__(self, running: Sequence["subprocess.Popen[str]"]) -> None:
        """Lead processes that are ready."""
        self._running = running

    def take(self, seconds: float) -> dict[str, Any]:
        """Take calls for so long; return calls a second of all, and each call's milliseconds."""
        for each in self._running:
            _tell(each, str(seconds))
        found = [json.loads(_heard(each)) for each in self._running]
        ms = [one for each in found for one in each["ms"]]
        return {"calls_s": sum(each["calls_s"] for each in found), "ms": ms}


@contextmanager
def crew(contender: str, place: Place, processes: int, threads: int = 1) -> Iterator[Crew]:
    """Start processes one after the other and yield them when all are ready.

    Raises `CannotStart`.
    """
    with ExitStack() as ending:
        running: list[subprocess.Popen[str]] = []
        for number in range(processes):
            each = subprocess.Popen(
                [*_python(contender), "-m", "benchmarks.ledger.caller"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            ending.callback(_end, each)
            wanted = {"contender": contender, "number": number, "threads": threads}
            _tell(each, json.dumps({**wanted, "place": place._asdict()}))
            running.append(each)
        for each in running:
            if _heard(each) != "ready\n":
                raise CannotStart(contender)
        yield Crew(running)


def _python(contender: str) -> list[str]:
    if contender != PEER:
        return [sys.executable]
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = ["--with", "agentbarrier[postgres]"]
    return ["uv", "run", "-q", "--isolated", "--no-project", "--python", version, *wanted, "python"]


def _tell(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _heard(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _end(process: "subprocess.Popen[str]") -> None:
    with process:
        assert process.stdin is not None
        process.stdin.close()
