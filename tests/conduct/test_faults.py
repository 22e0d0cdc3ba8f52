"""Crash: kill -9 at every named point; then recover, twice."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import get_args

import pytest

from interlock.clock import FrozenClock, SystemClock
from interlock.conduct import Answered, Waiting, faults, perform
from interlock.conduct.faults import CrashPoint
from interlock.path.execution import Done
from interlock.tools.run import run

from .conftest import World, open_world  # isort: skip

pytestmark = pytest.mark.usefixtures("database")

FORK = multiprocessing.get_context("fork")
TOOLS = {"refund.issue": "non_idempotent", "set.flag": "idempotent", "orders.get": "read"}


def effects(folder: Path) -> int:
    """Count the effects that the tools journalled, in any process."""
    journal = folder / "effects"
    return len(journal.read_text().splitlines()) if journal.exists() else 0


def play(folder: Path, tool: str, amount: int, point: str | None, approve: bool) -> None:
    """Propose, approve if asked, and run one call, dying at `point`."""
    faults._AT = point  # type: ignore[misc] - what the environment sets in a fresh process
    world = open_world(folder)
    turn = world.turn((tool, {"amount": amount}), name="m1")
    (call,) = world.gate.conductor.propose(turn)

    def journal(*_: object) -> Done:
        with (folder / "effects").open("a") as file:
            file.write("effect\n")
        return Done("ok")

    progress = perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    if isinstance(progress, Waiting) and approve:
        world.gate.inbox.approve(progress.request.id, by="ana", reason="ok")
        perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    world.gate.close()


def die_at(folder: Path, tool: str, amount: int, point: str) -> int | None:
    """Play in a child that kills itself at `point`; return its exit code."""
    child = FORK.Process(target=play, args=(folder, tool, amount, point, True))
    child.start()
    child.join(20)
    return child.exitcode


@pytest.mark.timeout(60)  # one child process a case
@pytest.mark.parametrize("amount", [20, 200], ids=["allowed", "asked"])
@pytest.mark.parametrize("tool", list(TOOLS))
@pytest.mark.parametrize("point", get_args(CrashPoint))
def test_killed_at_every_point(tmp_path: Path, point: str, tool: str, amount: int) -> None:
    """I1, I3, I5, I15: at most one effect of what may not repeat, an answer for every call."""
    asks = tool == "refund.issue" and amount == 200
    if point == "voted" and not asks:
        assert die_at(tmp_path, tool, amount, point) == 0  # nobody votes, so it is not reached
        return
    assert die_at(tmp_path, tool, amount, point) == -signal.SIGKILL

    clock = FrozenClock()
    clock.advance(60)  # past the lease
    for _ in range(2):
        world = open_world(tmp_path, clock=clock)
        _recover(world, tool, amount, tmp_path)
        assert world.gate.audit.verify().ok, world.gate.audit.verify().problems
        world.gate.close()

    assert effects(tmp_path) == 1 or (
        TOOLS[tool] != "non_idempotent" or (point == "claimed" and effects(tmp_path) == 0)
    )
    if TOOLS[tool] != "non_idempotent":
        assert 1 <= effects(tmp_path) <= 2


def _recover(world: World, tool: str, amount: int, folder: Path) -> None:
    """Deliver the call again, as a host does after a crash, and take it to its end."""
    (call,) = world.gate.conductor.propose(world.turn((tool, {"amount": amount}), name="m1"))

    def journal(*_: object) -> Done:
        with (folder / "effects").open("a") as file:
            file.write("effect\n")
        return Done("ok")

    progress = perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    if isinstance(progress, Waiting):
        world.gate.inbox.approve(progress.request.id, by="ana", reason="ok")
        progress = perform(world.gate.conductor, call, lambda ready: run(ready, journal))
    assert isinstance(progress, Answered)
    assert progress.answer.ending in ("released", "in_doubt")


@pytest.mark.timeout(60)  # eight threads on two cores
@pytest.mark.parametrize("workers", [2, 8])
def test_concurrent_deliveries_have_one_effect(tmp_path: Path, workers: int) -> None:
    """P2: however many workers deliver one call at once, it runs once and all get its answer."""
    worlds = [open_world(tmp_path, clock=SystemClock()) for _ in range(workers)]
    answers: list[object] = []

    def deliver(world: World) -> None:
        turn = world.turn(("refund.issue", {"amount": 20}), name="m1")
        (call,) = world.gate.conductor.propose(turn)
        answers.append(world.go(call))

    threads = [threading.Thread(target=deliver, args=(world,)) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sum(len(world.effects) for world in worlds) == 1
    assert len(answers) == workers
    assert all(isinstance(one, Answered) and one.answer.ending == "released" for one in answers)
    for world in worlds:
        world.gate.close()


@pytest.mark.timeout(60)
def test_approve_against_deny_has_one_outcome(tmp_path: Path) -> None:
    """P2: of an approval and a denial at once exactly one counts, and the call obeys it."""
    for at in range(5):
        folder = tmp_path / str(at)
        folder.mkdir()
        one, two = open_world(folder), open_world(folder)
        (call,) = one.propose(("refund.issue", {"amount": 200}))
        request = one.go(call)
        assert isinstance(request, Waiting)
        counted: list[str] = []

        def say(world: World, verb: str, request_id: str, counted: list[str]) -> None:
            try:
                getattr(world.gate.inbox, verb)(request_id, by="ana", reason="r")
                counted.append(verb)
            except Exception as error:  # noqa: BLE001 - which one loses is not known
                counted.append(type(error).__name__)

        threads = [
            threading.Thread(target=say, args=(one, "approve", request.request.id, counted)),
            threading.Thread(target=say, args=(two, "deny", request.request.id, counted)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        one.go(call)
        assert min(counted) == "AlreadyDecided"
        assert len(one.effects) == (1 if "approve" in counted else 0)
        assert one.gate.audit.verify().ok
        one.gate.close()
        two.gate.close()


def test_crash_points_are_free_when_unset() -> None:
    """Nothing dies unless it is told to."""
    assert os.environ.get("INTERLOCK_CRASH_AT") is None
    for point in get_args(CrashPoint):
        faults.crash_point(point)


def test_the_nth_pass_kills() -> None:
    """`INTERLOCK_CRASH_AFTER` lets a process pass its point that often less one."""
    passes = "from interlock.conduct.faults import crash_point as at\n"
    passes += "for n in range(5): at('proposed'); at('claimed'); print(n, flush=True)"
    told = {"INTERLOCK_CRASH_AT": "claimed", "INTERLOCK_CRASH_AFTER": "3"}
    command = [sys.executable, "-c", passes]
    child = subprocess.run(command, env={**os.environ, **told}, capture_output=True, check=False)
    assert child.returncode == -signal.SIGKILL
    assert child.stdout.split() == [b"0", b"1"]
