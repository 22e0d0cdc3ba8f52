"""Look: calls for which one person broke the glass, and that nobody looked at yet; reading only."""

from sqlalchemy import Select, and_, exists, select

from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.people import SqlRegistry
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger

_CALLS, _TIMERS = tables.calls.c, tables.timers.c


def _broken() -> Select[tuple[object, ...]]:
    votes, asked = tables.votes.c, tables.requests.c
    answered = select(votes.seq).join(tables.requests, asked.id == votes.request_id)
    return answered.where(asked.call_id == _CALLS.id, votes.answer == "break_glass")


UNREVIEWED = and_(
    exists().where(_TIMERS.kind == "oversight", _TIMERS.ref == _CALLS.id),
    _broken().correlate(tables.calls).exists(),
)
"""Condition: the glass was broken for a call, and somebody else must still look at it."""

UNREVIEWED_KEYS = select(_CALLS.call_key).where(UNREVIEWED).correlate(None)
"""Their keys, which all revisions of a call have."""


@reread
def unreviewed(ledger: SqlLedger, tenant: str | None = None) -> list[tuple[Call, str]]:
    """Return these calls, oldest first, each with who broke the glass first."""
    query = JOINED.where(UNREVIEWED).order_by(_CALLS.created_at, _CALLS.id)
    if tenant is not None:
        query = query.where(_CALLS.tenant == tenant)
    with ledger.read() as db:
        calls = [rows.read_shown(row) for row in db.execute(query).mappings()]
        people = SqlRegistry(db, ledger.time(db))
        return [(call, people.breakers(call.id)[0]) for call in calls]
