"""Verify: what anyone changes in the record by hand is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from interlock.app.gate import Gate

from ..databases import ask  # isort: skip
from .conftest import SQLITE, by_hand, play  # isort: skip


def entry(path: Path, position: int) -> str:
    """Return the id of an entry, by its place in the record."""
    return str(ask(path, f"select id from entries where seq = {position}")[0][0])


def test_an_honest_record_verifies(gate: Gate) -> None:
    """I10: what the gate wrote verifies, entry by entry."""
    play(gate)
    verified = gate.audit.verify()

    assert verified.ok
    assert verified.calls == 6
    assert verified.entries == len(gate.audit.log())


EDITS: dict[str, Callable[[str], str]] = {
    "body": lambda entry_id: (
        "update entries set body = replace(body, '{', '{\"x\":1,') where id = '" + entry_id + "'"
    ),
    "unreadable body": lambda entry_id: f"update entries set body = '{{' where id = '{entry_id}'",
    "time": lambda entry_id: (
        f"update entries set at = '2020-01-01T00:00:00.000000Z' where id = '{entry_id}'"
    ),
    "actor": lambda entry_id: f"update entries set actor = 'mallory' where id = '{entry_id}'",
    "state": lambda entry_id: f"update entries set state = 'destroyed' where id = '{entry_id}'",
    "hash": lambda entry_id: f"update entries set hash = previous where id = '{entry_id}'",
    "call": lambda entry_id: (
        f"update entries set chain = 'call_other', position = 90 where id = '{entry_id}'"
    ),
}


@pytest.mark.parametrize("what", list(EDITS))
@pytest.mark.parametrize("place", [1, 8, 20])
def test_an_edited_entry_is_named(gate: Gate, tmp_path: Path, what: str, place: int) -> None:
    """Whatever column of an entry is edited, verify names that entry."""
    play(gate)
    target = entry(tmp_path, place)
    by_hand(tmp_path, EDITS[what](target))

    verified = gate.audit.verify()

    assert not verified.ok
    assert any(target in problem for problem in verified.problems), verified.problems


def test_a_deleted_entry_is_noticed(gate: Gate, tmp_path: Path) -> None:
    """Deleting an entry leaves its successor without a footing, and says so."""
    play(gate)
    by_hand(tmp_path, "delete from entries where seq = 8")

    problems = gate.audit.verify().problems

    assert any("was lost or moved" in each for each in problems), problems


def test_two_swapped_entries_are_noticed(gate: Gate, tmp_path: Path) -> None:
    """Two entries that change places no longer follow each other."""
    play(gate)
    first, second = entry(tmp_path, 5), entry(tmp_path, 6)
    by_hand(
        tmp_path,
        "update entries set seq = -1 where seq = 5",
        "update entries set seq = 5 where seq = 6",
        "update entries set seq = 6 where seq = -1",
    )
    problems = " ".join(gate.audit.verify().problems)

    assert first in problems
    assert second in problems


@SQLITE
def test_the_last_entries_cannot_go_quietly(gate: Gate, tmp_path: Path) -> None:
    """Truncation is seen by the calls' versions, even when the sequence is mended."""
    play(gate)
    by_hand(
        tmp_path,
        "delete from entries where seq > 30",
        "update sqlite_sequence set seq = 30 where name = 'entries'",
    )
    assert any(
        "removed" in problem or "no entries" in problem for problem in gate.audit.verify().problems
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update calls set state = 'approved', version = version",
        "update calls set digest = head",
        "update arguments set canonical = '{\"amount\":1000000}'",
        "delete from calls where position = 1",
        "update votes set answer = 'deny'",
        (
            "insert into votes (request_id, digest, answer, by, auth, at, reason) "
            "values ('r', 'd', 'approve', 'eve', 'local', 't', '')"
        ),
        "delete from votes",
    ],
)
def test_state_that_differs_from_its_entries(gate: Gate, tmp_path: Path, statement: str) -> None:
    """I9: calls, arguments and votes are what their entries say, or verify says no."""
    play(gate)
    by_hand(tmp_path, statement)

    assert not gate.audit.verify().ok


def test_a_key_that_is_gone_is_said(gate: Gate, tmp_path: Path) -> None:
    """What is signed verifies without the private key; that nothing new can be sealed is told."""
    play(gate, 1)
    gate.audit.seal()
    key = tmp_path / "audit.key"
    kept = key.read_bytes()
    key.unlink()
    lost = gate.audit.verify()
    assert lost.ok
    assert "nothing new can be sealed" in lost.unsealable
    assert "INTERLOCK_KEY" in lost.unsealable
    assert not key.exists()
    key.write_bytes(kept)
    key.chmod(0o600)

    assert gate.audit.verify().unsealable == ""


def test_a_ledger_made_anew_says_what_to_remove(gate: Gate, tmp_path: Path) -> None:
    """A ledger of the same place that lacks what was signed there names the file that says so."""
    play(gate, 1)
    gate.audit.seal()
    by_hand(
        tmp_path,
        "delete from checkpoints",
        "delete from tiles",
        "update entries set leaf_index = null",
    )
    path = gate.ledger.heads.path
    assert any(f"remove {path}" in line for line in gate.audit.verify().problems)
    path.unlink()

    assert gate.audit.verify().ok
