"""Keep: recover what was lost, and export the log, as an operator would after the storm."""

import os
import time
from pathlib import Path

from benchmarks.crash.agent import LEASE_S, POLICY
from benchmarks.crash.worker import recover
from interlock import Gate, Policy
from interlock.ledger.export import export as write


def export(url: str, folder: Path, name: str) -> Path:
    """Export the log as it is, in a process of its own."""
    into = folder / name
    if (pid := os.fork()) == 0:
        code = 1
        try:
            _export(url, folder, into)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError(f"the log could not be exported into {into}")
    return into


def recovered(url: str, folder: Path, name: str) -> Path:
    """Recover all that is due, once every lease has lapsed; then export."""
    if (pid := os.fork()) == 0:
        code = 1
        try:
            time.sleep(LEASE_S)
            with Gate.open(
                Policy.parse(POLICY), url, state=folder / "state", lease_s=LEASE_S
            ) as gate:
                recover(gate)
            code = 0
        finally:
            os._exit(code)
    os.waitpid(pid, 0)
    return export(url, folder, name)


def _export(url: str, folder: Path, into: Path) -> None:
    with Gate.open(None, url, state=folder / "state") as gate:
        write(gate.ledger, into)
