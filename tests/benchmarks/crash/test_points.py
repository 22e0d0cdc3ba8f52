"""Every crash point, in both databases: killed there once, recovered, checked from outside."""

import multiprocessing
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, get_args

import pytest
from benchmarks.crash.check import check
from benchmarks.crash.evidence import read
from benchmarks.crash.stage import LEASE_S, Stage

from interlock.clock import FrozenClock
from interlock.conduct import Ready, faults, timers
from interlock.conduct.faults import CrashPoint, OtherPoint
from interlock.errors import DeskError
from interlock.ledger.sealing import seal

from ...databases import ledger_of  # isort: skip

FORK: Final = multiprocessing.get_context("fork")
"""A fork of the running tests is ready at once: all is imported, and Presidio is not wanted."""

POINTS: Final = (*get_args(CrashPoint), *get_args(OtherPoint))
LARGE: Final = "word " * 5000
"""Sealed before it is inspected."""


def act(stage: Stage) -> None:
    """Pass every point, with calls that may not run twice; do again what a kill cut short."""
    conductor, gate = stage.gate.conductor, stage.gate
    asked = stage.propose("pay", "asked")
    with suppress(DeskError):  # it has its answer
        stage.answer(asked, "approve")
    stage.perform(asked)
    stage.perform(stage.propose("post", "large"), LARGE)
    lost = stage.propose("post", "lost")
    if isinstance(conductor.advance(lost), Ready):  # claimed by a process that does nothing more
        stage.clock.advance(LEASE_S + 1)
    timers.recover(conductor.ports)
    with suppress(DeskError):
        gate.doubts.settle(lost, "retried", reason="it did not run", by="ana")
    stage.perform(lost)
    seal(gate.ledger)
    gate.recover()  # learns from what is sealed


def die(folder: Path, ledger: str, point: str) -> None:
    """Act, and be killed at a point."""
    faults._AT = point  # type: ignore[misc] - what the environment sets in a fresh process
    act(Stage(folder, FrozenClock(), ledger))


@pytest.mark.timeout(60)  # a child process, and a database server at first
@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, tmp_path: Path) -> None:
    """I1 to I18: whatever point it dies at, recovery leaves nothing lost, twice or stuck."""
    ledger = ledger_of(tmp_path)
    child = FORK.Process(target=die, args=(tmp_path, ledger, point))
    child.start()
    child.join(30)
    assert child.exitcode == -signal.SIGKILL

    clock = FrozenClock()
    clock.advance(3600)  # past every lease
    stage = Stage(tmp_path, clock, ledger)
    timers.recover(stage.gate.conductor.ports)
    assert timers.recover(stage.gate.conductor.ports) == []
    act(stage)
    assert stage.gate.audit.verify().ok, stage.gate.audit.verify().problems

    export, journals = stage.exported()
    assert broken(check(export, journals)) == {}
    evidence = read(export, journals)
    ran = [effect.args["ref"] for effect in evidence.effects]
    again = "lost.0" if point in ("effect_done", "inspected", "settled") else ""
    assert {ref for ref in ran if ran.count(ref) > 1} <= {again}
    assert len(evidence.calls) == 3
    assert {call.state for call in evidence.calls.values()} <= {"released", "in_doubt"}


def broken(found: dict[str, Any]) -> dict[str, Any]:
    """Return what breaks an invariant, by invariant."""
    return {name: one.violations for name, one in found.items() if one.violations}
