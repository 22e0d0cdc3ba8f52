"""Escalate: who is asked next, and what it means that nobody answered in time.

Levels are asked in their order, each once and never early, each for as long as the one before; one
in which nobody is to look is named as understaffed, and the next is asked at once. When a request's
time is over, silence means what its terms say: it expires, the next level is asked
anew, or it is approved by nobody, which is a state of its own and never a person's word.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from interlock.clock import stamp
from interlock.conduct.acting import acted
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.recounting import restaffed, sound_alarm
from interlock.conduct.values import Call, Posed, record_of
from interlock.errors import AlreadyDecided, DeskError
from interlock.path.proof import REASON_MAX
from interlock.path.quorum import anyone_may, lookers
from interlock.path.record import Step
from interlock.path.release import refusal
from interlock.path.review import ReviewRequest
from interlock.policy.decisions import Silence, may_pass_silently
from interlock.policy.evaluation.compiled import CompiledPolicy

BY_SILENCE: Final = "policy:timeout"
"""Who approves where nobody answered; no person may answer under it."""


def next_level_at(request: ReviewRequest, since: datetime) -> datetime | None:
    """Return when the next level is asked, counted from when the last one was; None after it."""
    after_s = request.terms.escalate_after_s
    if after_s is None or request.level >= len(request.terms.levels):
        return None
    return since + timedelta(seconds=after_s)


def meaning(call: Call, request: ReviewRequest) -> Silence:
    """Return what it means for a request that nobody answers until its time is over."""
    said, judged = request.terms.on_timeout, call.judgement
    if said == "escalate" and request.level < len(request.terms.levels):
        return "escalate"
    if said == "approve" and judged:
        passes = may_pass_silently(request.risk, judged.risk_tags, request.terms)
        return "approve" if passes else "deny"
    return "deny"


PolicyOfNow: TypeAlias = Callable[[], CompiledPolicy]
"""Tells who is in the groups by now. It is asked only where a level is: an end needs none."""


def caught_up(
    tx: Transaction, policy: PolicyOfNow, call: Call, request: ReviewRequest
) -> Call | None:
    """Do what time asks of a request; return the call as it then stands, None if nothing is due."""
    if request.state != "open":
        return None
    if tx.now() >= request.expires_at:
        return _fallen_silent(tx, policy, call, request)
    if next_level_at(request, request.created_at) is None:
        return None
    due = tx.timer("escalation", request.id)
    return _ask_next(tx, policy, call, request) if due is not None and tx.now() >= due else None


def catch_up(ports: Ports, call_id: str) -> bool:
    """Do what time asks of a call or probe that waits for a human; say whether anything was due."""
    with ports.ledger.begin() as tx:
        if (posed := tx.probes.asked(call_id)) is not None:
            return caught_up(tx, ports.policy, *posed) is not None
        call = tx.call(call_id)
        if call.state != "pending" or call.request_id is None:
            return False
        return caught_up(tx, ports.policy, call, tx.request(call.request_id)) is not None


def asked_about(tx: Transaction, request_id: str) -> tuple[Call, ReviewRequest]:
    """Return what a request asks about, a call or a probe, with it. Raises `UnknownId`."""
    if (found := tx.probes.asked(request_id)) is not None:
        return found
    call = tx.call(tx.request(request_id).call_id)
    return call, tx.request(request_id)  # after its call, which tells what came since


def _moved(tx: Transaction, call: Call, step: Step) -> Call:
    """Note something of a question that stays open, with its call or its probe."""
    if isinstance(call, Posed):
        return tx.probes.advance(call, [step], None)
    return tx.advance(call, [step])


def _fallen_silent(
    tx: Transaction, policy: PolicyOfNow, call: Call, request: ReviewRequest
) -> Call:
    if isinstance(call, Posed):
        return unanswered(tx, call, request.id)
    match meaning(call, request):
        case "deny":
            return _expire(tx, call, request)
        case "escalate":
            fresh = tx.now() + timedelta(seconds=request.terms.approval_ttl_s)
            return _ask_next(tx, policy, call, request, fresh)
        case "approve":
            return _approve_silently(tx, call, request)


def _expire(tx: Transaction, call: Call, request: ReviewRequest) -> Call:
    """End a call whose request nobody, or too few, answered in time.

    INVARIANT I11: the state is terminal, so a clock that steps back revives nothing.
    """
    tx.close_request(request.id, "expired")
    over = min(tx.now(), request.expires_at) - request.created_at
    few = "not enough people" if tx.votes(request.id) else "nobody"
    why = f"{few} answered within {over.total_seconds():g} s"
    answer = refusal(call.id, "expired", why, record_of(call.judgement))
    step = Step("expired", "expired", {"request_id": request.id})
    return tx.advance(call, [step], answer=answer)


def unanswered(tx: Transaction, posed: Posed, request_id: str) -> Posed:
    """End a probe that nobody answered, whatever silence would mean of a call."""
    tx.close_request(request_id, "disclosed")
    body = {"request_id": request_id, "came_to": "unanswered"}
    return tx.probes.advance(posed, [Step("disclosed", "expired", body)], "unanswered")


def _ask_next(
    tx: Transaction,
    policy: PolicyOfNow,
    call: Call,
    request: ReviewRequest,
    until: datetime | None = None,
) -> Call:
    """Ask the next level too, with a time of its own where the last one's is over.

    INVARIANT I12: in order, once: who asks it compares and sets the level that was read.
    """
    wider = replace(request, level=request.level + 1, expires_at=until or request.expires_at)
    tx.widen_request(request, wider)
    if until is not None:
        tx.arm("expiry", request.id, until)
    if (then := next_level_at(wider, tx.now())) is not None:
        tx.arm("escalation", request.id, then)
    asked, people = wider.terms.levels[request.level], tx.registry.people()
    now = replace(wider, terms=restaffed(tx, policy(), wider.terms))
    vacant = not any(lookers(now, people, now.terms.levels[request.level].members or ()))
    longer = {"expires_at": stamp(until)} if until else {}
    body = {"request_id": request.id, "level": wider.level, "group": asked.name, **longer}
    body |= {"vacant": True} if vacant else {}
    call = _moved(tx, call, Step(call.state, "escalated", body))
    if not vacant:
        return call
    sound_alarm(tx, wider, (asked.name,))
    if wider.level < len(wider.terms.levels):
        return _ask_next(tx, policy, call, wider, until)
    return _asked_nobody(tx, call, wider, until, is_over=not anyone_may(now, people))


def _asked_nobody(
    tx: Transaction, call: Call, request: ReviewRequest, until: datetime | None, *, is_over: bool
) -> Call:
    """Do what silence means where nobody is in the last level; never let it approve early.

    Who was asked before may answer until the request's time is over, where anybody still could.
    """
    if until is None and not (is_over and meaning(call, request) == "deny"):
        return call
    if isinstance(call, Posed):
        return unanswered(tx, call, request.id)
    return _expire(tx, call, request)


def _approve_silently(tx: Transaction, call: Call, request: ReviewRequest) -> Call:
    """Approve by nobody's word; it lasts from the end of the request's time, whoever looks when.

    Where nobody looked until it would have gone stale, the call expires.
    """
    last = request.expires_at + timedelta(seconds=request.terms.execution_ttl_s)
    if tx.now() >= last:
        return _expire(tx, call, request)
    tx.close_request(request.id, "auto_approved")
    tx.arm("use", call.id, last)
    body = {"request_id": request.id, "digest": call.proposal.digest}
    return tx.advance(call, [Step("auto_approved", "auto_approved", body, BY_SILENCE)])


def snooze_asked(call_id: str, until_s: float, reason: str) -> dict[str, Any]:
    """Return what somebody asks for who puts a question off."""
    return {"call_id": call_id, "until_s": f"{until_s:g}", "reason": reason[:REASON_MAX]}


def snooze(
    ports: Ports, call_id: str, until_s: float, by: str, reason: str, shown: Shown | None = None
) -> datetime:
    """Take a question out of one reviewer's view for some seconds; return until when.

    Nothing else changes: it expires and escalates when it would have, and all others see it.
    Raises `UnknownId`, `AlreadyDecided` where nobody is asked any more, `DeskError`.
    """
    if not 0 < until_s <= SNOOZE_MAX_S:
        raise DeskError(
            f"a question is put off for more than 0 and at most {SNOOZE_MAX_S} s, not {until_s:g}"
        )
    with ports.ledger.begin() as tx:
        posed = tx.probes.asked(call_id)
        call = posed[0] if posed else tx.call(call_id)
        if call.state not in ("pending", "posed") or call.request_id is None:
            raise AlreadyDecided(f"call `{call_id}` is {call.state}; nobody is asked about it")
        act = acted(tx, by, shown, "snoozed", snooze_asked(call_id, until_s, reason))
        until = tx.now() + timedelta(seconds=until_s)
        body = {"request_id": call.request_id, "until": stamp(until), "reason": reason[:REASON_MAX]}
        _moved(tx, call, Step(call.state, "snoozed", {**body, **act.said}, by, act.auth))
    return until


SNOOZE_MAX_S: Final = 24 * 3600
"""Longest time for which a question is put off at once."""
