"""Switch: what is halted, in rows that each decision and each claim reads.

INVARIANT I6: whoever read them holds them until its transaction ends, and a halt waits for that,
so that a call which was not halted is claimed before the halt and none after it.
"""

from typing import Final

from sqlalchemy import Connection, delete, func, null, select, text

from interlock.clock import stamp
from interlock.conduct.halting import covers, is_about
from interlock.conduct.values import Call, Halt
from interlock.ledger import statements, tables
from interlock.ledger.judgements import read_judgement
from interlock.ledger.prepared import Prepared
from interlock.ledger.rows import read_call, read_halt
from interlock.ledger.statements import JOINED, upsert
from interlock.ledger.timers import ring

HALTS: Final = "halts"
"""The name that those who read halts share, and that whoever changes them has alone."""

_HALTS: Final = tables.halts.c
_ORDER: Final = (_HALTS.at, _HALTS.tenant, _HALTS.kind, _HALTS.ref)
_ALL: Final = select(tables.halts).order_by(*_ORDER)
_READ: Final = Prepared(_ALL)


def all_halts(db: Connection) -> list[Halt]:
    """Return all that is halted, the longest first."""
    return [read_halt(row) for row in db.execute(_ALL).mappings()]


def executing(db: Connection) -> list[Call]:
    """Return the calls whose tool runs, the longest first."""
    runs = JOINED.where(text(tables.CLAIMED), tables.calls.c.state == "executing")
    rows = db.execute(runs.order_by(tables.calls.c.created_at)).mappings()
    return [read_call(row) for row in rows]


def was_seen(db: Connection, halt: Halt) -> bool:
    """Whether some call was ever of what a halt names; a topic, as a call of its tool had it."""
    calls = tables.calls.c
    kinds = (calls.tenant, calls.agent, calls.tool)
    topics = halt.kind == "topic"
    judged = func.max(calls.judgement) if topics else null()
    seen = select(*kinds, judged).group_by(*kinds)
    return any(
        covers(halt.tenant, tenant)
        and is_about(halt.kind, halt.ref, ((agent,), tool, _topic(judgement) or tool))
        for tenant, agent, tool, judgement in db.execute(seen)
    )


def _topic(judgement: str | None) -> str:
    return read_judgement(judgement).topic if judgement else ""


class HaltRows:
    """What is switched off, as one transaction reads and changes it."""

    def __init__(self, db: Connection) -> None:
        """Work inside an open transaction."""
        self._db = db
        self._shared = False

    def of(self, tenant: str) -> list[Halt]:
        """Return what is halted of a tenant, and of all tenants, the longest first."""
        self.hold()
        return [
            halt
            for row in _READ.rows(self._db, {})
            if covers((halt := read_halt(row)).tenant, tenant)
        ]

    def hold(self) -> None:
        """Let nobody change, until the transaction ends, what a decision or a claim rests on."""
        if not self._shared:
            statements.share(self._db, HALTS)
            self._shared = True

    def halt(self, halt: Halt) -> None:
        """Switch something off, from the commit on; over an earlier halt of the same."""
        statements.lock(self._db, HALTS)
        row = {"by": halt.by, "at": stamp(halt.at), "reason": halt.reason}
        named = {"tenant": halt.tenant, "kind": halt.kind, "ref": halt.ref}
        statement = upsert(self._db, tables.halts).values(**named, **row)
        key = [_HALTS.tenant, _HALTS.kind, _HALTS.ref]
        self._db.execute(statement.on_conflict_do_update(index_elements=key, set_=row))
        ring(self._db)

    def lift(self, halt: Halt) -> bool:
        """Remove a halt; False where there is none."""
        statements.lock(self._db, HALTS)
        mine = (_HALTS.tenant == halt.tenant) & (_HALTS.kind == halt.kind)
        same = mine & (_HALTS.ref == halt.ref)
        ring(self._db)
        return self._db.execute(delete(tables.halts).where(same)).rowcount == 1
