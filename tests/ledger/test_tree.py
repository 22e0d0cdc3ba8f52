"""Check: whoever cuts, edits, swaps, signs anew, forks or restores is named."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from interlock.app.gate import Gate
from interlock.errors import LedgerError
from interlock.ledger.merkle import HASH_BYTES, Growth, leaf_hash
from interlock.ledger.notes import Head, Signer, read_key
from interlock.ledger.rows import read_entry
from interlock.path.record import rehash

from ..databases import ask, by_hand, ledger_of, opened  # isort: skip
from .conftest import SQLITE, fill, play  # isort: skip
from .test_sealing import NEW_KEY  # isort: skip


def sealed(gate: Gate, count: int = 3, more: int = 0) -> int:
    """Play, seal, and return how many entries there are."""
    play(gate, count)
    fill(gate, more)
    head = gate.audit.seal()
    assert head is not None
    return head.size


def entries(path: Path, which: str) -> list[dict[str, Any]]:
    """Return rows of entries, as they lie there."""
    with opened(path) as db:
        query = f"select * from entries where {which} order by leaf_index"
        return [dict(row) for row in db.exec_driver_sql(query).mappings()]


def raw(path: Path, hashes: bytes) -> str:
    """Write bytes as the database's own literal."""
    return f"x'{hashes.hex()}'" if ledger_of(path).endswith(".db") else f"'\\x{hashes.hex()}'"


def problems(gate: Gate, *anchors: Path) -> list[str]:
    """Return what verify names; it must name something."""
    found = gate.audit.verify(anchors=anchors)
    assert not found.ok
    return list(found.problems)


@pytest.mark.parametrize("count", [1, 5])
def test_the_last_sealed_entries_are_deleted(gate: Gate, tmp_path: Path, count: int) -> None:
    """The signed head covers more than is here, even when sequence and calls are mended."""
    size = sealed(gate)
    by_hand(
        tmp_path,
        f"delete from entries where leaf_index >= {size - count}",
        *(
            ["update sqlite_sequence set seq = (select max(seq) from entries)"]
            if ledger_of(tmp_path).endswith(".db")
            else []
        ),
        "update calls set version = (select count(*) from entries where chain = calls.id), "
        "head = (select hash from entries where chain = calls.id order by position desc limit 1)",
    )
    found = problems(gate)

    (cut,) = [line for line in found if "missing at its end" in line]
    assert str(size - 1) in cut


@SQLITE
def test_the_last_unsealed_entries_are_deleted(gate: Gate, tmp_path: Path) -> None:
    """Before they are sealed, the database's own count and the calls' versions tell."""
    size = sealed(gate)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.autonomy.set("bot", 2, reason="trained", by="ana")
    by_hand(tmp_path, f"delete from entries where leaf_index is null and seq > {size}")

    assert any("removed before" in line and str(size + 1) in line for line in problems(gate))


def test_a_middle_entry_is_deleted(gate: Gate, tmp_path: Path) -> None:
    """One deletion is one line, which tells its leaf and its call."""
    sealed(gate)
    by_hand(tmp_path, "delete from entries where leaf_index = 8")
    (line,) = problems(gate)

    assert "leaf 8" in line
    assert "`call_" in line


def test_a_middle_entry_is_edited_and_hashed_anew(gate: Gate, tmp_path: Path) -> None:
    """An entry whose hash was made to fit is not the one that was sealed."""
    sealed(gate)
    (row,) = entries(tmp_path, "leaf_index = 8")
    forged = rehash(read_entry({**row, "actor": "mallory"}))
    by_hand(
        tmp_path,
        f"update entries set actor = 'mallory', hash = '{forged}' where leaf_index = 8",
    )

    assert any(row["id"] in line and "was sealed" in line for line in problems(gate))


def test_two_sealed_entries_are_swapped(gate: Gate, tmp_path: Path) -> None:
    """Leaves that change places are both named."""
    sealed(gate)
    ids = [row["id"] for row in entries(tmp_path, "leaf_index in (4, 9)")]
    by_hand(
        tmp_path,
        "update entries set leaf_index = -1 where leaf_index = 4",
        "update entries set leaf_index = 4 where leaf_index = 9",
        "update entries set leaf_index = 9 where leaf_index = -1",
    )
    found = problems(gate)

    assert all(any(name in line for line in found) for name in ids)


def signed_anew(gate: Gate, path: Path) -> None:
    """Sign every head with another key, as who has the database can."""
    head = gate.audit.seal()
    assert head is not None
    signer = Signer(head.origin, read_key(NEW_KEY))
    note = signer.note(Head(head.origin, head.size, bytes.fromhex(head.root)).text)
    by_hand(
        path,
        "delete from checkpoints",
        "insert into checkpoints (size, root, note, key, at) values "
        f"({head.size}, '{head.root}', '{note}', '{signer.verifier.line}', '{head.at}')",
    )


