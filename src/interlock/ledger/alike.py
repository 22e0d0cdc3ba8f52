"""Compare: which questions that wait are the same: one agent's, about one tool and arguments."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Integer, bindparam, literal_column, select

from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import tables
from interlock.ledger.prepared import Prepared
from interlock.ledger.store import SqlLedger

MOST: Final = 1000
"""Questions of which one is told that they are the same as it, at most."""

_CALLS: Final = tables.calls.c
_MARKS: Final = ("tenant", "agent", "tool", "fingerprint")
"""What tells such questions from others; the fingerprint is keyed, of the canonical arguments."""
_ALIKE: Final = Prepared(
    select(_CALLS.id, _CALLS.request_id)
    .where(
        *(_CALLS[name] == bindparam(name) for name in _MARKS),
        _CALLS.state == literal_column("'pending'"),
    )
    .order_by(_CALLS.created_at, _CALLS.position, _CALLS.id)
    .limit(bindparam("most", type_=Integer))
)


@reread
def alike(ledger: SqlLedger, calls: Sequence[Call]) -> dict[str, tuple[str, ...]]:
    """Return, by id of a call, the requests that are the same as its own, oldest first.

    Its own is among them. Calls that are alone in this, or do not wait, are left out.
    """
    ids = [call.id for call in calls if call.state == "pending"]
    marks = select(_CALLS.id, *(_CALLS[name] for name in _MARKS)).where(_CALLS.id.in_(ids))
    found: dict[str, tuple[str, ...]] = {}
    with ledger.read() as db:
        for row in db.execute(marks).mappings() if ids else ():
            if row["id"] in found:
                continue
            same = _ALIKE.rows(db, {**{name: row[name] for name in _MARKS}, "most": MOST})
            seen = {one["id"]: str(one["request_id"]) for one in same}
            if len(seen) > 1:
                found |= dict.fromkeys(seen, tuple(seen.values()))
    return found
