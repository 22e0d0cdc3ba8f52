"""Set: an agent's autonomy level, with its entry."""

from interlock.clock import stamp
from interlock.ledger import tables
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.statements import upsert
from interlock.ledger.store import SqlTransaction


def set_level(
    tx: SqlTransaction, tenant: str, agent: str, level: int, by: str, reason: str
) -> None:
    """Set an agent's level by hand, with an entry that says who and why."""
    tx.lock(LEDGER_CHAIN)
    before = tx.level(tenant, agent)
    row = {"level": level, "since": stamp(tx.now()), "by": by, "reason": reason}
    statement = upsert(tx.connection, tables.levels).values(tenant=tenant, agent=agent, **row)
    key = [tables.levels.c.tenant, tables.levels.c.agent]
    tx.connection.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
    body = {"tenant": tenant, "agent": agent, "from": before, "to": level, "reason": reason}
    tx.note("level_set", body, actor=by, auth="local")
