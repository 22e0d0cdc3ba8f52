"""Run: guard, claim, settle and recover; everything around the one place where a tool is called."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeAlias

from interlock.canon import encode
from interlock.conduct.asking import waiting_payload
from interlock.conduct.awaiting import Unsealed, must_await_seal
from interlock.conduct.compensation import offered
from interlock.conduct.doubts import LOST, STALE, approvals, doubt, lapsed
from interlock.conduct.escalating import caught_up
from interlock.conduct.falling import violated
from interlock.conduct.halting import halted_by
from interlock.conduct.holding import (
    hold,
    must_wait,
    open_window,
    pending_siblings,
    veto_until,
)
from interlock.conduct.judging import decided_body, judge_with
from interlock.conduct.overseeing import must_acknowledge, oversee
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.recounting import approval_of, narrowed, put, restaffed
from interlock.conduct.steps import ask, claim_step
from interlock.conduct.values import (
    Answered,
    Call,
    Judgement,
    Progress,
    Ready,
    Waiting,
    record_of,
)
from interlock.errors import InvariantError
from interlock.path.decision import stricter
from interlock.path.people import People
from interlock.path.proposal import Proposal
from interlock.path.quorum import standing
from interlock.path.record import ANSWERED, RUNNABLE, State, Step
from interlock.path.release import refusal
from interlock.path.review import ReviewRequest
from interlock.path.warrant import Cleared, Stopped, Warrant, guard, unused
from interlock.policy.constraints import forced
from interlock.policy.decisions import Ask, Effect
from interlock.policy.subject import Approval

_CARE: Final[Mapping[Effect, int]] = {"read": 0, "idempotent": 1, "non_idempotent": 2}
"""How careful an effect class is treated; of then and now the more careful counts."""


class Busy:
    """Another process runs the call; look again later."""


class Unfinished:
    """The tool ended and its sealed result is not inspected yet."""

    def __init__(self, call: Call) -> None:
        """Name the call whose result waits."""
        self.call = call


Next: TypeAlias = Progress | Busy | Unfinished | Unsealed


def next_progress(tx: Transaction, ports: Ports, call: Call) -> Next:
    """Move a call as far as it goes without running the tool.

    INVARIANT I15: safe to call at any time, twice, from anywhere.
    """
    call = _current(tx, call)
    if call.state in ANSWERED:
        return answered(call)
    if call.state == "pending":
        return _pending(tx, ports, call)
    if call.state in RUNNABLE:
        return try_claim(tx, ports, call)
    if call.state == "executing":
        return _executing(tx, ports, call)
    if call.state in ("done", "failed"):
        return Unfinished(call)
    raise InvariantError(f"call `{call.id}` is in state `{call.state}`, which no step leaves it in")


def answered(call: Call) -> Answered:
    """Return the stored answer."""
    if call.answer is None:
        raise InvariantError(f"call `{call.id}` is {call.state} and has no answer")
    return Answered(call.id, call.key.tool_call_id, call.proposal.tool, call.answer)


def try_claim(tx: Transaction, ports: Ports, call: Call) -> Progress | Unsealed:
    """Guard a runnable call and claim it, or say what stands in its way."""
    ports = ports.pinned()
    policy = ports.policy()
    asking = pending_siblings(tx, policy, call)
    if must_wait(policy, call, asking):
        return hold(tx, call, asking)[1]
    judged, verdict = guard_again(tx, ports, call)
    if isinstance(verdict, Stopped):
        if verdict.to == "denied" and judged.policy == _judged(call).policy:
            violated(tx, policy, call.proposal, judged, call.id)
        return _stop(tx, call, judged, verdict)
    if must_await_seal(tx, ports, call, judged):
        return Unsealed()
    return claim(tx, ports, call, judged, verdict)


def guard_again(tx: Transaction, ports: Ports, call: Call) -> tuple[Judgement, Cleared | Stopped]:
    """Decide again and check the approval again: all that stands between a call and its claim."""
    request, votes = approvals(tx, call)
    people = People(tx.now()) if request is None else tx.registry.people()
    if request is not None:
        request = replace(request, terms=restaffed(tx, ports.policy(), request.terms))
    judged = _judge_again(tx, ports, call, approval_of(ports.policy(), request, votes, people))
    if _forces_others(judged, call.proposal):
        return judged, Stopped("denied", "the policy forces other arguments now; call it again")
    if (halt := halted_by(tx, call.proposal, judged)) is not None:
        return judged, Stopped("halted", halt.why)
    if request is not None:
        request = narrowed(request, judged, call.editors)
    until = veto_until(tx, call, judged.decision)
    return judged, guard(judged.decision, request, votes, people, call.proposal, tx.now(), until)


def _forces_others(judged: Judgement, proposal: Proposal) -> bool:
    limits = judged.decision.constraints
    if not (limits.args or limits.args_drop):
        return False
    try:
        return encode(forced(proposal.args, limits)) != proposal.canonical
    except ValueError:
        return True


def claim(tx: Transaction, ports: Ports, call: Call, judged: Judgement, cleared: Cleared) -> Ready:
    """Take the right to execute: a lease, a higher fence, and the warrant.

    The call goes on under the judgement of now: what got stricter holds for its result too.
    """
    fence, until = call.fence + 1, tx.now() + timedelta(seconds=ports.lease_s)
    step = claim_step(call.proposal, judged, fence, until, cleared)
    if decided_body(judged) != decided_body(_judged(call)):
        step = replace(step, body={**step.body, "decided": decided_body(judged)})
    if must_acknowledge(call.judgement) is None:  # people are told of it only now, if at all
        oversee(tx, call.id, judged.decision)
    tx.spend(judged.meters, call.key)
    return ready(tx.advance(call, [step], fence=fence, lease_until=until, judgement=judged))


def ready(call: Call) -> Ready:
    """Return a claimed call with the warrant that its claim mints."""
    judged = _judged(call)
    decision, proposal = judged.decision, call.proposal
    warrant = Warrant(
        call.id,
        proposal,
        call.fence,
        judged.effect,
        review_result=decision.review_result,
        constraints=decision.constraints,
        terms=judged.run,
    )
    return Ready(call.id, warrant, proposal.tool, proposal.canonical, proposal.args, call)


def _judged(call: Call) -> Judgement:
    if call.judgement is None:
        raise InvariantError(f"call `{call.id}` is to run and was never decided")
    return call.judgement


def give_back(tx: Transaction, warrant: Warrant, why: str) -> None:
    """Return a claim whose tool did not run, or paused itself and will run again.

    INVARIANT I3: a repetition does not run again when an earlier run was done in the meantime.
    """
    call = tx.call(warrant.call_id)
    if call.state == "executing" and call.fence == warrant.fence:
        to: Any = _approval_state(tx, call)
        to = "retried" if call.outcome == "in_doubt" else to
        if to == "retried" and (done := [at for at, how in tx.reports(call.id) if how == "done"]):
            doubt(tx, call, f"run {done[-1]} reported done while it was to run again")
            return
        if (until := tx.timer("use", call.id)) is not None:  # it may have passed meanwhile
            tx.arm("use", call.id, until)
        tx.advance(call, [Step(to, "given_back", {"fence": warrant.fence, "why": why})])


def _approval_state(tx: Transaction, call: Call) -> State:
    """Return the state in which a call may run: as it was decided, or approved, or not denied."""
    if call.request_id is None:
        return "decided"
    silent = tx.request(call.request_id).state == "auto_approved"
    return "auto_approved" if silent else "approved"


def drop_unused(tx: Transaction, call: Call) -> State | None:
    """End a call whose approval was not used in time; None where it runs, ended, or it lasts.

    INVARIANT I11. One that a person had repeated is in doubt again: it may have run before.
    """
    request, votes = approvals(tx, call)
    if call.state not in RUNNABLE or request is None:
        return None
    if (late := unused(request, votes, tx.registry.people(), tx.now())) is None:
        return None
    _stop(tx, call, _judged(call), late)
    return tx.call(call.id).state


def note_late(tx: Transaction, warrant: Warrant, outcome: str) -> None:
    """Record that a run ended which was given up; it changes nothing, and its result is gone.

    How it ended is shown to who settles its doubt.
    """
    body = {"call_id": warrant.call_id, "fence": warrant.fence, "outcome": outcome}
    state = tx.call(warrant.call_id).state
    tx.note(STALE, {**body, "state": state, "breach": "max_runtime_sec"})


def _current(tx: Transaction, call: Call) -> Call:
    if call.state == "superseded":
        return tx.latest(call.key) or call
    return call


def _pending(tx: Transaction, ports: Ports, call: Call) -> Next:
    if call.request_id is None:
        raise InvariantError(f"call `{call.id}` is pending without a request")
    request = tx.request(call.request_id)
    if (after := caught_up(tx, ports.policy, call, request)) is not None:
        return next_progress(tx, ports, after)
    return _waiting(tx, call, request)


def _waiting(tx: Transaction, call: Call, request: ReviewRequest) -> Waiting:
    """Say what a call waits for, and whose approval it has so far."""
    several = request.terms.quorum > 1 or request.terms.groups
    people = tx.registry.people() if several else People(tx.now())
    found = standing(tx.votes(request.id) if several else (), request, people)
    return Waiting(call.id, request, waiting_payload(call, request, found))


def _judge_again(tx: Transaction, ports: Ports, call: Call, approval: Approval) -> Judgement:
    """Decide by the policy and level of now, with the signals of then; the stricter counts."""
    then = _judged(call)
    if isinstance(asked := then.decision, Ask):  # of the same groups, those who are in them now
        terms = restaffed(tx, ports.policy(), asked.terms)
        then = replace(then, decision=replace(asked, terms=terms))
    now = judge_with(tx, ports, call.proposal, then, approval)
    if now.policy != then.policy:  # what the new one asks before approvals was never asked
        before = judge_with(tx, ports, call.proposal, then)
        now = replace(now, decision=stricter(before.decision, now.decision))
    effect = max(then.effect, now.effect, key=_CARE.__getitem__)
    isolated = "subprocess" in (then.run.isolation, now.run.isolation)
    run = now.run._replace(isolation="subprocess" if isolated else "none")
    return replace(now, decision=stricter(then.decision, now.decision), effect=effect, run=run)


def _stop(tx: Transaction, call: Call, judged: Judgement, stopped: Stopped) -> Progress:
    if call.state == "retried":  # it may have run before, so "it did not run" would be a lie
        return answered(doubt(tx, call, f"it may not run again now: {stopped.reason}"))
    body = {"why": stopped.reason, "policy_snapshot": judged.snapshot, "policy": judged.policy}
    match stopped.to:
        case "held":
            return open_window(tx, call, judged.decision)
        case "denied" | "halted" | "expired" as to:
            known = {**record_of(judged), **offered(tx, call.key)}
            answer = refusal(call.id, to, stopped.reason, known)
            return answered(tx.advance(call, [Step(to, to, body)], answer=answer))
        case "pending":
            request = ask(call.id, call.proposal, judged, tx.now(), call.editors)
            changes: Mapping[str, Any] = {"request_id": request.id, "judgement": judged}
            asked = tx.advance(call, [put(tx, request, judged)], **changes)
            return _waiting(tx, asked, request)


def _executing(tx: Transaction, ports: Ports, call: Call) -> Next:
    """Wait for a live claim; after a lost lease run again only what may run twice."""
    if not lapsed(call, tx.now(), ports.lease_s):
        return Busy()
    if _judged(call).effect == "non_idempotent":
        return answered(doubt(tx, call, LOST))
    judged, verdict = guard_again(tx, ports.pinned(), call)
    if isinstance(verdict, Stopped) or judged.effect == "non_idempotent":
        return answered(doubt(tx, call, f"{LOST}, and may not run again now"))
    if must_await_seal(tx, ports, call, judged):
        return Unsealed()
    return claim(tx, ports, call, judged, verdict)


__all__ = ["Busy", "Unfinished", "next_progress"]
