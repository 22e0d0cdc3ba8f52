"""Anchor: the head of the record, kept where others have it."""

import json
import subprocess
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import DeskError, LedgerError
from interlock.ledger.anchors import GIT_FILE
from interlock.ledger.notes import Verifier, open_note

from .conftest import play  # isort: skip


def git(place: Path, *words: str) -> str:
    """Run git in a repository."""
    command = ["git", "-C", str(place), "-c", "init.defaultBranch=main", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_heads_are_appended(gate: Gate, tmp_path: Path) -> None:
    """Each anchor is one line with the signed head of then; earlier lines stay."""
    path = tmp_path / "anchors.jsonl"
    play(gate, 1)
    first = gate.audit.anchor(file=path)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    second = gate.audit.anchor(file=path)
    notes = [json.loads(line)["note"] for line in path.read_text().splitlines()]
    key = Verifier.read(first.key)

    assert [open_note(note, key).size for note in notes] == [first.size, second.size]
    assert second.size == first.size + 1
    assert gate.audit.verify(anchors=[path]).anchors == 2


def test_a_repository_has_a_commit_for_each(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the file of heads is committed, whatever else lies there."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "ana")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ana@example.org")
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "-q")
    (place / "mine").write_text("x")
    play(gate, 1)
    head = gate.audit.anchor(git=place)

    assert git(place, "show", "--stat", "--format=%s", "HEAD").startswith(head.origin)
    assert git(place, "ls-files").split() == [GIT_FILE]
    assert gate.audit.verify(anchors=[place / GIT_FILE]).attested == "anchored"
    assert gate.audit.verify(anchors=[place]).attested == "anchored"


def test_a_repository_keeps_what_was_ever_committed(
    gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An anchor that a later commit took out still counts; an edit without a commit is refused."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "ana")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "ana@example.org")
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "-q")
    with pytest.raises(LedgerError, match="git:"):
        gate.audit.verify(anchors=[place])
    play(gate, 1)
    gate.audit.anchor(git=place)
    gate.autonomy.set("bot", 1, reason="trained", by="ana")
    gate.audit.anchor(git=place)
    (place / GIT_FILE).write_text((place / GIT_FILE).read_text().splitlines()[1] + "\n")
    with pytest.raises(LedgerError, match="not committed"):
        gate.audit.verify(anchors=[place])
    git(place, "commit", "-q", "-am", "less")

    assert gate.audit.verify(anchors=[place]).anchors == 2


def test_places_that_are_none(gate: Gate, tmp_path: Path) -> None:
    """An empty record, no place, a missing folder, what is no repository: one line each."""
    with pytest.raises(LedgerError, match="nothing is recorded"):
        gate.audit.anchor(file=tmp_path / "a")
    play(gate, 1)
    with pytest.raises(DeskError, match="no place"):
        gate.audit.anchor()
    with pytest.raises(LedgerError, match="can be written"):
        gate.audit.anchor(file=tmp_path / "missing" / "a")
    with pytest.raises(LedgerError, match="git:"):
        gate.audit.anchor(git=tmp_path)
