"""Compare: which questions that wait are the same: one agent's, about one tool and arguments."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Integer, bindparam, exists, literal_column, select

from interlock.canon import fingerprint
from interlock.clock import stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import tables
from interlock.ledger.prepared import Prepared
from interlock.ledger.probes import waiting
from interlock.ledger.rows import Row
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import unmeant

MOST: Final = 1000
"""Questions of which one is told that they are the same as it, at most."""

_CALLS: Final = tables.calls.c
_MARKS: Final = ("tenant", "agent", "tool", "fingerprint")
"""What tells such questions from others; the fingerprint is keyed, of the canonical arguments."""
_OTHERS: Final = tables.calls.alias("others").c
_HAS_TWIN: Final = exists().where(
    *(_OTHERS[name] == _CALLS[name] for name in _MARKS),
    _OTHERS.state == literal_column("'pending'"),
    _OTHERS.id != _CALLS.id,
)
_ALIKE: Final = Prepared(
    select(_CALLS.created_at, _CALLS.position, _CALLS.id, _CALLS.request_id)
    .where(
        *(_CALLS[name] == bindparam(name) for name in _MARKS),
        _CALLS.state == literal_column("'pending'"),
    )
    .order_by(_CALLS.created_at, _CALLS.position, _CALLS.id)
    .limit(bindparam("most", type_=Integer))
)


@reread
def alike(
    ledger: SqlLedger, calls: Sequence[Call], viewer: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Return, by id of a call, the requests that are the same as its own, oldest first.

    Its own is among them. Calls that are alone in this, or do not wait, are left out, and so is
    what is not for `viewer`. Probes are folded as what they look like.
    """
    without = unmeant(ledger, viewer)
    ids = [call.id for call in calls if call.state == "pending" and call.id not in without]
    if not ids:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    with ledger.read() as db:
        posed = [call for call, _ in waiting(db, without=without)]
        probes = {call.id: marks(ledger, call) for call in posed}
        named = select(_CALLS.id, *(_CALLS[name] for name in _MARKS), _HAS_TWIN.label("twin"))
        read = db.execute(named.where(_CALLS.id.in_(ids))).mappings()
        both = [(row["id"], {name: row[name] for name in _MARKS}, row["twin"]) for row in read]
        known = [*probes.values()]
        real = {name: mark for name, mark, twin in both if twin or mark in known}
        for each in ids:
            mark = probes.get(each) or real.get(each)
            if mark is None or each in found:
                continue
            same = [*map(_placed, _ALIKE.rows(db, {**mark, "most": MOST}))]
            same += [_place(call) for call in posed if probes[call.id] == mark]
            if len(same) > 1:
                asked = tuple(request_id for *_, request_id in sorted(same))
                found |= dict.fromkeys((call_id for *_, call_id, _ in same), asked)
    return found


def marks(ledger: SqlLedger, call: Call) -> dict[str, str]:
    """Return what a call's row says of what it is, of a probe, which has none."""
    said = call.proposal
    mark = fingerprint(ledger.vault.fingerprint_key, "args", said.canonical)
    named = (call.key.tenant, said.context.agent.id, said.tool, mark)
    return dict(zip(_MARKS, named, strict=True))


def _place(call: Call) -> tuple[str, int, str, str]:
    """Return where a question stands in the queue, and the ids of its call and itself."""
    return stamp(call.created_at), call.position, call.id, call.request_id or ""


def _placed(row: Row) -> tuple[str, int, str, str]:
    return row["created_at"], row["position"], row["id"], row["request_id"]
