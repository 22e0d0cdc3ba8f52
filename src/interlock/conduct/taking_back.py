"""Undo: an approval is taken back, by whoever may deny, as long as nobody claimed the call."""

from typing import Final

from interlock.conduct.ports import Ports
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.values import Call, record_of
from interlock.errors import AlreadyDecided
from interlock.path.record import State, Step
from interlock.path.release import refusal

TAKEN_BACK: Final = "taken_back"
"""The word that a signature covers, and the kind of the entry."""

NOT_RUN: Final[frozenset[State]] = frozenset({"approved", "auto_approved", "held"})
"""States of calls that were approved, by people or by silence, and that nobody claimed."""


def take_back(ports: Ports, call_id: str, by: str, reason: str, shown: Shown | None = None) -> Call:
    """End a call that was approved and did not run; the agent is told why.

    As with a denial, whoever shows who they are is heard. Raises `AlreadyDecided` once it runs or
    ended, `NotEligible` for a name that is not shown.
    INVARIANT I6: the state is terminal, no way leads from it to an execution.
    """
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state not in NOT_RUN or call.request_id is None:
            raise AlreadyDecided(f"call `{call_id}` is {call.state}; nothing can be taken back now")
        people, digest = tx.registry.people(), call.proposal.digest
        question = (call.request_id, call_id, digest, TAKEN_BACK)
        auth, proof = prove_word(tx, ports, people, by, shown, question, reason)
        answer = refusal(call_id, "cancelled", reason, record_of(call.judgement))
        body = {"request_id": call.request_id, "digest": digest, "reason": reason, **proof}
        return tx.advance(call, [Step("cancelled", TAKEN_BACK, body, by, auth)], answer=answer)
