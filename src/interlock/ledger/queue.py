"""Look: what waits, a little of each, in the order in which people should see it."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, select

from interlock.clock import parse_stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import probes, rows, tables
from interlock.ledger.alike import marks
from interlock.ledger.approvals import of_names, voters
from interlock.ledger.queries import QUEUE, waiting
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.people import People
from interlock.path.review import ReviewRequest, Vote

_CALLS, _REQUESTS = tables.calls.c, tables.requests.c

_ASKED: Final = select(_REQUESTS.id, _REQUESTS.terms, _REQUESTS.excluded, _REQUESTS.level)
_CHUNK: Final = 500
"""Ids that one statement names."""


class QueueRow(NamedTuple):
    """What is to be known of a question to say who should look at it."""

    request: ReviewRequest
    flow: tuple[str, str]
    """Tenant and agent."""
    alike: str
    """Tool of the call, and fingerprint of its arguments."""
    asked: str
    """Terms, who is left out, and level, as they are kept."""
    since: datetime
    """When the call was proposed."""


@reread
def queue_rows(ledger: SqlLedger, limit: int) -> list[QueueRow]:
    """Return the first `limit` questions that wait, by their rank among their agent's, then age.

    Behind them come probes, which are shared out as what they look like.
    """
    with ledger.read() as db:
        found = db.execute(_fair(limit)).mappings().all()
        posed = probes.waiting(db)
        ids = [request.id for _, request in posed]
        asked = {
            row["id"]: row for row in db.execute(_ASKED.where(_REQUESTS.id.in_(ids))).mappings()
        }
    real = map(_row, found)
    return [*real, *(_posed(ledger, call, request, asked[request.id]) for call, request in posed)]


def _fair(limit: int) -> Select[Any]:
    """Select by rank; what is ranked stands in one index of what waits, and needs no row."""
    agent = (_CALLS.tenant, _CALLS.agent)
    rank = func.row_number().over(partition_by=agent, order_by=QUEUE).label("rank")
    names = (_CALLS.id, _CALLS.created_at, _CALLS.position)
    ranked = select(*names, rank).where(waiting(None, None, None)).subquery()
    order = (ranked.c.rank, ranked.c.created_at, ranked.c.position, ranked.c.id)
    first = select(ranked).order_by(*order).limit(limit).subquery()
    said = (_CALLS.tenant, _CALLS.agent, _CALLS.tool, _CALLS.fingerprint)
    return (
        select(tables.requests, *said, first.c.created_at.label("since"))
        .join(tables.calls, _CALLS.request_id == _REQUESTS.id)
        .join(first, first.c.id == _CALLS.id)
        .order_by(first.c.rank, first.c.created_at, first.c.position, first.c.id)
    )


def _row(row: rows.Row) -> QueueRow:
    alike = f"{row['tool']}\n{row['fingerprint']}"
    flow = (row["tenant"], row["agent"])
    return QueueRow(rows.read_request(row), flow, alike, _asked(row), parse_stamp(row["since"]))


def _posed(ledger: SqlLedger, call: Call, request: ReviewRequest, row: rows.Row) -> QueueRow:
    """Return a probe as what it looks like; one that some may not see stands for itself."""
    mine = marks(ledger, call)
    alike, flow = f"{mine['tool']}\n{mine['fingerprint']}", (mine["tenant"], mine["agent"])
    asked = request.id if request.unsaid else _asked(row)
    return QueueRow(request, flow, alike, asked, call.created_at)


def _asked(row: rows.Row) -> str:
    return f"{row['terms']}\n{row['excluded']}\n{row['level']}"


@reread
def votes_of(ledger: SqlLedger, asked: Iterable[ReviewRequest]) -> dict[str, list[Vote]]:
    """Return the answers to open questions that take several, by question, the oldest first."""
    votes, found = tables.votes, defaultdict[str, list[Vote]](list)
    several = [one.id for one in asked if one.terms.quorum > 1 or one.terms.groups]
    with ledger.read() as db:
        for some in _chunks(several):
            query = select(votes).where(votes.c.request_id.in_(some)).order_by(votes.c.seq)
            for row in db.execute(query).mappings():
                found[row["request_id"]].append(rows.read_vote(row))
    return found


@reread
def calls_of(ledger: SqlLedger, call_ids: Collection[str]) -> dict[str, Call]:
    """Return calls for people, by id; of probes those that wait."""
    with ledger.read() as db:
        posed = [call for call, _ in probes.waiting(db) if call.id in call_ids]
        real = [
            rows.read_shown(row)
            for some in _chunks([*call_ids])
            for row in db.execute(JOINED.where(_CALLS.id.in_(some))).mappings()
        ]
    return {call.id: call for call in (*real, *posed)}


@reread
def approvals_by(
    ledger: SqlLedger, people: People, names: Collection[str], since: datetime, limit: int
) -> dict[str, list[datetime]]:
    """Return what `approvals` does of several people, by principal; those without are left out."""
    written = defaultdict[str, list[str]](list)
    with ledger.read() as db:
        for name in voters(db):
            written[people.behind(name)].append(name)
        known = [who for who in names if who in written]
        return {who: of_names(db, written[who], since, limit) for who in known}


def _chunks(ids: list[str]) -> Iterable[list[str]]:
    return (ids[at : at + _CHUNK] for at in range(0, len(ids), _CHUNK))
