"""Compare: what is kept under its digest cannot be edited unseen."""

import json
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.conduct.values import Intent, Turn
from interlock.ledger.first_form import first_schema_digest
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


def test_a_schema_of_an_earlier_form_is_known(gate: Gate, tmp_path: Path) -> None:
    """A schema that an earlier version kept by its own digest, whosever it was, is as it was."""
    text, name = json.dumps(SCHEMA), first_schema_digest(SCHEMA)
    assert by_hand(tmp_path, f"insert into schemas values ('{name}', 'pay', '{text}')") == [1]

    assert gate.audit.verify().ok, gate.audit.verify().problems
