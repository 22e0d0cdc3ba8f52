"""Seal: whatever dies or runs beside it, every entry has one number and each head is a prefix."""

import os
import signal
import threading
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.conduct import faults
from interlock.errors import LedgerError
from interlock.ledger.merkle import Growth, leaf_hash
from interlock.ledger.notes import Verifier, open_note
from interlock.ledger.sealing import BATCH, Sealer, latest, seal

from ..databases import ask, ledger_of  # isort: skip
from .conftest import POLICY, fill, play, still  # isort: skip

NEW_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def column(path: Path, query: str) -> list[object]:
    """Read one column of the ledger."""
    return [row[0] for row in ask(path, query)]


def test_every_entry_is_a_leaf(gate: Gate, tmp_path: Path) -> None:
    """I10: numbers go up by one in the order of entries; the root is over their hashes."""
    play(gate)
    head = gate.audit.seal()

    assert head is not None
    hashes = column(tmp_path, "select hash from entries order by leaf_index")
    assert column(tmp_path, "select leaf_index from entries order by seq") == [*range(head.size)]
    growth = Growth()
    for hashed in hashes:
        growth.add(leaf_hash(bytes.fromhex(str(hashed))))
    assert growth.root().hex() == head.root
    assert open_note(head.note, Verifier.read(head.key)).root == growth.root()
    assert gate.audit.seal() == head


def test_many_entries_are_sealed_in_batches(gate: Gate) -> None:
    """More than a batch makes a head for each, and all of it verifies."""
    fill(gate, 2 * BATCH + 9)
    head = gate.audit.seal()
    verified = gate.audit.verify()

    assert head is not None
    assert head.size > 2 * BATCH
    assert verified.ok, verified.problems
    assert verified.checkpoints == -(-head.size // BATCH)
    assert (verified.sealed, verified.key) == (head.size, head.key)


def test_verify_seals_what_is_right(gate: Gate) -> None:
    """What verifies and is not sealed yet is sealed by who verified it, who tells of it so."""
    play(gate, 1)
    with gate.ledger.read() as db:
        assert latest(db) is None
    found = gate.audit.verify()
    with gate.ledger.read() as db:
        head = latest(db)

    assert head is not None
    assert (found.sealed, found.checkpoints, found.key) == (head.size, 1, head.key)
    assert found.sealed == found.entries
    assert gate.audit.verify() == found


def test_a_killed_sealer_leaves_nothing(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 between numbers and head leaves no number and no tile, and the next one seals."""
    play(gate)
    gate.close()
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(faults, "_AT", "sealing")
        with Gate.open(ledger=ledger_of(tmp_path), state=tmp_path) as child:
            child.audit.seal()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    assert column(tmp_path, "select count(*) from entries where leaf_index is not null") == [0]
    assert column(tmp_path, "select count(*) from tiles") == [0]
    with Gate.open(ledger=ledger_of(tmp_path), state=tmp_path) as again:
        assert again.audit.verify().ok
        assert again.audit.verify().sealed > 0


def test_two_sealers_make_one_record(gate: Gate, tmp_path: Path) -> None:
    """Processes that seal at once, over one file, number each entry once."""
    fill(gate, 2 * BATCH + 9)
    others = [Gate.open(ledger=ledger_of(tmp_path), state=tmp_path) for _ in range(3)]
    threads = [threading.Thread(target=seal, args=(other.ledger,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()

    verified = gate.audit.verify()
    assert verified.ok, verified.problems
    assert verified.sealed == verified.entries


def test_a_clock_that_steps_back(gate: Gate) -> None:
    """Numbers follow the order of commits, not the clock."""
    play(gate, 1)
    gate.audit.seal()
    gate.ledger.clock.sleep(-3600)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.audit.seal()

    assert gate.audit.verify().ok, gate.audit.verify().problems


def test_another_key_does_not_sign(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process with another key, or with none, seals nothing and says which key is wanted."""
    play(gate, 1)
    head = gate.audit.seal()
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    monkeypatch.setenv("INTERLOCK_KEY", NEW_KEY)
    with pytest.raises(LedgerError, match="INTERLOCK_KEY"):
        gate.audit.seal()
    monkeypatch.delenv("INTERLOCK_KEY")
    (tmp_path / "audit.key").rename(tmp_path / "away")
    with pytest.raises(LedgerError, match="INTERLOCK_KEY"):
        gate.audit.seal()
    (tmp_path / "away").rename(tmp_path / "audit.key")

    after = gate.audit.seal()
    assert head is not None
    assert after is not None
    assert after.key == head.key


def test_a_key_changes_by_both_hands(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that the old key signed verifies, and the first key's line still verifies it all."""
    play(gate, 1)
    first = gate.audit.seal()
    changed = gate.audit.change_key(NEW_KEY, reason="yearly", by="ana")
    monkeypatch.setenv("INTERLOCK_KEY", NEW_KEY)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.audit.seal()

    assert first is not None
    assert first.key != changed.key
    verified = gate.audit.verify()
    assert verified.ok, verified.problems
    assert verified.key == changed.key
    assert gate.audit.verify(first.key).ok


def test_the_thread_seals_what_was_written(gate: Gate) -> None:
    """A sealer that is closed has sealed what it heard of; an idle one has no thread."""
    idle, busy = (Sealer(gate.ledger, lambda: None) for _ in range(2))
    play(gate, 1)
    busy.wrote(1)
    busy.close()
    idle.close()

    assert gate.audit.verify().sealed == gate.audit.verify().entries


def test_a_gate_that_closes_has_sealed(tmp_path: Path, database: str) -> None:
    """What a short-lived process wrote is sealed as it ends."""
    path = ledger_of(tmp_path)
    with Gate.open(Policy.parse(POLICY), path, state=tmp_path) as gate:
        play(gate, 1)
    with Gate.open(ledger=path, state=tmp_path) as gate:
        still(gate)
        assert gate.audit.verify().sealed == gate.audit.verify().entries > 0
