"""Halts: rows that every decision and claim reads; what was done to them by hand is named."""

from pathlib import Path
from typing import Any

import pytest

from interlock.app.gate import Gate
from interlock.errors import TamperError

from .conftest import by_hand, play  # isort: skip

BY_HAND = {
    "removed": "delete from halts",
    "added": (
        'insert into halts (tenant, kind, ref, "by", at, reason) '
        "select tenant, 'tool', 'pay', \"by\", at, reason from halts"
    ),
    "of another": "update halts set ref = 'somebody'",
    "of one tenant": "update halts set tenant = 'nobody'",
    "by another": "update halts set \"by\" = 'eve'",
    "for another reason": "update halts set reason = 'none'",
    "of another time": "update halts set at = '2099-01-01T00:00:00.000000Z'",
}


@pytest.mark.parametrize("what", BY_HAND)
def test_a_halt_changed_by_hand_is_named(gate: Gate, tmp_path: Path, what: str) -> None:
    """A halt that was removed, added or edited in the database differs from its entries."""
    play(gate, 1)
    gate.halt(agent="bot", reason="incident", by="ana")
    assert gate.audit.verify().ok
    by_hand(tmp_path, BY_HAND[what])

    assert any("the halt of" in line for line in gate.audit.verify().problems)


def test_a_lifted_halt_that_was_put_back(gate: Gate, tmp_path: Path) -> None:
    """A row of a halt that people lifted is named."""
    gate.halt(everything=True, reason="incident", by="ana")
    gate.unhalt(everything=True, reason="over", by="ana")
    assert gate.audit.verify().ok
    by_hand(
        tmp_path,
        'insert into halts (tenant, kind, ref, "by", at, reason) '
        "values ('', 'everything', '', 'ana', '2026-01-01T00:00:00.000000Z', 'incident')",
    )

    assert any("the halt of everything" in line for line in gate.audit.verify().problems)


def test_a_row_that_cannot_be_read_lets_nothing_run(gate: Gate, tmp_path: Path) -> None:
    """I16: a halt whose row was made unreadable stops every call with an error, lifting nothing."""
    gate.halt(agent="other", reason="incident", by="ana")
    by_hand(tmp_path, "update halts set at = 'never'")

    with pytest.raises(TamperError, match="cannot be read"):
        play(gate, 1)


def test_who_was_never_seen(gate: Gate) -> None:
    """A name of which there is no call is known for a misspelling, tools and tenants too."""
    play(gate, 1)
    (known,) = {entry["agent"] for entry in gate.audit.log() if entry["agent"]}
    scopes: list[dict[str, Any]] = [
        {"agent": known},
        {"agent": "nobody"},
        {"tool": "payy"},
        {"tool": "pay*"},
        {"tool": "pax*"},
        {"topic": "pay*"},
        {"topic": "job.pay*"},
        {"agent": known.upper()},
        {"agent": known, "tenant": "prodd"},
        {"everything": True},
        {"everything": True, "tenant": "prodd"},
    ]
    halts = [gate.halt(**scope, reason="incident", by="ana") for scope in scopes]

    assert [gate.halts.was_seen(halt) for halt in halts] == [
        *(True, False, False, True),
        *(False, True, False, True),
        *(False, True, False),
    ]
