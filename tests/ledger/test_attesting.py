"""Attest: keys that follow each other, and heads that were kept elsewhere."""

from pathlib import Path

import pytest

from interlock.errors import LedgerError
from interlock.ledger.attesting import (
    Anchor,
    disagreements,
    read_anchors,
    sizes,
    unannounced,
    unmarked,
)
from interlock.ledger.notes import Head, Signer, Verifier, read_key
from interlock.ledger.replay import Archived, KeyChange
from interlock.ledger.sealing import statement

OLD, NEW, EVIL = (
    Signer("interlock/x", read_key(seed))
    for seed in (
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "AgECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    )
)
LINES = [(OLD.verifier.line, 4), (NEW.verifier.line, 9)]


def change(*signers: Signer) -> KeyChange:
    """Say that the new key follows the old, by the hands of `signers`."""
    said = {"from": OLD.verifier.line, "to": NEW.verifier.line, "reason": "yearly"}
    return KeyChange(said, tuple(signer.sign(statement(said)).hex() for signer in signers))


def anchor(size: int, root: bytes = bytes(32), by: Signer = OLD) -> Anchor:
    """Keep a head elsewhere."""
    return Anchor(by.note(Head("interlock/x", size, root).text), "there:1")


def test_a_change_takes_both_keys() -> None:
    """Another key is named unless the old and the new one both signed the change."""
    assert list(unannounced(LINES, [change(OLD, NEW)], OLD.verifier.line)) == []
    for changes in ([], [change(OLD)], [change(EVIL, NEW)], [change(OLD, EVIL)]):
        (line,) = unannounced(LINES, changes, None)
        assert "from the checkpoint of 9 entries on" in line
    (line,) = unannounced(LINES, [change(OLD, NEW)], EVIL.verifier.line)
    assert "another key" in line


def test_a_marker_takes_the_records_key() -> None:
    """What was archived is believed only under a signature of a key of the record."""
    said = {"before": "2026", "ranges": [[0, 3]], "root": "00"}
    for signer, count in ((OLD, 0), (EVIL, 1)):
        signature = signer.sign(statement(said)).hex()
        told = Archived("entry_x", "2026", ((0, 3),), said, signature)
        assert len(list(unmarked([told], [OLD.verifier.line]))) == count


def test_anchors_are_compared() -> None:
    """One that agrees gives nothing; larger, other and foreign ones are told apart."""
    keys, roots = [OLD.verifier.line], {4: bytes(32)}

    assert sizes([anchor(4), anchor(9), Anchor("junk", "there:2")]) == {4, 9}
    assert list(disagreements([anchor(4)], keys, roots, 4)) == [""]
    for given, says in (
        (anchor(5), "older copy"),
        (anchor(4, b"\x01" * 32), "rewritten"),
        (anchor(4, by=EVIL), "no key of this record"),
        (Anchor("junk", "there:1"), "no anchor of this record"),
    ):
        (line,) = disagreements([given], keys, roots, 4)
        assert says in line


def test_a_file_that_is_none(tmp_path: Path) -> None:
    """What has no heads in it is one error, with its name."""
    (tmp_path / "a").write_text('{"size": 3}\n')
    for name in ("a", "missing"):
        with pytest.raises(LedgerError, match="no file of anchors"):
            read_anchors(tmp_path / name)
    (tmp_path / "b").write_text('\n{"note": "n"}\n')
    assert read_anchors(tmp_path / "b") == [Anchor("n", f"{tmp_path / 'b'}:2")]
    assert Verifier.read(OLD.verifier.line).name == "interlock/x"
