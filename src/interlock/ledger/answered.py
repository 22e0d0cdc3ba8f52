"""Read: calls with how the question about each ended."""

from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.review import RequestState


@reread
def answered(ledger: SqlLedger, limit: int) -> list[tuple[Call, RequestState | None]]:
    """Return the newest calls with how the question about each ended, oldest first."""
    calls, requests = tables.calls.c, tables.requests.c
    about = JOINED.add_columns(requests.state.label("verdict")).join(
        tables.requests, requests.id == calls.request_id, isouter=True
    )
    query = about.order_by(calls.created_at.desc(), calls.position.desc()).limit(limit)
    with ledger.read() as db:
        found = [(rows.read_shown(row), row["verdict"]) for row in db.execute(query).mappings()]
    return found[::-1]
