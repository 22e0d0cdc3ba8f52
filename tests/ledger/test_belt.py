"""Compare: a trigger that is off, replaced, or does something else is named."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate

from ..databases import opened  # isort: skip
from .conftest import play  # isort: skip

IDLE = "create or replace function interlock_entries_stay() returns trigger language plpgsql as "
CHANGES = {
    "postgresql": [
        "alter table entries disable trigger entries_never_emptied",
        "drop trigger entries_never_emptied on entries",
        f"{IDLE} $$ begin return new; end $$",
        "alter function interlock_entries_stay() set search_path = 'elsewhere'",
        (
            "drop trigger entries_never_go on entries\n"
            "create trigger entries_never_go after delete "
            "on entries for each row execute function interlock_entries_stay()\n "
            "alter table entries enable always trigger entries_never_go"
        ),
        (
            "create trigger more before insert on entries for each row "
            "execute function suppress_redundant_updates_trigger()"
        ),
    ],
    "sqlite": [
        "drop trigger entries_never_go",
        (
            "drop trigger entries_never_change\n"
            "create trigger entries_never_change before update on "
            "entries when false begin select raise(abort, 'never'); end"
        ),
        "create trigger more after insert on calls begin delete from votes; end",
    ],
}


@pytest.mark.parametrize("at", range(6))
def test_a_changed_belt_is_named(gate: Gate, tmp_path: Path, database: str, at: int) -> None:
    """Whatever of the triggers is not as the migrations made it, verify says which."""
    if at >= len(CHANGES[database]):
        return
    play(gate, 1)
    assert gate.audit.verify().ok
    with opened(tmp_path) as db:
        for statement in CHANGES[database][at].split("\n"):
            db.exec_driver_sql(statement)

    assert any("the trigger `" in line for line in gate.audit.verify().problems)
