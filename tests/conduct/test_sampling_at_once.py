"""Sample: several processes at what was drawn, each of which may be killed."""

import multiprocessing
import signal
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from interlock.clock import FrozenClock
from interlock.conduct import faults
from interlock.ledger import tables
from interlock.ledger.probes import ProbeRows
from interlock.path.proposal import Agent, Context

from .conftest import World, open_world  # isort: skip
from .test_probing import ASKS  # isort: skip
from .test_sampling import EVERY  # isort: skip

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.timeout(60),  # child processes, each with a ledger of its own
]

FORK = multiprocessing.get_context("fork")


def opened(folder: Path, after_s: float = 0) -> World:
    """Open the world of a process, so many seconds after the first one's."""
    clock = FrozenClock()
    clock.advance(after_s)
    return open_world(folder, ASKS + EVERY, clock)


def asked_and_answered(world: World, *amounts: int) -> None:
    """Deliver refunds, each of an agent of its own, and approve what waits of them."""
    for amount in amounts:
        turn = world.turn(("refund.issue", {"amount": amount}), name=f"m{amount}")
        context = Context(Agent(f"bot {amount}", owner="olga"), principal="cust")
        (call,) = world.gate.conductor.propose(replace(turn, context=context))
        if world.state(call) == "pending":
            world.gate.inbox.approve(call, by="ana", reason="so")


def run(work: Callable[..., None], *args: Any) -> Any:
    """Start a process."""
    child = FORK.Process(target=work, args=args)
    child.start()
    return child


def fire(folder: Path, start: Any, looked: Any) -> None:
    """Fire all that is due with another process; both look at a route at once where they can."""
    canaried = ProbeRows.canaried

    def slowly(rows: ProbeRows) -> frozenset[str]:
        found = canaried(rows)
        with suppress(threading.BrokenBarrierError):
            looked.wait(1)
        return found

    ProbeRows.canaried = slowly  # type: ignore[method-assign] - in this process alone
    world = opened(folder, 3600)
    start.wait(20)
    world.gate.recover()
    world.gate.close()


def kinds(world: World) -> Counter[str]:
    """Count the probes that were made, by kind."""
    with world.gate.ledger.read() as db:
        return Counter(db.execute(select(tables.probes.c.kind)).scalars())


def noted(world: World, kind: str) -> int:
    """Count the entries of a kind."""
    return sum(line["kind"] == kind for line in world.gate.audit.log(undisclosed=True))


def test_two_processes_make_one_of_each_and_one_canary_at_a_route(tmp_path: Path) -> None:
    """Each timer is one process's; of the canaries of a route the first to come is posed."""
    first = opened(tmp_path)
    asked_and_answered(first, 60, 61, 62, 63)
    first.gate.close()
    start, looked = FORK.Barrier(2), FORK.Barrier(2)
    children = [run(fire, tmp_path, start, looked) for _ in range(2)]
    for child in children:
        child.join(40)
    after = opened(tmp_path, 3600)
    verified = after.gate.audit.verify()
    after.gate.recover()
    made, drawn, left_out = kinds(after), noted(after, "drawn"), noted(after, "not_posed")
    after.gate.close()

    assert [child.exitcode for child in children] == [0, 0]
    assert made == {"canary": 1, "second_look": 4}
    assert (drawn, left_out) == (8, 3)
    assert verified.ok, verified.problems


def play(folder: Path, point: str | None, passes: int) -> None:
    """Ask, answer, fire what was drawn and answer that, dying where told."""
    faults._AT = point  # type: ignore[misc] - what the environment sets in a fresh process
    faults._AFTER = passes  # type: ignore[misc]
    world = opened(folder)
    asked_and_answered(world, 60)
    world.clock.advance(3600)
    world.gate.recover()
    for one in world.gate.inbox.pending():
        world.gate.inbox.approve(one.id, by="bea", reason="fine")
    world.gate.close()


@pytest.mark.parametrize(
    ("point", "passes"),
    [
        ("before_proposal", 1),
        ("proposed", 1),
        ("voted", 1),
        ("timer_taken", 1),
        ("timer_taken", 2),
        ("timer_fired", 1),
        ("voted", 2),
        ("voted", 3),
    ],
)
def test_killed_between_draw_and_disclosure(tmp_path: Path, point: str, passes: int) -> None:
    """Whenever a process is killed, the next one finds each probe once, and nothing runs."""
    child = run(play, tmp_path, point, passes)
    child.join(40)
    assert child.exitcode == -signal.SIGKILL
    again = run(play, tmp_path, None, 1)
    again.join(40)
    assert again.exitcode == 0

    after = opened(tmp_path, 3600)
    verified = after.gate.audit.verify()
    log = after.gate.audit.log()
    with after.gate.ledger.read() as db:
        ends = db.execute(select(tables.probes.c.kind, tables.probes.c.came_to)).all()
        ran = db.execute(select(tables.executions)).all()
    waits, drawn = after.gate.inbox.pending(), noted(after, "drawn")
    after.gate.close()

    assert sorted(map(tuple, ends)) == [("canary", "missed"), ("second_look", "agreed")]
    assert (drawn, waits, [*ran]) == (2, [], [])
    assert sum(line["state"] == "disclosed" for line in log) == 2
    assert verified.ok, verified.problems
