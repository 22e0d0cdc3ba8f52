"""Set: an agent's autonomy level, with its entry."""

from typing import Any, Final

from interlock.clock import stamp
from interlock.conduct.acting import acted
from interlock.conduct.proving import Shown
from interlock.ledger import tables
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.statements import upsert
from interlock.ledger.store import SqlTransaction

LEVEL_SET: Final = "level_set"
"""Kind of the entry, and the word that a signature covers."""


def set_level(
    tx: SqlTransaction,
    tenant: str,
    agent: str,
    level: int,
    by: str,
    reason: str,
    shown: Shown | None = None,
) -> None:
    """Set an agent's level by hand, with an entry that says who and why; raises `NotEligible`."""
    act = acted(tx, by, shown, LEVEL_SET, level_asked(tenant, agent, level, reason))
    tx.lock(LEDGER_CHAIN)
    before = tx.level(tenant, agent)
    row = {"level": level, "since": stamp(tx.now()), "by": by, "reason": reason}
    statement = upsert(tx.connection, tables.levels).values(tenant=tenant, agent=agent, **row)
    key = [tables.levels.c.tenant, tables.levels.c.agent]
    tx.connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
    body = {"tenant": tenant, "agent": agent, "from": before, "to": level, "reason": reason}
    tx.note(LEVEL_SET, {**body, **act.said}, actor=by, auth=act.auth)


def level_asked(tenant: str, agent: str, level: int, reason: str) -> dict[str, Any]:
    """Return what somebody asks for who sets a level."""
    return {"tenant": tenant, "agent": agent, "to": level, "reason": reason}
