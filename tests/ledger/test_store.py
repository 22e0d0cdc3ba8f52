"""Store: compare and set, all or nothing, one entry for each change."""

from dataclasses import replace
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.errors import DeskError, InvariantError, StaleTransition, UnknownId
from interlock.path.inspection import Inspection
from interlock.path.record import Step

from .conftest import POLICY, play  # isort: skip


def test_a_stale_writer_changes_nothing(gate: Gate) -> None:
    """I9: of two writers that read the same version, the second is refused whole."""
    (first, *_) = play(gate, 1)
    with gate.ledger.begin() as tx:
        call = tx.call(first)
    entries = len(gate.audit.log())
    old = replace(call, state="inspected", version=call.version - 1)

    with pytest.raises(StaleTransition), gate.ledger.begin() as tx:
        tx.advance(old, [Step("released", "released")])
    assert len(gate.audit.log()) == entries
    assert gate.audit.verify().ok


def test_a_transition_outside_the_table_is_refused(gate: Gate) -> None:
    """Nothing walks a way that the table of transitions does not have."""
    (first, *_) = play(gate, 1)

    with pytest.raises(InvariantError), gate.ledger.begin() as tx:
        tx.advance(tx.call(first), [Step("executing", "claimed", {"fence": 9})])
    assert gate.audit.verify().ok


def test_an_error_inside_leaves_nothing(gate: Gate) -> None:
    """A unit of work that raises leaves neither state nor entry."""
    play(gate, 1)
    before = gate.audit.log()

    with pytest.raises(ZeroDivisionError):
        _note_and_fail(gate)
    assert gate.audit.log() == before


def _note_and_fail(gate: Gate) -> None:
    with gate.ledger.begin() as tx:
        tx.note("half", {"x": 1})
        raise ZeroDivisionError


def test_notes_are_chained(gate: Gate) -> None:
    """What concerns no single call has a chain of its own."""
    for at in range(3):
        with gate.ledger.begin() as tx:
            tx.note("seen", {"at": at})
    assert [line["position"] for line in gate.audit.log(call="ledger")] == [0, 1, 2]
    assert gate.audit.verify().ok


def test_a_request_closes_once(gate: Gate) -> None:
    """A closed request is not closed again under another name."""
    play(gate, 1)
    (decided,) = gate.inbox.decided(thread="t")

    with pytest.raises(StaleTransition), gate.ledger.begin() as tx:
        tx.close_request(decided.request_id, "rejected")
    with gate.ledger.begin() as tx:
        assert tx.request(decided.request_id).state == "approved"


def test_held_bytes_lie_sealed_and_go(gate: Gate, tmp_path: Path) -> None:
    """I13: the sealed column is the only place of a held result, and is emptied at its end."""
    (first, *_) = play(gate, 1)
    with gate.ledger.begin() as tx:
        tx.seal(first, b"the secret of the house", Inspection("QUARANTINE"), "held")
        assert tx.unseal(first) == b"the secret of the house"
    for file in tmp_path.glob("ledger.db*"):
        assert b"the secret of the house" not in file.read_bytes()
    with gate.ledger.begin() as tx:
        tx.end_output(first, "destroyed")
        assert tx.sealed(first).sealed == b""


def test_unknown_ids(gate: Gate) -> None:
    """An id that is nowhere is an error that names it."""
    with gate.ledger.begin() as tx:
        for look in (tx.call, tx.request, tx.sealed):
            with pytest.raises(UnknownId, match="nowhere"):
                look("nowhere")


def test_levels_decide_and_are_recorded(tmp_path: Path) -> None:
    """A level set by hand counts from the next decision on, and says who and why."""
    leveled = POLICY.replace(
        "rules:",
        "autonomy_levels:\n"
        "  level_0: {name: low, rules: [{match: {topics: ['*']}, decision: require_approval}]}\n"
        "  level_1: {name: high, rules: [{match: {topics: ['*']}, decision: allow}]}\n"
        "rules:",
    )
    path = str(tmp_path / "l.db")
    with Gate.open(Policy.parse(leveled), path, clock=FrozenClock(), state=tmp_path) as gate:
        with pytest.raises(DeskError):
            gate.autonomy.set("bot", 1, reason="")
        with pytest.raises(DeskError):
            gate.autonomy.set("bot", 4, reason="too good")
        gate.autonomy.set("bot", 1, reason="trained", by="ana")
        gate.autonomy.set("bot", 0, reason="incident", by="bo")

        (level,) = gate.autonomy.levels()
        assert (level["level"], level["by"], level["reason"]) == (0, "bo", "incident")
        bodies = [line["body"] for line in gate.audit.log(call="ledger")]
        assert [(body["from"], body["to"]) for body in bodies] == [(None, 1), (1, 0)]
        assert gate.audit.verify().ok
