"""Level: what is set for each agent, and what is known of its work, in one transaction.

A level changes only with its entry; promotions and incidents are their entries and nothing else.
What is known of work is a copy of what the log tells, as far as it was read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from interlock.autonomy.career import CareerEntry
from interlock.autonomy.tally import AgentName, AgentWork
from interlock.canon import decode
from interlock.ledger import statements, tables
from interlock.ledger.halts import HALTS, HaltRows
from interlock.ledger.replay import LEDGER_CHAIN
from interlock.ledger.statements import upsert

_LEVELS, _ENTRIES, _EVIDENCE = tables.levels.c, tables.entries.c, tables.evidence.c

_TOLD: Final = (
    select(_ENTRIES.id, _ENTRIES.at, _ENTRIES.kind, _ENTRIES.actor, _ENTRIES.auth, _ENTRIES.body)
    .where(text(tables.OF_LEVELS))
    .order_by(_ENTRIES.position)
)
"""Only the ledger's own chain has such entries, so their places in it are their order."""

POSITION: Final[AgentName] = ("", "")
"""Row that says how far the log was read; no agent is called so."""


def told(db: Connection) -> list[CareerEntry]:
    """Return every entry about levels, in order."""
    return [
        CareerEntry(row.id, row.at, row.kind, row.actor, row.auth, decode(row.body.encode()))
        for row in db.execute(_TOLD)
    ]


class LevelRows:
    """Levels, as one transaction reads and changes them."""

    def __init__(self, db: Connection, switches: HaltRows) -> None:
        """Work inside an open transaction, which reads its halts as `switches`."""
        self._db, self._switches = db, switches

    def of(self, tenant: str, agent: str) -> int | None:
        """Return the level that is set for an agent; the lower of its own and of all tenants'."""
        self._switches.hold()
        return self._db.execute(statements.LEVEL, {"tenant": tenant, "agent": agent}).scalar()

    def rows(self, agent: str) -> Mapping[str, int]:
        """Return the levels that are set for an agent, by tenant."""
        query = select(_LEVELS.tenant, _LEVELS.level).where(_LEVELS.agent == agent)
        return {row.tenant: row.level for row in self._db.execute(query)}

    def put(self, name: AgentName, level: int, by: str, reason: str, at: str) -> None:
        """Set a level; whoever calls it writes its entry."""
        tenant, agent = name
        row = {"level": level, "since": at, "by": by, "reason": reason}
        statement = upsert(self._db, tables.levels).values(tenant=tenant, agent=agent, **row)
        key = [_LEVELS.tenant, _LEVELS.agent]
        self._db.execute(statement.on_conflict_do_update(index_elements=key, set_=row))

    def alone(self) -> None:
        """Let nobody else change a level until the transaction ends.

        Halts are held before, and people before both, as whoever claims a call does.
        """
        self._switches.hold()
        statements.lock(self._db, LEDGER_CHAIN)

    def stop(self) -> None:
        """Wait for whoever decides or claims a call, and let nobody until the transaction ends."""
        statements.lock(self._db, HALTS)

    def told(self) -> Sequence[CareerEntry]:
        """Return every entry about levels, in order."""
        return told(self._db)

    def work(self, name: AgentName) -> AgentWork | None:
        """Return what is known of an agent's work, as far as the log was read."""
        query = select(_EVIDENCE.body).where(_of(name))
        body = self._db.execute(query).scalar()
        return None if body is None or name == POSITION else AgentWork.from_text(body)

    def keep(self, start: int, upto: int, works: Mapping[AgentName, AgentWork]) -> bool:
        """Keep what the leaves from `start` on told; False where somebody else read them."""
        place = {"tenant": "", "agent": "", "upto": 0, "body": ""}
        self._db.execute(upsert(self._db, tables.evidence).values(place).on_conflict_do_nothing())
        mine = _of(POSITION) & (_EVIDENCE.upto == start)
        moved = update(tables.evidence).where(mine).values(upto=upto)
        if self._db.execute(moved).rowcount != 1:
            return False
        for (tenant, agent), work in works.items():
            said = {"upto": upto, "body": work.to_text()}
            put = upsert(self._db, tables.evidence).values(tenant=tenant, agent=agent, **said)
            key = [_EVIDENCE.tenant, _EVIDENCE.agent]
            self._db.execute(put.on_conflict_do_update(index_elements=key, set_=said))
        return True


def _of(name: AgentName) -> Any:  # noqa: ANN401 - a condition
    return (_EVIDENCE.tenant == name[0]) & (_EVIDENCE.agent == name[1])
