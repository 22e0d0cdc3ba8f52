"""Follow: every entry once, also one that is committed after a later one."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Turn
from interlock.conduct.intake import take_turn
from interlock.ledger.tail import COMES_S, MOST
from interlock.path.proposal import Agent, Context

from ..databases import ledger_of  # isort: skip
from .conftest import play, still  # isort: skip

SERVER = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def turn(name: str, agent: str = "bot") -> Turn:
    """Return a turn of one call that needs a person."""
    return Turn(Context(Agent(agent)), "main", name, "", name, (Intent("pay", {}, "c"),))


def test_each_entry_once_and_in_order(gate: Gate) -> None:
    """What is recorded after the tail began comes once, in order, with its call's agent."""
    play(gate, 1)
    tail, before = gate.audit.tail(), len(gate.audit.log())
    assert tail.next() == []
    gate.conductor.propose(turn("a"))
    gate.conductor.propose(turn("b"))
    gate.halt(agent="nobody", reason="drill", by="ana")

    lines = tail.next()
    assert [line["id"] for line in lines] == [line["id"] for line in gate.audit.log()][before:]
    assert {line["agent"] for line in lines} == {"bot", None}
    assert tail.next() == []


def test_from_some_entries_back(gate: Gate) -> None:
    """A tail may begin with the last entries; with more than there are it begins with the first."""
    play(gate, 1)
    log = [line["id"] for line in gate.audit.log()]

    assert [line["id"] for line in gate.audit.tail(2).next()] == log[-2:]
    assert [line["id"] for line in gate.audit.tail(10_000).next()] == log


@SERVER
@pytest.mark.parametrize(("waits_s", "comes"), [(1, True), (COMES_S + 1, False)])
def test_an_entry_that_is_committed_late(
    tmp_path: Path, database: str, waits_s: float, comes: bool
) -> None:
    """An entry with a lower number that is committed after a higher one comes, within its time."""
    clock, policy = FrozenClock(), Policy.parse("default: require_approval")
    gates = [Gate.open(policy, ledger_of(tmp_path), clock=clock, state=tmp_path) for _ in range(2)]
    for each in gates:
        still(each)
    slow, fast = gates
    slow.conductor.propose(turn("first"))  # the policy is known from here on
    tail = fast.audit.tail()
    with slow.ledger.begin() as tx:
        take_turn(tx, slow.conductor.ports, turn("slow"))
        (first,) = fast.conductor.propose(turn("fast", "another"))  # one agent's wait for it
        assert {line["chain"] for line in tail.next()} == {first}
        clock.advance(waits_s)
        tail.next()

    assert bool(tail.next()) == comes
    assert tail.next() == []
    for each in gates:
        each.close()


def test_a_jump_in_the_numbers(gate: Gate) -> None:
    """However far the numbers jump, few that are missing are remembered."""
    play(gate, 1)
    tail = gate.audit.tail()
    with gate.ledger.engine.begin() as db:
        if db.dialect.name == "sqlite":
            db.exec_driver_sql("update sqlite_sequence set seq = seq + 10000000")
        else:
            db.exec_driver_sql("select setval(pg_get_serial_sequence('entries', 'seq'), 10000000)")
    gate.conductor.propose(turn("a"))

    assert {line["kind"] for line in tail.next()} >= {"proposed", "decided"}
    assert len(tail._missing) <= MOST  # pyright: ignore[reportPrivateUsage] - how much it keeps is the law
    assert tail.next() == []
