"""Switch: what is halted, in rows that each decision and each claim reads.

INVARIANT I6: whoever read them holds them until its transaction ends, and a halt waits for that,
so that a call which was not halted is claimed before the halt and none after it.
"""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, or_, select, text

from interlock.clock import stamp
from interlock.conduct.values import Call, Halt
from interlock.ledger import statements, tables
from interlock.ledger.prepared import Prepared
from interlock.ledger.rows import read_call, read_halt
from interlock.ledger.statements import JOINED, upsert
from interlock.ledger.timers import ring
from interlock.policy.globs import is_glob

HALTS: Final = "halts"
"""The name that those who read halts share, and that whoever changes them has alone."""

_HALTS: Final = tables.halts.c
_ORDER: Final = (_HALTS.at, _HALTS.tenant, _HALTS.kind, _HALTS.ref)
_ALL: Final = select(tables.halts).order_by(*_ORDER)
_OF: Final = Prepared(_ALL.where(or_(_HALTS.tenant == "", _HALTS.tenant == bindparam("of"))))


def all_halts(db: Connection) -> list[Halt]:
    """Return all that is halted, the longest first."""
    return [read_halt(row) for row in db.execute(_ALL).mappings()]


def executing(db: Connection) -> list[Call]:
    """Return the calls whose tool runs, the longest first."""
    runs = JOINED.where(text(tables.CLAIMED), tables.calls.c.state == "executing")
    rows = db.execute(runs.order_by(tables.calls.c.created_at)).mappings()
    return [read_call(row) for row in rows]


def was_seen(db: Connection, halt: Halt) -> bool:
    """Whether some call was ever of the agent or tool that a halt names; True for a glob."""
    columns = {"agent": tables.calls.c.agent, "tool": tables.calls.c.tool}
    if halt.kind not in columns or is_glob(halt.ref):
        return True
    return db.execute(select(exists().where(columns[halt.kind] == halt.ref))).scalar_one()


class HaltRows:
    """What is switched off, as one transaction reads and changes it."""

    def __init__(self, db: Connection) -> None:
        """Work inside an open transaction."""
        self._db = db
        self._shared = False

    def of(self, tenant: str) -> list[Halt]:
        """Return what is halted of a tenant, and of all tenants, the longest first."""
        self.hold()
        return [read_halt(row) for row in _OF.rows(self._db, {"of": tenant})]

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
