"""Read: calls with how the question about each ended."""

from typing import NamedTuple

from sqlalchemy import exists

from interlock.canon import decode
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger
from interlock.path.review import RequestState


class Recorded(NamedTuple):
    """One call of a ledger, and how the question about it ended."""

    call: Call
    verdict: RequestState | None
    """None where nobody was asked."""
    route: str = ""
    """Who was asked."""


@reread
def answered(ledger: SqlLedger, limit: int) -> list[Recorded]:
    """Return the newest calls with how the question about each ended, oldest first.

    Without those for which somebody broke the glass: an emergency says nothing of a rule.
    """
    calls, requests, votes = tables.calls.c, tables.requests.c, tables.votes.c
    broken = exists().where(votes.request_id == requests.id, votes.answer == "break_glass")
    about = JOINED.add_columns(requests.state.label("verdict"), requests.terms).join(
        tables.requests, requests.id == calls.request_id, isouter=True
    )
    query = (
        about.where(~broken).order_by(calls.created_at.desc(), calls.position.desc()).limit(limit)
    )
    with ledger.read() as db:
        return [*map(_recorded, db.execute(query).mappings())][::-1]


def _recorded(row: rows.Row) -> Recorded:
    terms = None if row["terms"] is None else rows.read_terms(decode(row["terms"].encode()))
    return Recorded(rows.read_shown(row), row["verdict"], (terms and terms.route) or "")
