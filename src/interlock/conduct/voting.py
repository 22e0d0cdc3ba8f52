"""Hear: a person's answer to a request, and what it does to the call, in one transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal, TypeAlias

from interlock.conduct.compensation import offered
from interlock.conduct.editing import revised
from interlock.conduct.escalating import caught_up
from interlock.conduct.faults import crash_point
from interlock.conduct.glass import tell_of_glass
from interlock.conduct.holding import arm_use
from interlock.conduct.intake import enter
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, proven_vote
from interlock.conduct.recounting import look_for_people, regrouped
from interlock.conduct.resting import refuse_resting
from interlock.conduct.sampling import second_look
from interlock.conduct.values import Call, record_of
from interlock.desk.payload import InlineAnswer, restored
from interlock.errors import AlreadyDecided, DeskError
from interlock.path.people import named
from interlock.path.proof import REASON_MAX
from interlock.path.proposal import CallKey, Proposal
from interlock.path.quorum import QuorumState, Standing, standing
from interlock.path.record import TRANSITIONS, State, Step
from interlock.path.release import Answer, Ending, refusal
from interlock.path.review import ReviewRequest, Vote, VoteAnswer, admit
from interlock.policy.suggestion import did_you_mean, shown

Verdict: TypeAlias = Literal["approved", "rejected", "responded", "cancelled"]


def vote(
    ports: Ports, given: Vote, shown: Shown | None = None, *, unknown_tool: bool = False
) -> Call:
    """Count one answer; return the call as it then stands.

    `shown` is what its giver shows of themselves. For an edit this is the new revision, decided
    again by policy. With `unknown_tool` it may name a tool that nobody knows.
    Raises `UnknownId`, `AlreadyDecided`, `NotEligible`, `DeskError`; then nothing changed, save
    that what was due of the request happened.
    """
    if (late := _too_late(ports, given.request_id)) is not None:
        raise AlreadyDecided(late)
    ports = ports.pinned()
    with ports.ledger.begin() as tx:
        tx.lock(given.request_id)
        call = tx.call(tx.request(given.request_id).call_id)
        request = tx.request(given.request_id)  # after its call, which tells what came since
        people = tx.registry.people()
        request, changed = regrouped(tx, ports.policy(), request)
        call = tx.advance(call, changed) if changed else call
        counted = admitted(tx, ports, call, request, given, shown, unknown_tool=unknown_tool)
        before = standing(tx.votes(request.id), request, people)
        if not (repeats := before.state == "open" and _is_repeat(counted, before)):
            refuse_resting(tx, ports, counted, people)
        if changed:  # no alarm of what a refusal takes back
            look_for_people(tx, request)
        if repeats:
            return call
        tx.add_vote(counted)
        found = standing(tx.votes(request.id), request, people)
        call = _apply(tx, ports, call, request, counted, found.state)
        second_look(tx, ports, call)
    crash_point("voted")
    return call


def admitted(
    tx: Transaction,
    ports: Ports,
    call: Call,
    request: ReviewRequest,
    given: Vote,
    shown: Shown | None,
    *,
    unknown_tool: bool,
) -> Vote:
    """Return an answer with what its giver showed, once it is one that counts.

    Raises `AlreadyDecided`, `NotEligible`, `DeskError`.
    """
    people = tx.registry.people()
    given = replace(given, by=named(given.by), at=tx.now(), reason=given.reason[:REASON_MAX])
    counted = proven_vote(tx, ports, people, given, shown, request)
    counted = _under(_on_screen(counted, request), ports.policy().digest, request)
    admit(counted, request, counted.at, people)
    if counted.answer == "edit" and not unknown_tool:
        _require_known(tx, ports, call.proposal, counted.tool)
    return counted


def withdraw(ports: Ports, key: CallKey, why: str) -> Answer:
    """End a call that nobody waits for any more, and return its answer.

    One that has its answer keeps it, one that is overdue expires, one that runs now is in doubt.
    INVARIANT I6: after a cancellation there is no effect.
    """
    with ports.ledger.begin() as tx:
        call = tx.latest(key)
        if call is None:
            return refusal("", "cancelled", why, {})
        request = (
            tx.request(call.request_id) if call.state == "pending" and call.request_id else None
        )
        after = caught_up(tx, ports.policy, call, request) if request else None
        if after is not None:
            call, request = after, request if after.state == "pending" else None
        if call.answer is not None:
            return call.answer
        if "cancelled" not in TRANSITIONS[call.state]:
            return refusal(call.id, "in_doubt", "it still runs", record_of(call.judgement))
        if request is not None:
            tx.close_request(request.id, "cancelled")
        named = {"request_id": request.id} if request is not None else {}
        answer = refusal(call.id, "cancelled", why, record_of(call.judgement))
        tx.advance(call, [Step("cancelled", "withdrawn", {"why": why, **named})], answer=answer)
        return answer


def _too_late(ports: Ports, request_id: str) -> str | None:
    """Do what time asks of a request, and say why an answer comes too late, if it does."""
    with ports.ledger.begin() as tx:
        call = tx.call(tx.request(request_id).call_id)
        request = tx.request(request_id)  # after its call, which tells what came since
        after = caught_up(tx, ports.policy, call, request)
        over = f"{min(tx.now(), request.expires_at):%H:%M:%S} UTC"
        few = "too few" if tx.votes(request_id) else "nobody"
    if after is None or after.state == "pending":
        return None
    if after.state == "auto_approved":
        return (
            f"{few} answered request `{request_id}` by {over}, and policy takes that for a yes; "
            f"until it runs, interlock cancel {call.id} --reason … stops it"
        )
    return f"request `{request_id}` expired at {over}; nothing ran"


def _under(vote: Vote, in_force: str, request: ReviewRequest) -> Vote:
    """Keep the policy under which somebody says they answer, where that is asked of them."""
    if not vote.policy or not request.terms.evidence:
        return vote
    if vote.policy != in_force:
        raise DeskError("the policy changed since this was answered; look again, and answer anew")
    return replace(vote, proof={**(vote.proof or {}), "policy": vote.policy})


def _on_screen(vote: Vote, request: ReviewRequest) -> Vote:
    """Keep how long it was looked at: nobody looks longer than there is something to see."""
    if vote.on_screen_ms is None:
        return vote
    open_ms = round((vote.at - request.created_at).total_seconds() * 1000)
    return replace(vote, on_screen_ms=max(0, min(vote.on_screen_ms, open_ms)))


def _is_repeat(given: Vote, before: Standing) -> bool:
    """Whether somebody says again what they said: the same, as surely, for the same reason."""
    said = ("answer", "by", "auth", "reason")
    return any(
        all(getattr(given, name) == getattr(one, name) for name in said) for one in before.approvals
    )


def _apply(
    tx: Transaction,
    ports: Ports,
    call: Call,
    request: ReviewRequest,
    given: Vote,
    came_to: QuorumState,
) -> Call:
    """Do what the answers come to; one more that is not enough leaves the question open."""
    match came_to:
        case "open":
            return tx.advance(call, [voted_step(given, "pending")])
        case "approved":
            return _end(tx, call, request, given, "approved", None)
        case "rejected" | "cancelled" as to:
            return _end(tx, call, request, given, to, given.reason or "no reason given")
        case "responded":
            return _end(tx, call, request, given, "responded", given.message)
        case "superseded":
            return _edit(tx, ports, call, request, given)


def _require_known(tx: Transaction, ports: Ports, old: Proposal, tool: str | None) -> None:
    """Refuse a tool that nobody knows, before the request is replaced by one that cannot run.

    Its host knows its own tools; one that says nothing of them is taken to have the catalogue's.
    """
    if tool is None or tool == old.tool or tx.schemas(tool):
        return
    policy = ports.policy()
    if policy.tool(tool) is None or tx.schemas(old.tool):
        near = did_you_mean(tool, {old.tool, *policy.catalogue.literals})
        raise DeskError(
            f"nobody here knows a tool {shown(tool)}{near}; nothing changed; check the name, or "
            "edit with --unknown-tool"
        )


def _end(
    tx: Transaction, call: Call, request: ReviewRequest, given: Vote, to: Verdict, told: str | None
) -> Call:
    tx.close_request(request.id, to)
    if to == "approved":
        arm_use(tx, call.id, request)
    changes: dict[str, Any] = {}
    if told is not None:
        known = {**record_of(call.judgement), **offered(tx, call.key)}
        changes["answer"] = refusal(call.id, _ENDINGS[to], told[:REASON_MAX], known)
    step = voted_step(given, to)
    if given.answer == "break_glass":
        step = replace(step, body={**step.body, "review_until": tell_of_glass(tx, call, given)})
    return tx.advance(call, [step], **changes)


def voted_step(given: Vote, to: State) -> Step:
    """Return the transition that an answer makes; the evidence of who, what, when and why."""
    body = {
        "request_id": given.request_id,
        "digest": given.digest,
        "answer": given.answer,
        "reason": given.reason[:REASON_MAX],
    }
    proof = {"proof": dict(given.proof)} if given.proof else {}
    looked = {} if given.on_screen_ms is None else {"on_screen_ms": given.on_screen_ms}
    return Step(to, "voted", {**body, **proof, **looked}, actor=given.by, auth=given.auth)


_ENDINGS: Final[Mapping[Verdict, Ending]] = {
    "rejected": "rejected",
    "responded": "responded",
    "cancelled": "cancelled",
}


def _edit(tx: Transaction, ports: Ports, call: Call, request: ReviewRequest, given: Vote) -> Call:
    """Make the next revision of a call: a new digest, decided again; earlier votes are void.

    INVARIANT I8: the old revision ends in the transaction that makes the new one.
    """
    proposal, judged = revised(tx, ports, call, given)
    tx.close_request(request.id, "superseded")
    tx.advance(call, [voted_step(given, "superseded")])
    return enter(tx, ports, proposal, judged, call.position, call.editors | {given.by})


_VERBS: Final[Mapping[str, VoteAnswer]] = {
    "approve": "approve",
    "edit": "edit",
    "reject": "deny",
    "respond": "respond",
}


def inline_vote(
    request: ReviewRequest, said: InlineAnswer, by: str, proposed: dict[str, Any]
) -> Vote:
    """Turn a resume payload into a vote; its identity is the run's, never the payload's."""
    edited = said.args
    if edited is not None and said.stringified:
        edited = restored(edited, proposed)
    return Vote(
        request_id=request.id,
        digest=request.digest,
        answer=_VERBS[said.decision],
        by=by,
        auth="inline",
        at=request.created_at,
        reason=said.reason,
        args=edited,
        tool=said.tool,
        message=said.message,
    )
