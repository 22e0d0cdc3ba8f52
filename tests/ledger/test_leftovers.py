"""Compare: rows that no entry tells of are named, however many calls there are."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate

from .conftest import by_hand, play  # isort: skip

ADDED = {
    "run": (
        "insert into executions (call_id, fence, claimed_at, worker) values ('call_x', 1, '', '')",
        "the run of `call_x` has no entries",
    ),
    "arguments": (
        (
            "insert into arguments (call_id, canonical, nonce) select 'call_x', canonical, 'n' "
            "from arguments limit 1"
        ),
        "the arguments of `call_x` has no entries",
    ),
    "timer": (
        "insert into timers (kind, ref, due_at) values ('veto', 'call_x', '2026')",
        "the veto timer of `call_x`",
    ),
    "spending": (
        "insert into usage (guardrail, call_key, \"by\", at, amount) values ('g', 'k', '', '', -5)",
        "what was spent of `g`",
    ),
    "spending of a call": (
        (
            'insert into usage (guardrail, call_key, "by", at, amount) '
            "select 'g', call_key, '', '', -5 from calls limit 1"
        ),
        "what was spent of `g`",
    ),
}


@pytest.mark.parametrize("what", list(ADDED))
def test_an_added_row_is_named(gate: Gate, tmp_path: Path, what: str) -> None:
    """Whatever row is put in by hand, verify says of whom it is."""
    play(gate, 1)
    statement, says = ADDED[what]
    by_hand(tmp_path, statement)

    assert any(says in line for line in gate.audit.verify().problems)
