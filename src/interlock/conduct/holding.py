"""Hold: what keeps a call from running now: its own question, a sibling's, its veto window.

Every hold ends by itself: a request expires, a window passes. A call that is stopped meanwhile
never runs.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from interlock.clock import stamp
from interlock.conduct.asking import held_payload
from interlock.conduct.escalating import caught_up
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.values import Call, Held, record_of
from interlock.errors import AlreadyDecided, DeskError
from interlock.path.record import RUNNABLE, Step
from interlock.path.release import refusal
from interlock.path.review import ReviewRequest
from interlock.policy.decisions import Decision, Notify
from interlock.policy.evaluation.compiled import CompiledPolicy


def arm_use(tx: Transaction, call_id: str, request: ReviewRequest) -> None:
    """Set the time in which an approval that is given now has to be used."""
    tx.arm("use", call_id, tx.now() + timedelta(seconds=request.terms.execution_ttl_s))


def pending_siblings(tx: Transaction, policy: CompiledPolicy, call: Call) -> list[Call]:
    """Return the siblings that still wait for a human, after doing what time asks of them."""
    waiting = [
        caught_up(tx, lambda: policy, sibling, tx.request(sibling.request_id)) or sibling
        for sibling in tx.siblings(call)
        if sibling.state == "pending" and sibling.request_id
    ]
    return [sibling for sibling in waiting if sibling.state == "pending"]


def must_wait(policy: CompiledPolicy, call: Call, asking: Sequence[Call]) -> bool:
    """Whether pending siblings hold this call."""
    if not any(sibling.id != call.id for sibling in asking) or policy.hold_siblings == "none":
        return False
    effect = call.judgement.effect if call.judgement else "non_idempotent"
    return policy.hold_siblings == "all" or effect != "read"


def hold(tx: Transaction, call: Call, asking: Sequence[Call]) -> tuple[Call, Held]:
    """Hold a call behind the questions of its siblings; one that is retried keeps its state."""
    behind = tuple(sorted(sibling.request_id for sibling in asking if sibling.request_id))
    if call.state in RUNNABLE - {"held", "retried"}:
        call = tx.advance(call, [Step("held", "held", {"behind": list(behind)})])
    return call, Held(call.id, behind, held_payload(call, behind))


def veto_until(tx: Transaction, call: Call, decision: Decision) -> datetime | None:
    """Return when the window ends of which people were told; None where they were told of none.

    Of a window that policy made longer meanwhile, the longer counts.
    """
    told = tx.timer("veto", call.id)
    if told is None or not isinstance(decision, Notify):
        return told
    return max(told, call.created_at + timedelta(seconds=decision.veto_window_s))


def window_end(decision: Decision, now: datetime) -> datetime | None:
    """Return when a veto window that opens now ends; None where there is none."""
    if not isinstance(decision, Notify) or not decision.veto_window_s:
        return None
    return now + timedelta(seconds=decision.veto_window_s)


def window_step(until: datetime) -> Step:
    """Return the transition into `held` until a veto window is over."""
    return Step("held", "held", {"behind": [], "veto_until": stamp(until)})


def open_window(tx: Transaction, call: Call, decision: Decision) -> Held:
    """Hold a call until its veto window is over, and set its timer."""
    told = tx.timer("veto", call.id)
    until = veto_until(tx, call, decision) or window_end(decision, tx.now()) or tx.now()
    if until != told:
        call = tx.advance(call, [window_step(until)])
        tx.arm("veto", call.id, until)
    return Held(call.id, (call.id,), held_payload(call, (), until))


def veto(ports: Ports, call_id: str, by: str, reason: str, shown: Shown | None = None) -> Call:
    """Stop a call that people were told of, before it runs; who did and why is recorded.

    Raises `UnknownId`, `AlreadyDecided` once it went on or ended, `DeskError` where there is no
    window. INVARIANT I6: the state is terminal, no way leads from it to an execution.
    """
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state != "held":
            raise AlreadyDecided(f"call `{call_id}` is {call.state}; a veto stops nothing now")
        if tx.timer("veto", call_id) is None:
            raise DeskError(
                f"call `{call_id}` waits for its siblings and has no veto window; "
                "deny the requests that it waits for, or halt its agent"
            )
        people, digest = tx.registry.people(), call.proposal.digest
        question = (call_id, call_id, digest, "vetoed")
        auth, proof = prove_word(tx, ports, people, by, shown, question, reason)
        answer = refusal(call_id, "vetoed", reason, record_of(call.judgement))
        body = {"digest": digest, "reason": reason, **proof}
        return tx.advance(call, [Step("vetoed", "vetoed", body, by, auth)], answer=answer)
