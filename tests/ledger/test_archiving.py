"""Archive: an old period goes, and every proof of it holds."""

import json
from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.clock import stamp
from interlock.conduct import Answered, Intent, Ready, Turn, perform
from interlock.errors import DeskError, LedgerError
from interlock.ledger import archiving
from interlock.ledger.archiving import runs
from interlock.ledger.export import export
from interlock.ledger.exported import proof_from
from interlock.ledger.merkle import leaf_hash, root_at, root_from_inclusion
from interlock.ledger.notes import Verifier, open_note
from interlock.ledger.sealing import latest, tile
from interlock.ledger.store import SqlLedger
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

from ..databases import ask  # isort: skip
from .conftest import by_hand, play  # isort: skip


def waiting(gate: Gate) -> str:
    """Make a call that waits for a person."""
    intents = (Intent("pay", {"amount": 1}, "c"),)
    turn = Turn(Context(Agent("bot")), "main", "t", "", "waits", intents)
    return gate.conductor.propose(turn)[0]


def play_again(gate: Gate) -> None:
    """Make one more call that ends."""
    intents = (Intent("orders.get", {"id": 7}, "a"),)
    turn = Turn(Context(Agent("bot")), "main", "t", "", "later", intents)
    (name,) = gate.conductor.propose(turn)
    perform(gate.conductor, name, lambda ready: run(ready, lambda tool, args: Done([tool, args])))


def old_and_new(gate: Gate) -> tuple[str, str]:
    """Play in two periods; return an old call's id and where the new period begins."""
    old = play(gate, 3)[0]
    waiting(gate)
    gate.ledger.clock.sleep(1000)
    begins = stamp(gate.ledger.clock.now())
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    return old, begins


def test_a_dry_run_changes_nothing(gate: Gate) -> None:
    """It says what would go: ended calls of the period with their entries."""
    _, begins = old_and_new(gate)
    gate.audit.seal()
    before = gate.audit.log()
    found = gate.audit.period(begins)

    assert (found.calls, found.kept) == (6, 1)
    assert found.entries == len(before) - 1 - 3
    assert gate.audit.log() == before


def test_a_dry_run_says_what_goes(gate: Gate, tmp_path: Path) -> None:
    """Also of what is not sealed yet, since archiving seals it first."""
    _, begins = old_and_new(gate)

    said = gate.audit.period(begins)
    assert said.calls == 6
    assert gate.audit.archive(begins, tmp_path / "out") == said


def test_the_period_goes_and_proofs_stay(gate: Gate, tmp_path: Path) -> None:
    """Rows are gone, the record verifies and says what is not here, and a proof of then holds."""
    old, begins = old_and_new(gate)
    proof = gate.audit.proof(old)
    went = gate.audit.archive(begins, tmp_path / "out", by="ana")

    assert went.calls == 6
    assert ask(tmp_path, f"select * from entries where chain = '{old}'") == []
    for table in ("executions", "votes"):
        assert ask(tmp_path, f"select * from {table}") == []
    found = gate.audit.verify()
    assert found.ok, found.problems
    assert sum(last - first + 1 for first, last in found.archived) == went.entries
    with gate.ledger.read() as db:
        head = latest(db)
        assert head is not None
        assert root_at(head.size, lambda level, index: tile(db, level, index)).hex() == head.root
    signed = open_note(proof["checkpoint"], Verifier.read(proof["key"]))
    for one in proof["entries"]:
        leaf = leaf_hash(bytes.fromhex(one["entry"]["hash"]))
        steps = [bytes.fromhex(step) for step in one["proof"]]
        assert root_from_inclusion(leaf, one["entry"]["index"], signed.size, steps) == signed.root
    lines = (tmp_path / "out" / "entries.jsonl").read_text().splitlines()
    assert old in {json.loads(line)["chain"] for line in lines}
    assert gate.audit.export(tmp_path / "after")["entries"] == found.entries


def test_an_archived_call_never_runs_again(gate: Gate, tmp_path: Path) -> None:
    """A late delivery of it finds its key taken; it has no effect."""
    _, begins = old_and_new(gate)
    gate.audit.archive(begins, tmp_path / "out")
    ran: list[Ready] = []

    def effect(ready: Ready) -> Outcome:
        ran.append(ready)
        return run(ready, lambda tool, args: Done([tool, args]))

    intents = (Intent("orders.get", {"id": 0}, "a"),)
    turn = Turn(Context(Agent("bot")), "main", "t", "", "m0", intents)
    (again,) = gate.conductor.propose(turn)
    answered = perform(gate.conductor, again, effect)

    assert ran == []
    assert isinstance(answered, Answered)
    assert answered.answer.ending == "conflict"
    play_again(gate)
    gate.ledger.clock.sleep(1)
    assert gate.audit.verify().ok
    gate.audit.archive(stamp(gate.ledger.clock.now()), tmp_path / "second")
    found = gate.audit.verify()
    assert found.ok, found.problems


