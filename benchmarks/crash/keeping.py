"""Keep: recover what was lost, and export the log, as an operator would after the storm."""

import os
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from benchmarks.crash.agent import LEASE_S, POLICY
from benchmarks.crash.leash import leash
from interlock import Gate, Policy
from interlock.conduct import timers
from interlock.ledger.export import export


def recovered(url: str, folder: Path, name: str) -> Path:
    """Recover all that is due, once every lease has lapsed; then export."""

    def work() -> None:
        time.sleep(LEASE_S)
        policy, state = Policy.parse(POLICY), folder / "state"
        with Gate.open(policy, url, state=state, lease_s=LEASE_S) as gate:
            timers.recover(gate.conductor.ports)
            export(gate.ledger, folder / name)

    _apart(work)
    return folder / name


def earlier_exports(folder: Path) -> list[Path]:
    """Return the whole exports that were taken on the way, the oldest first."""
    taken = [path for path in folder.glob("earlier-*") if (path / "checkpoint").exists()]
    return sorted(taken, key=lambda path: int(path.name.partition("-")[2]))


def _apart(work: Callable[[], None]) -> None:
    """Work in a process of its own: the parent opens nothing. Raises `RuntimeError`."""
    parent = os.getpid()
    if (pid := os.fork()) == 0:
        code = 1
        try:
            leash(parent)
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - a child never returns into its parent
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    if status:
        raise RuntimeError("the log could not be recovered and exported")
