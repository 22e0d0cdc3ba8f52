"""Ledgers of tests are made as the migrations make them."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command

from interlock.ledger.engine import open_engine

from .migrations import Upgrade, replaying  # isort: skip


def left(folder: Path) -> list[str]:
    """Make a new ledger in a folder, and dump it."""
    folder.mkdir()
    open_engine(str(folder / "ledger.db")).dispose()
    return list(sqlite3.connect(folder / "ledger.db").iterdump())


def test_what_is_replayed_is_what_was_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrate: Upgrade
) -> None:
    """The second new ledger of a process is as the first, which the migrations made."""
    monkeypatch.setattr(command, "upgrade", migrate)
    made = left(tmp_path / "migrated")
    monkeypatch.setattr(command, "upgrade", replaying(migrate))
    assert left(tmp_path / "first") == made
    assert left(tmp_path / "second") == made
    assert sum(line.startswith("CREATE TABLE") for line in made) > 20
