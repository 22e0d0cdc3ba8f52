"""Undo: an approval is taken back, as long as nobody claimed the call.

While others are missing it is void, by whose it is, and the question stays open; once the call was
approved whoever may deny it ends it.
"""

from typing import Final

from interlock.conduct.ports import Ports
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.values import Call, record_of
from interlock.conduct.voting import admitted, voted_step
from interlock.errors import AlreadyDecided
from interlock.path.record import State, Step
from interlock.path.release import refusal
from interlock.path.review import Vote

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


def retract(ports: Ports, given: Vote, shown: Shown | None = None) -> Call:
    """Void one's own approval of a call that waits for others; return the call, which waits on.

    The last word of a human counts, and this one is neither an approval nor a denial. Raises
    `AlreadyDecided` where nothing of theirs is there or the question is closed, `NotEligible`.
    INVARIANT I7: whoever approves after it is counted without it; the request's lock orders them.
    """
    with ports.ledger.begin() as tx:
        tx.lock(given.request_id)
        call = tx.call(tx.request(given.request_id).call_id)
        request = tx.request(given.request_id)  # after its call, which tells what came since
        counted = admitted(tx, ports, call, request, given, shown, unknown_tool=False)
        people = tx.registry.people()
        who = people.behind(counted.by)
        mine = [one.answer for one in tx.votes(request.id) if people.behind(one.by) == who]
        if mine[-1:] != ["approve"]:
            raise AlreadyDecided(none_of(counted))
        tx.add_vote(counted)
        return tx.advance(call, [voted_step(counted, "pending")])


def none_of(given: Vote) -> str:
    """Say that there is nothing of theirs to take back."""
    return f"no approval of `{given.by}` counts for request `{given.request_id}`, which is pending"
