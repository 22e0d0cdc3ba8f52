"""Compare: what is kept under its digest cannot be edited unseen."""

import sqlite3
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.conduct.values import Intent, Turn
from interlock.path.proposal import Agent, Context

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0.5}}}


@pytest.mark.parametrize("text", ["{}", "{", "[]"])
def test_an_edited_argument_schema_is_named(gate: Gate, tmp_path: Path, text: str) -> None:
    """Edits of calls are checked against it, so it is held against the digest that names it."""
    intent = Intent("pay", {"amount": 1}, "c", tool_schema=SCHEMA)
    gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", "m", (intent,)))
    assert gate.audit.verify().ok, gate.audit.verify().problems
    with sqlite3.connect(tmp_path / "ledger.db") as database:
        assert database.execute("update schemas set schema = ?", (text,)).rowcount == 1
    database.close()

    (problem,) = gate.audit.verify().problems
    assert "argument schema of `pay`" in problem
