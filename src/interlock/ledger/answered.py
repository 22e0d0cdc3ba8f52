"""Read: calls with how the question about each ended."""

from sqlalchemy import exists

from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.review import RequestState


@reread
def answered(ledger: SqlLedger, limit: int) -> list[tuple[Call, RequestState | None]]:
    """Return the newest calls with how the question about each ended, oldest first.

    Without those for which somebody broke the glass: an emergency says nothing of a rule.
    """
    calls, requests, votes = tables.calls.c, tables.requests.c, tables.votes.c
    broken = exists().where(votes.request_id == requests.id, votes.answer == "break_glass")
    about = JOINED.add_columns(requests.state.label("verdict")).join(
        tables.requests, requests.id == calls.request_id, isouter=True
    )
    query = (
        about.where(~broken).order_by(calls.created_at.desc(), calls.position.desc()).limit(limit)
    )
    with ledger.read() as db:
        found = [(rows.read_shown(row), row["verdict"]) for row in db.execute(query).mappings()]
    return found[::-1]
