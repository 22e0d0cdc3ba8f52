"""Offer: which tool undoes a call, and what could undo what ran before a call that was refused.

An offer is words, for people and for code; nothing is undone by itself.
"""

from typing import Any

from interlock.conduct.ports import Transaction
from interlock.conduct.values import Call
from interlock.path.proposal import CallKey


def undoing(call: Call) -> list[dict[str, Any]]:
    """Return the call's compensation, its tool with the call's own arguments; none or one."""
    tool = call.judgement.run.compensate if call.judgement else None
    if tool is None:
        return []
    return [{"call_id": call.id, "tool": tool, "args": call.proposal.args}]


def offered(tx: Transaction, key: CallKey) -> dict[str, Any]:
    """Return, for the record of a refused call, what could undo what its thread did before.

    The last comes first, as it is undone first.
    """
    found = [offer for call in tx.ran_before(key) for offer in undoing(call)]
    return {"compensate": found} if found else {}
