"""A ledger in the test's own folder, with a call made by the conductor."""

import os
import shutil
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.path.execution import Done, Outcome
from interlock.path.proposal import Agent, Context
from interlock.tools.run import run

POLICY = """
version: v1
tools: {"orders.*": {risk_tags: [read], effect: read}}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: rest, match: {tools: [pay]}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Open a gate with a frozen clock."""
    path = str(tmp_path / "ledger.db")
    with Gate.open(Policy.parse(POLICY), path, clock=FrozenClock(), state=tmp_path) as opened:
        still(opened)
        yield opened


def still(gate: Gate) -> None:
    """Let nothing be sealed but what a test seals."""
    gate.ledger.wrote = lambda _: None


def by_hand(path: Path, *statements: str) -> None:
    """Change a ledger as someone with the file would, who takes the belt off and puts it on."""
    with sqlite3.connect(path / "ledger.db") as database:
        belt = database.execute("select name, sql from sqlite_master where type = 'trigger'")
        triggers = belt.fetchall()
        for name, _ in triggers:
            database.execute(f"drop trigger {name}")
        for statement in statements:
            database.execute(statement)
        for _, made in triggers:
            database.execute(made)
    database.close()


def play(gate: Gate, count: int = 3) -> list[str]:
    """Make `count` turns of one read and one payment, and approve every payment."""
    calls: list[str] = []
    for at in range(count):
        intents = (Intent("orders.get", {"id": at}, "a"), Intent("pay", {"amount": at}, "b"))
        turn = Turn(Context(Agent("bot")), "main", "t", "", f"m{at}", intents)
        ids = gate.conductor.propose(turn)
        gate.inbox.approve(ids[1], by="ana", reason="ok")
        for call in ids:
            perform(gate.conductor, call, _run)
        calls += ids
    return calls


def _run(ready: Ready) -> Outcome:
    return run(ready, _effect)


def _effect(tool: str, args: dict[str, Any]) -> Done:
    return Done({"tool": tool, "args": args})


@contextmanager
def shelf(*files: Path, file_mode: int = 0o444, folder_mode: int = 0o555) -> Generator[Path]:
    """Copy files to a folder where this process may read and not write; the first is the ledger."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place, "shelf")
        folder.mkdir()
        copies = [Path(shutil.copyfile(file, folder / file.name)) for file in files]
        for copy in copies:
            copy.chmod(file_mode)
        folder.chmod(folder_mode)
        if is_root := os.geteuid() == 0:
            os.seteuid(NOBODY)
        try:
            yield copies[0]
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


NOBODY = 65534
"""The user with no rights of its own."""