def test_signed_with_another_key(gate: Gate, tmp_path: Path) -> None:
    """The key that lies here, or the one that is given, is not the one that signed."""
    sealed(gate)
    head = gate.audit.seal()
    signed_anew(gate, tmp_path)
    assert any("another key" in line for line in problems(gate))

    (tmp_path / "audit.key").unlink()
    assert head is not None
    assert not gate.audit.verify(head.key).ok
    gate.ledger.heads.path.unlink()  # who writes the state directory too
    assert gate.audit.verify().ok  # self-attested: whoever checks must know the key


def test_a_key_that_nobody_announced(gate: Gate, tmp_path: Path) -> None:
    """Another key in between, without the word of the one before it, is named."""
    sealed(gate)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    head = gate.audit.seal()
    assert head is not None
    signer = Signer(head.origin, read_key(NEW_KEY))
    note = signer.note(Head(head.origin, head.size, bytes.fromhex(head.root)).text)
    by_hand(
        tmp_path,
        f"update checkpoints set note = '{note}', key = '{signer.verifier.line}' "
        f"where size = {head.size}",
    )

    assert any("another key signs" in line for line in problems(gate))


def test_a_head_that_its_key_did_not_sign(gate: Gate, tmp_path: Path) -> None:
    """An edited note is named by the entries it covers, and that so are later ones, in one line."""
    sealed(gate, 1, more=600)
    by_hand(tmp_path, "update checkpoints set note = replace(note, 'interlock', 'interlook')")
    found = problems(gate)

    assert len(found) == 1
    assert "256" in found[0]
    assert "not signed" in found[0]
    assert "later" in found[0]


@SQLITE
def test_an_older_copy_needs_an_anchor(gate: Gate, tmp_path: Path) -> None:
    """A restored backup verifies by itself, and does not against a head that was kept elsewhere."""
    size = sealed(gate)
    backup, anchors = tmp_path / "backup", tmp_path / "anchors.jsonl"
    with sqlite3.connect(tmp_path / "ledger.db") as source, sqlite3.connect(backup) as target:
        source.backup(target)
    target.close()
    source.close()
    gate.audit.anchor(file=anchors)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.audit.anchor(file=anchors)
    held = gate.audit.verify(anchors=[anchors])
    assert (held.ok, held.anchors, held.attested) == (True, 2, "anchored")

    shutil.copy(backup, tmp_path / "restored.db")
    with Gate.open(ledger=str(tmp_path / "restored.db"), state=tmp_path) as restored:
        alone = restored.audit.verify()
        assert (alone.ok, alone.attested) == (True, "self-attested")
        (line,) = restored.audit.verify(anchors=[anchors]).problems
    assert f"{size + 1} entries were anchored" in line
    assert "older copy" in line


def forked(gate: Gate, path: Path) -> None:
    """Rewrite the last entry, its tiles and heads with the record's own key, as its owner can."""
    head = gate.audit.seal()
    assert head is not None
    rows = entries(path, "true")
    other = {**rows[-1], "actor": "mallory"}
    hashed = rehash(read_entry(other))
    growth = Growth()
    for leaf in [*(row["hash"] for row in rows[:-1]), hashed]:
        growth.add(leaf_hash(bytes.fromhex(leaf)))
    tiles = [
        f'update tiles set hashes = {raw(path, hashes)} where level = {level} and "index" = {index}'
        for level, index, hashes in growth.unfinished()
    ]
    signer = gate.ledger.audit_key.signer(head.origin)
    note = signer.note(Head(head.origin, growth.size, growth.root()).text)
    by_hand(
        path,
        f"update entries set actor = 'mallory', hash = '{hashed}' where seq = {rows[-1]['seq']}",
        f"update calls set head = '{hashed}' where id = '{rows[-1]['chain']}'",
        "update levels set \"by\" = 'mallory'",
        *tiles,
        f"update checkpoints set root = '{growth.root().hex()}', note = '{note}' "
        f"where size = {growth.size}",
    )


def test_a_forked_tree_needs_an_anchor(gate: Gate, tmp_path: Path) -> None:
    """Who has the key can write another past; a head that was kept elsewhere shows it."""
    sealed(gate, 1)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    anchors = tmp_path / "anchors.jsonl"
    gate.audit.anchor(file=anchors)
    forked(gate, tmp_path)
    assert any("cut back or forged" in line for line in problems(gate))

    gate.ledger.heads.path.unlink()  # who has the key writes the state directory too
    assert gate.audit.verify().ok
    (line,) = problems(gate, anchors)
    assert "rewritten" in line


