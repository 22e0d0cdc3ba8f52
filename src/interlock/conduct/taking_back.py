"""Undo: an approval is taken back by who gave it, as long as nobody claimed the call."""

from typing import Final

from interlock.conduct.ports import Ports
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.values import Call, record_of
from interlock.errors import AlreadyDecided, NotEligible
from interlock.path.record import Step
from interlock.path.release import refusal

TAKEN_BACK: Final = "taken_back"
"""The word that a signature covers, and the kind of the entry."""

_NOT_RUN: Final = frozenset({"approved", "held"})


def take_back(ports: Ports, call_id: str, by: str, reason: str, shown: Shown | None = None) -> Call:
    """End a call that a person approved and now thinks better of; the agent is told why.

    Raises `AlreadyDecided` once it runs or ended, `NotEligible` for who did not approve it.
    INVARIANT I6: the state is terminal, no way leads from it to an execution.
    """
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state not in _NOT_RUN or call.request_id is None:
            raise AlreadyDecided(f"call `{call_id}` is {call.state}; nothing can be taken back now")
        people, digest = tx.registry.people(), call.proposal.digest
        approved = {
            people.behind(vote.by)
            for vote in tx.votes(call.request_id)
            if vote.answer in ("approve", "break_glass") and vote.digest == digest
        }
        if people.behind(by) not in approved:
            raise NotEligible(f"`{by}` did not approve `{call_id}`; only who did takes it back")
        question = (call.request_id, call_id, digest, TAKEN_BACK)
        auth, proof = prove_word(tx, ports, people, by, shown, question, reason)
        answer = refusal(call_id, "cancelled", reason, record_of(call.judgement))
        body = {"request_id": call.request_id, "digest": digest, "reason": reason, **proof}
        return tx.advance(call, [Step("cancelled", TAKEN_BACK, body, by, auth)], answer=answer)
