"""Compare: what is kept under its digest cannot be edited unseen."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.conduct.values import Intent, Turn
from interlock.path.proposal import Agent, Context

from .conftest import by_hand  # isort: skip

SCHEMA = {"type": "object", "properties": {"amount": {"type": "number", "minimum": 0.5}}}


@pytest.mark.parametrize("text", ["{}", "{", "[]"])
def test_an_edited_argument_schema_is_named(gate: Gate, tmp_path: Path, text: str) -> None:
    """Edits of calls are checked against it, so it is held against the digest that names it."""
    intent = Intent("pay", {"amount": 1}, "c", tool_schema=SCHEMA)
    gate.conductor.propose(Turn(Context(Agent("bot")), "main", "t", "", "m", (intent,)))
    assert gate.audit.verify().ok, gate.audit.verify().problems
    assert by_hand(tmp_path, f"update schemas set schema = '{text}'") == [1]

    (problem,) = gate.audit.verify().problems
    assert "argument schema of `pay`" in problem