def test_a_tree_that_is_no_prefix(gate: Gate, tmp_path: Path) -> None:
    """I10: a head that does not fit the entries before it is a fork, and named by its size."""
    size = sealed(gate, 1)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.audit.seal()
    signer = gate.ledger.audit_key.signer(gate.audit.seal().origin)  # pyright: ignore[reportOptionalMemberAccess] - sealed above
    root = leaf_hash(b"another past")
    note = signer.note(Head(signer.name, size, root).text)
    by_hand(
        tmp_path,
        f"update checkpoints set root = '{root.hex()}', note = '{note}' where size = {size}",
    )

    (line,) = problems(gate)
    assert f"checkpoint of {size} entries" in line
    assert "forked" in line


LOWER = "(select min(hashes) from tiles where level = 0)"


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("delete from checkpoints", "checkpoints were removed"),
        (
            "update tiles set hashes = (select max(hashes) from tiles where level = 0)",
            "was edited or is gone",
        ),
        (
            f"update tiles set hashes = {LOWER} where level = 1",
            "tile 1/0",
        ),
        ("delete from tiles where level = 1", "tile 1/0"),
        ("update entries set leaf_index = leaf_index + 1000 where leaf_index > 5", "number was"),
        ("update entries set leaf_index = -4 where leaf_index = 5", "cannot"),
    ],
)
def test_a_broken_tree_is_named(gate: Gate, tmp_path: Path, statement: str, says: str) -> None:
    """Whatever of the tree is changed by hand, verify says what."""
    sealed(gate, 1, more=600)
    by_hand(tmp_path, statement)

    assert any(says in line for line in problems(gate))


@SQLITE
def test_the_belt(gate: Gate, tmp_path: Path) -> None:
    """No statement changes or removes an entry while the triggers stand; verify misses them."""
    sealed(gate, 1)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        database.execute("pragma recursive_triggers=on")
        for statement in (
            "update entries set actor = 'mallory'",
            "update entries set leaf_index = null",
            "update entries set leaf_index = leaf_index + 100",
            "update entries set leaf_index = 900, actor = 'mallory' where leaf_index is null",
            "delete from entries",
            "insert or replace into entries select * from entries limit 1",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                database.execute(statement)
        database.rollback()
        assert gate.audit.verify().ok
        database.execute("drop trigger entries_never_go")
    database.close()

    assert any("`entries_never_go` is gone" in line for line in problems(gate))


def test_the_belt_of_a_server(gate: Gate, tmp_path: Path, database: str) -> None:
    """PostgreSQL's triggers hold whatever role replication plays, and against emptying too."""
    if database == "sqlite":
        return
    sealed(gate, 1)
    for statement in (
        "update entries set actor = 'mallory'",
        "update entries set leaf_index = null",
        "delete from entries",
        "truncate entries",
        "insert into entries select * from entries on conflict (seq) do update set actor = 'm'",
    ):
        with opened(tmp_path) as db:
            db.exec_driver_sql("set local session_replication_role = replica")
            with pytest.raises(DBAPIError, match="never"):
                db.exec_driver_sql(statement)
    assert gate.audit.verify().ok
    with opened(tmp_path) as db:
        db.exec_driver_sql("alter table entries enable trigger entries_never_go")

    assert any("`entries_never_go` is gone or off" in line for line in problems(gate))


def test_anchors_that_are_none(gate: Gate, tmp_path: Path) -> None:
    """Another record's anchors, a forged one, and a file of something else are told apart."""
    sealed(gate, 1)
    path = tmp_path / "anchors.jsonl"
    gate.audit.anchor(file=path)
    own = path.read_text()
    path.write_text(own.replace("interlock/ledger_", "interlock/other_"))
    assert any("no anchor of this record" in line for line in problems(gate, path))
    path.write_text(own.replace("\\n\\n", "x\\n\\n"))
    assert any("no key of this record signed" in line for line in problems(gate, path))
    path.write_text("{}")
    with pytest.raises(LedgerError, match="no file of anchors"):
        gate.audit.verify(anchors=[path])


@pytest.mark.parametrize(
    "statement",
    [
        "delete from tiles where level = 0",
        "update tiles set hashes = x'{}' where level = 0",
    ],
)
def test_a_tile_is_one_line(gate: Gate, tmp_path: Path, statement: str) -> None:
    """Of a tile that is not what entries and signed heads agree on, that is said once."""
    sealed(gate)
    ((hashes,),) = ask(tmp_path, "select hashes from tiles where level = 0")
    turned = bytes(hashes[HASH_BYTES:] + hashes[:HASH_BYTES])
    by_hand(tmp_path, statement.format(turned.hex()))

    assert problems(gate) == ["tile 0/0 was edited or is gone"]
