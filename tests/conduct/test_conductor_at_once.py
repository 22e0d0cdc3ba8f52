"""Conduct: several deliverers, voters and editors of one call at once."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from interlock.clock import SystemClock
from interlock.conduct import Answered
from interlock.errors import DeskError

from .conftest import World, answer, open_world, waiting  # isort: skip

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.timeout(60),  # eight threads, each with a ledger of its own, on two cores
]


@pytest.fixture
def worlds(tmp_path: Path, database: str) -> Iterator[list[World]]:
    """Eight processes on one ledger, as far as the ledger can tell."""
    made = [open_world(tmp_path, clock=SystemClock()) for _ in range(8)]
    yield made
    verified = made[0].gate.audit.verify()
    for world in made:
        world.gate.close()
    assert verified.ok, verified.problems


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do all works at the same moment; return what each returned or how it was refused."""
    ready, found = threading.Barrier(len(works)), [None] * len(works)

    def one(place: int) -> None:
        ready.wait(20)
        try:
            found[place] = works[place]()
        except DeskError as error:
            found[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    return found


def effects(worlds: list[World]) -> int:
    """Count what ran, wherever it ran."""
    return sum(len(world.effects) for world in worlds)


@pytest.mark.parametrize("claim", [True, False])
def test_a_turn_that_eight_propose_is_one_turn(worlds: list[World], claim: bool) -> None:
    """I3: of eight deliveries at once one makes the calls, and each call runs once."""
    calls = (("refund.issue", {"amount": 5}), ("refund.issue", {"amount": 6}))[: 1 if claim else 2]
    turn = worlds[0].turn(*calls, name="same")
    found = at_once(
        *(lambda w=world: w.gate.conductor.propose(turn, claim=claim) for world in worlds)
    )
    assert [ids == found[0] for ids in found] == [True] * 8

    ends = at_once(*(lambda w=world: [w.go(call) for call in found[0]] for world in worlds))
    assert effects(worlds) == len(calls)
    assert {answer(one).ending for each in ends for one in each} == {"released"}


def test_a_turn_that_eight_propose_differently_is_a_conflict(worlds: list[World]) -> None:
    """One of them is the call; the others are told so and have no effect."""
    turns = [
        world.turn(("refund.issue", {"amount": at}), name="same") for at, world in enumerate(worlds)
    ]

    def deliver(world: World, turn: Any) -> str:
        (call,) = world.gate.conductor.propose(turn)
        return answer(world.go(call)).ending

    ends = at_once(*(lambda w=w, t=t: deliver(w, t) for w, t in zip(worlds, turns, strict=True)))

    assert sorted(ends) == ["conflict"] * 7 + ["released"]
    assert effects(worlds) == 1


def test_siblings_go_on_at_once(worlds: list[World]) -> None:
    """Eight calls of one turn, each delivered by another process, neither wait nor get lost."""
    calls = worlds[0].propose(*(("refund.issue", {"amount": at}) for at in range(8)))

    ends = at_once(*(lambda w=w, c=c: w.go(c) for w, c in zip(worlds, calls, strict=True)))

    assert [answer(end).ending for end in ends] == ["released"] * 8
    assert effects(worlds) == 8


VERDICTS: dict[str, Callable[[World, str], Any]] = {
    "approve": lambda world, request: world.gate.inbox.approve(request, by="ana", reason="ok"),
    "deny": lambda world, request: world.gate.inbox.deny(request, by="bo", reason="no"),
    "edit": lambda world, request: world.gate.inbox.edit(request, args={"amount": 300}, by="cy"),
}


@pytest.mark.parametrize(
    "verdicts", [("approve", "deny"), ("edit", "approve"), ("edit", "deny"), ("approve",) * 8]
)
def test_of_two_verdicts_one_counts(worlds: list[World], verdicts: tuple[str, ...]) -> None:
    """I2, I6, I8: whoever comes first decides; the others are told, and nothing is between."""
    for at in range(4):
        (call,) = worlds[0].propose(("refund.issue", {"amount": 200, "note": at}))
        request = waiting(worlds[0].go(call)).request.id
        before = effects(worlds)
        works = [partial(VERDICTS[v], w, request) for w, v in zip(worlds, verdicts, strict=False)]

        found = at_once(*works)

        (won,) = [
            v for v, said in zip(verdicts, found, strict=True) if not isinstance(said, DeskError)
        ]
        ran = worlds[0].go(call)
        assert effects(worlds) - before == (won == "approve")
        assert isinstance(ran, Answered) == (won != "edit")


def test_eight_resume_one_call(worlds: list[World]) -> None:
    """I3: an approved call that eight resume at once runs in one of them; all have its answer."""
    (call,) = worlds[0].propose(("refund.issue", {"amount": 200}))
    worlds[0].gate.inbox.approve(waiting(worlds[0].go(call)).request.id, by="ana", reason="ok")

    ends = at_once(*(lambda w=world: w.go(call) for world in worlds))

    assert effects(worlds) == 1
    assert {answer(end).ending for end in ends} == {"released"}


def test_attempts_at_once_are_counted(worlds: list[World]) -> None:
    """Eight times the same call at once is eight attempts; policy sees the later ones as such."""
    turns = [worlds[0].turn(("refund.issue", {"amount": 7})) for _ in worlds]

    found = at_once(
        *(lambda w=w, t=t: w.gate.conductor.propose(t) for w, t in zip(worlds, turns, strict=True))
    )
    states = sorted(worlds[0].state(call) for (call,) in found)

    assert states == ["decided"] * 3 + ["pending"] * 5


def test_eight_write_notes(worlds: list[World]) -> None:
    """I10: what concerns no single call has one chain, whoever writes to it."""

    def note(world: World) -> None:
        for at in range(5):
            with world.gate.ledger.begin() as tx:
                tx.note("seen", {"at": at})

    at_once(*(lambda w=world: note(w) for world in worlds))

    positions = [line["position"] for line in worlds[0].gate.audit.log(call="ledger")]
    assert sorted(positions) == list(range(len(positions)))
    assert len(positions) >= 40