@pytest.mark.parametrize(
    "statement",
    [
        "update calls set state = 'approved' where created_at < '2026-01-01T00:10'",
        "update calls set fingerprint = 'x' where created_at < '2026-01-01T00:10'",
        "delete from entries where kind = 'archived'",
        "delete from entries where kind = 'level_set'",
        "update archived set last = last + 100",
    ],
)
def test_an_archive_hides_nothing_else(gate: Gate, tmp_path: Path, statement: str) -> None:
    """What was archived is what its signed entry says; all else that is gone is named."""
    _, begins = old_and_new(gate)
    gate.audit.archive(begins, tmp_path / "out")
    by_hand(tmp_path, statement)
    if "update archived" in statement:
        by_hand(tmp_path, "delete from entries where kind = 'level_set'")

    assert not gate.audit.verify().ok


def test_a_marker_needs_the_key(gate: Gate, tmp_path: Path) -> None:
    """An entry that says that entries were archived, by who has no key, is named."""
    play(gate, 1)
    gate.audit.seal()
    said = {"before": "2027", "ranges": [[0, 3]], "root": "00", "signature": "00" * 64}
    with gate.ledger.begin() as tx:
        tx.note("archived", said)
    by_hand(tmp_path, "delete from entries where leaf_index <= 3")

    assert any("no key of this record" in line for line in gate.audit.verify().problems)


def test_nothing_to_archive(gate: Gate, tmp_path: Path) -> None:
    """An empty period is told before anything is written."""
    play(gate, 1)
    with pytest.raises(DeskError, match="no call"):
        gate.audit.archive("2020-01-01", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_disk_has_the_export_before_anything_goes(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file and folder was flushed; where that fails the record is left as it is."""
    _, begins = old_and_new(gate)
    flushed: set[str] = set()

    def flush(handle: int) -> None:
        path = str(Path(f"/proc/self/fd/{handle}").resolve())
        flushed.add(path)
        if path.startswith(str(tmp_path / "full")):
            raise OSError(28, "No space left on device")

    before = len(gate.audit.log())
    with monkeypatch.context() as full:
        full.setattr("interlock.ledger.files.os.fsync", flush)
        with pytest.raises(LedgerError, match="No space left"):
            gate.audit.archive(begins, tmp_path / "full")
    assert len(gate.audit.log()) == before

    with monkeypatch.context() as slow:
        slow.setattr("interlock.ledger.files.os.fsync", flush)
        gate.audit.archive(begins, tmp_path / "out")
    made = {str(path) for path in (tmp_path / "out").rglob("*")}
    assert made | {str(tmp_path / "out"), str(tmp_path)} <= flushed


def test_two_archives_at_once(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes second is told so, and which folder is not needed; the record is the first's."""
    old, begins = old_and_new(gate)

    def overtaken(ledger: SqlLedger, folder: Path) -> dict[str, Any]:
        made = export(ledger, folder)
        monkeypatch.undo()
        assert gate.audit.archive(begins, tmp_path / "first").calls == 6
        return made

    monkeypatch.setattr(archiving, "export", overtaken)
    with pytest.raises(DeskError, match=f"archived this meanwhile.*{tmp_path / 'second'}"):
        gate.audit.archive(begins, tmp_path / "second")

    found = gate.audit.verify()
    assert found.ok, found.problems
    assert len([one for one in gate.audit.log() if one["kind"] == "archived"]) == 1
    assert proof_from(tmp_path / "first", old)["ended"]


def test_what_went_is_what_is_told(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where somebody else archived a part of the period meanwhile, only the rest is counted."""
    play(gate, 1)
    gate.ledger.clock.sleep(1000)
    first = stamp(gate.ledger.clock.now())
    play_again(gate)
    gate.ledger.clock.sleep(1000)

    def overtaken(ledger: SqlLedger, folder: Path) -> dict[str, Any]:
        made = export(ledger, folder)
        monkeypatch.undo()
        assert gate.audit.archive(first, tmp_path / "first").calls == 2
        return made

    monkeypatch.setattr(archiving, "export", overtaken)
    went = gate.audit.archive(stamp(gate.ledger.clock.now()), tmp_path / "second")
    found = gate.audit.verify()

    assert went.calls == 1
    assert found.ok, found.problems
    assert went.entries == len(archived_in(gate)[-1])


def archived_in(gate: Gate) -> list[list[int]]:
    """Return the leaves that each archive took out."""
    entries = [one["body"]["ranges"] for one in gate.audit.log() if one["kind"] == "archived"]
    return [
        [leaf for first, last in ranges for leaf in range(first, last + 1)] for ranges in entries
    ]


def test_runs() -> None:
    """Numbers make runs, whatever their order."""
    assert runs([5, 1, 2, 3, 7, 6]) == [(1, 3), (5, 7)]
    assert runs([]) == []


@pytest.mark.parametrize(
    "statements",
    [
        ["delete from arguments where nonce = ''", "delete from calls where {}"],
        ["update calls set call_key = call_key || 'x' where {}"],
        ["update calls set tool = 'other' where {}"],
        ["update calls set outcome = 'failed' where {}"],
        ["update calls set answer = null where {}"],
        ["delete from calls where {}"],
    ],
)
def test_what_is_left_of_archived_calls(gate: Gate, tmp_path: Path, statements: list[str]) -> None:
    """An archived call whose row is gone or another would run again: it is named."""
    _, begins = old_and_new(gate)
    gate.audit.archive(begins, tmp_path / "out")
    blank = "id not in (select chain from entries)"
    by_hand(tmp_path, *(one.format(blank) for one in statements))

    found = gate.audit.verify()
    assert any("archived calls" in line for line in found.problems)
