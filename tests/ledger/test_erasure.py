"""Erase: what a call said is nowhere, and the record verifies as before."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Answered, Intent, Ready, Turn, perform
from interlock.errors import DeskError, UnknownId
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context, Link
from interlock.tools.run import run

from ..databases import ask, ledger_of  # isort: skip
from .conftest import SQLITE, by_hand, still  # isort: skip

SECRET = "Wilhelmina Quackenbush"
POLICY = """
version: v1
tools: {lookup: {risk_tags: [read], effect: read, facts: {name: args.name}}}
rules:
  - {id: reads, match: {tools: [lookup]}, decision: allow}
  - {id: held, match: {tools: [report]}, decision: allow, review_result: true}
  - {id: rest, match: {tools: [pay]}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path, database: str) -> Any:
    """Open a gate whose calls are about somebody."""
    url = ledger_of(tmp_path)
    with Gate.open(Policy.parse(POLICY), url, clock=FrozenClock(), state=tmp_path) as opened:
        still(opened)
        yield opened


def made(gate: Gate, tool: str, turn_id: str, principal: str = "cust-7") -> str:
    """Make a call about somebody, and run it as far as it goes."""
    args = {"name": SECRET, "note": "x" * 6000 + SECRET}
    facts = {"told": SECRET}
    chain = (Link("a", SECRET),)
    context = Context(Agent("bot"), principal, chain=chain, facts=facts, signals={"mood": SECRET})
    turn = Turn(context, "main", "t", "", turn_id, (Intent(tool, args, "a"),))
    (call,) = gate.conductor.propose(turn)
    perform(gate.conductor, call, _run)
    return call


def _run(ready: Ready) -> Outcome:
    return run(ready, lambda _, args: Done({"found": args["name"], "all": args["note"]}))


def files(path: Path) -> bytes:
    """Return all bytes of the ledger's files."""
    return b"".join(file.read_bytes() for file in path.glob("ledger.db*"))


def test_what_was_erased_is_in_no_table(gate: Gate, tmp_path: Path) -> None:
    """Arguments, answer, context and facts are gone from every column of every table."""
    call = made(gate, "lookup", "m0")
    head = gate.audit.seal()
    erased = gate.audit.erase(call, reason="request 12", by="dpo")

    assert erased.calls == (call,)
    for table in ("calls", "arguments", "entries", "outputs", "requests", "usage"):
        assert SECRET not in str(ask(tmp_path, f"select * from {table}"))
    found = gate.audit.verify()
    assert found.ok, found.problems
    assert head is not None
    told = [line for line in gate.audit.log() if line["kind"] == "erased"]
    assert [(line["actor"], line["body"]["call_id"]) for line in told] == [("dpo", call)]


@SQLITE
def test_what_was_erased_is_in_no_file(gate: Gate, tmp_path: Path) -> None:
    """Neither the database's file nor its log has the bytes; before, they did."""
    call = made(gate, "lookup", "m0")
    held = made(gate, "report", "m1")
    assert SECRET.encode() in files(tmp_path)

    for name in (call, held):
        assert gate.audit.erase(name, reason="request 12").is_gone
    assert SECRET.encode() not in files(tmp_path)
    assert b"x" * 500 not in files(tmp_path)
    assert gate.audit.verify().ok, gate.audit.verify().problems


def test_a_held_result_is_destroyed_first(gate: Gate, tmp_path: Path) -> None:
    """Erasing a call whose result is held destroys that, with an entry of its own."""
    call = made(gate, "report", "m0")
    gate.audit.erase(call, reason="request 12", by="dpo")

    assert ask(tmp_path, "select sealed from outputs where state = 'held'") == []
    assert {line["state"] for line in gate.audit.log(call=call)} >= {"quarantined", "destroyed"}
    assert gate.audit.verify().ok, gate.audit.verify().problems


def test_what_has_not_ended_stays(gate: Gate) -> None:
    """A call that waits for a person cannot be erased; the others of its principal are."""
    done, waiting = made(gate, "lookup", "m0"), made(gate, "pay", "m1")
    other = made(gate, "lookup", "m2", principal="cust-77")
    with pytest.raises(DeskError, match="has not ended"):
        gate.audit.erase(waiting, reason="request 12")
    erased = gate.audit.erase_principal("cust-7", reason="request 12")

    assert (erased.calls, erased.left) == ((done,), (waiting,))
    assert SECRET in str(gate.inbox.show(other))
    gate.inbox.deny(gate.inbox.show(waiting).id, by="ana", reason="no")
    assert gate.audit.erase_principal("cust-7", reason="request 12").calls == (waiting,)
    with pytest.raises(UnknownId):
        gate.audit.erase_principal("nobody", reason="request 12")
    with pytest.raises(DeskError, match="reason"):
        gate.audit.erase(done, reason=" ")
    assert gate.audit.verify().ok, gate.audit.verify().problems


def test_an_erased_call_never_runs_again(gate: Gate) -> None:
    """A late delivery of it is a conflict: nobody can tell any more whether it is the same call."""
    call = made(gate, "lookup", "m0")
    gate.audit.erase(call, reason="request 12")
    ran: list[Ready] = []
    intent = Intent("lookup", {"name": SECRET, "note": "x" * 6000 + SECRET}, "a")
    turn = Turn(Context(Agent("bot"), principal="cust-7"), "main", "t", "", "m0", (intent,))
    (again,) = gate.conductor.propose(turn)
    answered = perform(gate.conductor, again, lambda ready: ran.append(ready) or _run(ready))

    assert ran == []
    assert isinstance(answered, Answered)
    assert answered.answer.ending == "conflict"


def test_erasing_by_hand_is_named(gate: Gate, tmp_path: Path) -> None:
    """Arguments that go without an entry that says so are missing."""
    made(gate, "lookup", "m0")
    by_hand(tmp_path, "update arguments set nonce = ''")
    assert any("lost its arguments" in line for line in gate.audit.verify().problems)
    by_hand(tmp_path, "delete from arguments")
    assert any("lost its arguments" in line for line in gate.audit.verify().problems)


@SQLITE
def test_a_copy_of_before_an_upgrade_goes(gate: Gate, tmp_path: Path) -> None:
    """What an upgrade copied still says what was erased: the copy is deleted, nothing else is."""
    call = made(gate, "lookup", "m0")
    copy, other = tmp_path / "ledger.db.0001", tmp_path / "ledger.db.mine"
    copy.write_bytes((tmp_path / "ledger.db").read_bytes())
    other.write_text("mine")

    assert gate.audit.erase(call, reason="asked to", by="ana").is_gone
    assert not copy.exists()
    assert other.exists()


def test_what_is_left_of_an_erased_call_is_covered(gate: Gate, tmp_path: Path) -> None:
    """The entry that says so commits to the row that is left, so that nobody writes another."""
    call = made(gate, "lookup", "m0")
    gate.audit.erase(call, reason="asked to", by="ana")
    assert gate.audit.verify().ok
    by_hand(
        tmp_path, f"update calls set answer = replace(answer, 'erased', 'paid') where id = '{call}'"
    )

    (line,) = gate.audit.verify().problems
    assert call in line
