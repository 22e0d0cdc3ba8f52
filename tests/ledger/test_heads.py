"""Remember: who can write the database alone cannot take its record back and have it signed."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import LedgerError
from interlock.ledger.audit import Verification, examine
from interlock.ledger.heads import Heads
from interlock.ledger.merkle import HASH_BYTES

from ..databases import ask, ledger_of  # isort: skip
from .conftest import by_hand, fill, play  # isort: skip


def taken_back(gate: Gate, folder: Path) -> None:
    """Take the newest head back to an older one, as who has the database and no key can."""
    fill(gate, 3)
    older = gate.audit.seal()
    assert older is not None
    play(gate, 1)
    newer = gate.audit.seal()
    assert newer is not None
    assert newer.size < 256
    (hashes,) = ask(folder, "select hashes from tiles where level = 0")[0]
    kept = bytes(hashes)[: older.size * HASH_BYTES].hex()
    by_hand(
        folder,
        f"delete from checkpoints where size > {older.size}",
        f"update tiles set hashes = x'{kept}' where level = 0",
        f"update entries set leaf_index = null where leaf_index >= {older.size}",
    )


def test_a_record_that_was_taken_back_is_not_signed_again(gate: Gate, tmp_path: Path) -> None:
    """Cut back to an older head it is named, and the honest process does not sign the rest."""
    taken_back(gate, tmp_path)

    assert any("cut back or forged" in line for line in gate.audit.verify().problems)
    fill(gate, 1)
    with pytest.raises(LedgerError, match="cut back or forged"):
        gate.audit.seal()


def test_a_record_without_any_head(gate: Gate, tmp_path: Path) -> None:
    """Nor is one signed that has lost every head and number."""
    play(gate, 1)
    gate.audit.seal()
    by_hand(
        tmp_path,
        "delete from checkpoints",
        "delete from tiles",
        "update entries set leaf_index = null",
    )

    assert any("cut back or forged" in line for line in gate.audit.verify().problems)
    with pytest.raises(LedgerError, match="cut back or forged"):
        gate.audit.seal()


def test_a_tree_that_nobody_signed_is_not_gone_on_with(gate: Gate, tmp_path: Path) -> None:
    """Even where nothing is remembered, a head is a prefix of the one that was signed last."""
    play(gate, 1)
    gate.audit.seal()
    gate.ledger.heads.path.unlink()
    (hashes,) = ask(tmp_path, "select hashes from tiles where level = 0")[0]
    by_hand(tmp_path, f"update tiles set hashes = x'{bytes(hashes)[::-1].hex()}'")
    fill(gate, 1)

    with pytest.raises(LedgerError, match="not the one that was signed"):
        gate.audit.seal()


def test_entries_lose_their_numbers(gate: Gate, tmp_path: Path) -> None:
    """Without what is remembered, entries that later ones overtook were taken from the tree."""
    taken_back(gate, tmp_path)
    gate.ledger.heads.path.unlink()
    gate.ledger.clock.sleep(2 * 3600)
    assert gate.audit.verify().ok
    by_hand(tmp_path, "update entries set leaf_index = null where kind = 'proposed'")

    assert any("its place in the tree was taken" in line for line in gate.audit.verify().problems)


def test_an_entry_without_number(gate: Gate, tmp_path: Path, database: str) -> None:
    """The end of a chain that lost its number is named by its leaf, and by what came after it."""
    play(gate, 1)
    fill(gate, 1)
    gate.audit.seal()
    last = "select max(seq) from entries where kind <> 'filled'"
    by_hand(tmp_path, f"update entries set leaf_index = null where seq = ({last})")
    problems = gate.audit.verify().problems

    assert any("1 sealed entry is missing" in line for line in problems), problems
    if database == "sqlite":
        assert any("its place in the tree was taken" in line for line in problems)


@pytest.mark.parametrize("step_s", [-7200, 7200])
def test_a_clock_that_steps(gate: Gate, step_s: float) -> None:
    """Honest entries from before or after steps of the clock, sealed or not, are no alarm."""
    play(gate, 1)
    gate.audit.seal()
    for level in (1, 2, 3):
        gate.ledger.clock.sleep(step_s)
        gate.autonomy.set("bot", level, reason="trained", by="ana")
        unsealed = verified(gate)
        assert unsealed.ok, unsealed.problems
        gate.audit.seal()
    gate.autonomy.set("bot", 0, reason="enough", by="ana")

    assert verified(gate).ok


def verified(gate: Gate) -> Verification:
    """Verify and seal nothing, as who may only read does."""
    with gate.ledger.read() as db:
        return examine(db, None)


def test_the_newest_head_is_kept_private(gate: Gate, tmp_path: Path) -> None:
    """It is the signed note, for this user only, and a smaller one does not replace it."""
    play(gate, 1)
    first = gate.audit.seal()
    fill(gate, 2)
    second = gate.audit.seal()
    heads = Heads(tmp_path, ledger_of(tmp_path))

    assert first is not None
    assert second is not None
    heads.remember(first.note)
    assert heads.note() == second.note
    assert heads.path.stat().st_mode & 0o777 == 0o600
    assert gate.audit.verify().attested == "self-attested"


def test_what_is_no_head_says_what_to_do(gate: Gate) -> None:
    """A file that was spoilt stops the seal; it names itself."""
    play(gate, 1)
    gate.audit.seal()
    gate.ledger.heads.path.write_text("")
    fill(gate, 1)

    with pytest.raises(LedgerError, match="no signed head"):
        gate.audit.seal()
