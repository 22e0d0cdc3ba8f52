"""A ledger in the test's own folder, with a call made by the conductor."""

import os
import shutil
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

from ..databases import by_hand, ledger_of  # isort: skip
from .everything import whole  # isort: skip

__all__ = ["SQLITE", "by_hand", "play", "shelf", "still", "whole"]

POLICY = """
version: v1
tools: {"orders.*": {risk_tags: [read], effect: read}}
rules:
  - {id: reads, match: {risk_tags: [read]}, decision: allow}
  - {id: rest, match: {tools: [pay]}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path, database: str) -> Iterator[Gate]:
    """Open a gate with a frozen clock."""
    url = ledger_of(tmp_path)
    with Gate.open(Policy.parse(POLICY), url, clock=FrozenClock(), state=tmp_path) as opened:
        still(opened)
        yield opened


def still(gate: Gate) -> None:
    """Let nothing be sealed but what a test seals."""
    gate.ledger.wrote = lambda _: None


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


def fill(gate: Gate, count: int) -> None:
    """Add entries that concern no call, in one transaction."""
    with gate.ledger.begin() as tx:
        for at in range(count):
            tx.note("filled", {"at": at})


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

SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what only a file can be or have."""
