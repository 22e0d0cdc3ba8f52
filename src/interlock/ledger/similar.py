"""Remember: the call that an agent made last of the same tool."""

from sqlalchemy import and_, or_

from interlock.clock import stamp
from interlock.conduct.retrying import reread
from interlock.conduct.values import Call
from interlock.ledger import rows, tables
from interlock.ledger.statements import JOINED
from interlock.ledger.store import SqlLedger


@reread
def call_before(ledger: SqlLedger, call: Call) -> Call | None:
    """Return the last other call of the same tool by the same agent before this one.

    Of the same tenant only: nobody is shown another's arguments. A probe has the answer that a call
    would have which is made when it is posed: often the one it was made of, as for a repeated call.
    """
    calls, proposal, at = tables.calls.c, call.proposal, stamp(call.created_at)
    same = and_(
        calls.tenant == call.key.tenant,
        calls.agent == proposal.context.agent.id,
        calls.tool == proposal.tool,
        calls.call_key != call.key.text,
    )
    earlier = or_(calls.created_at < at, and_(calls.created_at == at, calls.id < call.id))
    newest = JOINED.where(same, earlier).order_by(calls.created_at.desc(), calls.id.desc())
    with ledger.read() as db:
        row = db.execute(newest.limit(1)).mappings().first()
    return rows.read_shown(row) if row else None
