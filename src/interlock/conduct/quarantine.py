"""Let out: end the quarantine of a result by a person's word, or show the result to one.

Who lets a result out is apart from its call, as who approves one is; anybody may destroy it.
"""

from typing import Any, Final, Literal

from interlock.canon import decode
from interlock.conduct.acting import acted
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.running import answered
from interlock.conduct.settling import Raw, released_answer
from interlock.conduct.values import Answered, Call
from interlock.errors import AlreadyDecided, NotEligible
from interlock.path.people import is_apart, named
from interlock.path.record import Step
from interlock.path.release import refusal

ENDED: Final = "quarantine_ended"
REVEALED: Final = "revealed"
"""Kinds of entries, and the words that a signature covers."""


def end_quarantine(
    ports: Ports,
    call_id: str,
    to: Literal["released", "redacted", "destroyed"],
    by: str,
    reason: str,
    *,
    redact: bool = False,
    shown: Shown | None = None,
) -> Answered:
    """Release or destroy a held result; who did it and why goes into the record.

    Raises `AlreadyDecided` when it is not held any more, `UnknownId` when it never was,
    `NotEligible` for someone of the call itself; to destroy is open to all.
    """
    by = named(by)
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state != "quarantined":
            raise AlreadyDecided(f"the result of `{call_id}` is {call.state}, not held")
        if to == "destroyed":
            answer = refusal(call_id, "destroyed", reason, _held_record(call))
        else:
            _require_apart(tx, call, by)
            raw = Raw(**decode(tx.unseal(call_id)))
            found = tx.sealed(call_id).inspection
            known = {**_held_record(call), "released_by_human": True}
            answer = released_answer(ports, call, raw, found, known, redact=redact)
        act = acted(tx, by, shown, ENDED, {"call_id": call_id, "to": to, "reason": reason})
        tx.end_output(call_id, to)
        step = Step(to, ENDED, {"reason": reason, **act.said}, actor=by, auth=act.auth)
        return answered(tx.advance(call, [step], answer=answer))


def reveal(ports: Ports, call_id: str, by: str, reason: str, shown: Shown | None = None) -> Raw:
    """Show a held result to a person; that they saw it goes into the record.

    Raises `AlreadyDecided` when it is not held any more, `NotEligible` as `end_quarantine` does.
    """
    by = named(by)
    with ports.ledger.begin() as tx:
        _require_apart(tx, tx.call(call_id), by)
        if tx.sealed(call_id).state != "held":
            raise AlreadyDecided(f"the result of `{call_id}` is not held any more")
        asked = {"call_id": call_id, "reason": reason}
        act = acted(tx, by, shown, REVEALED, asked)
        tx.note(REVEALED, {**asked, **act.said}, actor=by, auth=act.auth)
        return Raw(**decode(tx.unseal(call_id)))


def _require_apart(tx: Transaction, call: Call, by: str) -> None:
    """Check that who lets a result out is apart from its call, as who approves one is.

    INVARIANT I7: the agent, for whom it acts, their owners and who edited the call are not.
    """
    context = call.proposal.context
    own = {context.principal, context.agent.id, context.agent.owner}
    if call.judgement is not None:
        own.add(call.judgement.owner)
    request = tx.request(call.request_id) if call.request_id is not None else None
    more = request.excluded if request is not None else call.editors
    if not is_apart(by, (name for name in own | more if name)):
        raise NotEligible(
            f"`{by}` asked for call `{call.id}`, owns it or edited it; another person must let its "
            "result out"
        )


def _held_record(call: Call) -> dict[str, Any]:
    """Return what the record of a held result says, but for how that ended."""
    held = call.answer.record if call.answer else {}
    return {name: said for name, said in held.items() if name not in ("outcome", "reason")}
