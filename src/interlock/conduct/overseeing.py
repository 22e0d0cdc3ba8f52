"""Oversee: notices that somebody must acknowledge in time, and what silence means.

A notice that nobody acknowledges is noted, and as policy says its result is held, and its agent
halted. A person's word in time, from someone apart from the call, keeps that from happening.
"""

from datetime import datetime, timedelta
from typing import Final

from interlock.conduct.acting import Act
from interlock.conduct.glass import GlassFinding, require_finding, require_reviewer
from interlock.conduct.halting import is_about, switch_off
from interlock.conduct.holding import window_end
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown, prove_word
from interlock.conduct.values import Call, Halt, Judgement
from interlock.errors import AlreadyDecided, DeskError, NotEligible
from interlock.path.people import People, named
from interlock.path.record import State
from interlock.policy.decisions import Decision, Notify

ACKNOWLEDGED: Final = "acknowledged"
"""The word that a signature covers, and the kind of the entry."""

SILENCE: Final = "policy:silence"
"""Who halts an agent of whose call nobody took notice."""

STOPPED: Final[frozenset[State]] = frozenset(
    {"denied", "halted", "vetoed", "cancelled", "expired", "superseded"}
)
"""States of calls that never ran: nobody needs to take notice of them any more."""


def must_acknowledge(judged: Judgement | None) -> Notify | None:
    """Return the notice of a call that somebody must acknowledge; None where nobody must."""
    decision = judged.decision if judged else None
    if isinstance(decision, Notify) and decision.acknowledge_within_s is not None:
        return decision
    return None


def oversee(tx: Transaction, call_id: str, decision: Decision) -> None:
    """Set the time in which somebody must acknowledge a call that people are told of now."""
    if isinstance(decision, Notify) and decision.acknowledge_within_s is not None:
        due = tx.now() + timedelta(seconds=decision.acknowledge_within_s)
        tx.arm("oversight", call_id, due)


def tell(tx: Transaction, call_id: str, decision: Decision) -> datetime | None:
    """Tell people of a call; return when the window ends in which they may veto it."""
    oversee(tx, call_id, decision)
    if (until := window_end(decision, tx.now())) is not None:
        tx.arm("veto", call_id, until)
    return until


def acknowledge(
    ports: Ports,
    call_id: str,
    by: str,
    shown: Shown | None = None,
    finding: GlassFinding | None = None,
    reason: str = "",
) -> None:
    """Say that somebody took notice of a call; what silence did before stays done.

    Of one for which the glass was broken they say what they found, and why.
    Raises `NotEligible` for who asked for the call, owns or edited it, for an agent, and where
    people are registered for who is none of them; `AlreadyDecided` where somebody did before,
    `DeskError` where nobody must.
    """
    by = named(by)
    with ports.ledger.begin() as tx:
        call, people = tx.call(call_id), tx.registry.people()
        breakers = tx.registry.breakers(call_id)
        if must_acknowledge(call.judgement) is None and not breakers:
            raise DeskError(f"nobody needs to acknowledge call `{call_id}`; it is {call.state}")
        require_finding(call, breakers, finding, reason)
        _require_apart(call, by, people)
        _require_person(tx, by, people, asked_before=bool(breakers))
        question = (call_id, call_id, call.proposal.digest, finding or ACKNOWLEDGED)
        auth, proof = prove_word(tx, ports, people, by, shown, question, reason)
        if breakers:
            require_reviewer(tx, call, by, auth, people, breakers)
        if tx.timer("oversight", call_id) is None:
            raise AlreadyDecided(f"call `{call_id}` was acknowledged before; nothing changed")
        tx.arm("oversight", call_id, None)
        found = {"finding": finding} if finding else {}
        body = {"call_id": call_id, "digest": call.proposal.digest, "reason": reason}
        tx.note(ACKNOWLEDGED, {**body, **found, **proof}, actor=by, auth=auth)


def _require_apart(call: Call, by: str, people: People) -> None:
    """INVARIANT I7: an agent does not take notice of its own call, nor those who asked for it."""
    context = call.proposal.context
    owner = call.judgement.owner if call.judgement else None
    own = {context.principal, context.agent.id, context.agent.owner, owner} | call.editors
    own |= {link.agent for link in context.chain}
    if not people.is_apart(by, [name for name in own if name]):
        raise NotEligible(
            f"`{by}` asked for call `{call.id}`, owns it or edited it; another person must "
            "acknowledge it"
        )


def _require_person(tx: Transaction, by: str, people: People, *, asked_before: bool) -> None:
    """Refuse the name of an agent, and once people are registered whoever is none of them.

    Of a call for which somebody broke the glass, those look who were asked before.
    """
    if not people.is_apart(by, tx.registry.agents()):
        raise NotEligible(f"`{by}` is the name of an agent; a person must acknowledge the call")
    if people.persons and not asked_before and people.behind(by) not in people.persons:
        raise NotEligible(
            f"`{by}` is none of the people who are registered here; one of them must acknowledge "
            "the call, or: interlock reviewer add NAME"
        )


def is_unheard(tx: Transaction, call: Call) -> bool:
    """Whether a result is held because nobody took notice of its call in time."""
    notice = must_acknowledge(call.judgement)
    if notice is None or notice.on_silence == "none":
        return False
    due = tx.timer("oversight", call.id)
    return due is not None and tx.now() >= due


def fall_silent(tx: Transaction, call: Call) -> str | None:
    """Do what policy says about a notice that nobody acknowledged in time."""
    notice = must_acknowledge(call.judgement)
    if notice is None and not tx.registry.breakers(call.id):
        return None
    if notice is not None and call.state in STOPPED:
        return None
    body = {"call_id": call.id, "agent": call.proposal.context.agent.id}
    tx.note("unacknowledged", {**body, "on_silence": notice.on_silence if notice else "none"})
    if notice is None or notice.on_silence != "halt_agent":
        return "unacknowledged"
    _halt_agent(tx, call, notice)
    return "agent halted"


def _halt_agent(tx: Transaction, call: Call, notice: Notify) -> None:
    """Halt a call's agent, of its tenant; where it is already, whoever did that stays named."""
    context = call.proposal.context
    whole = [
        each for each in tx.switches.of(context.tenant) if each.kind in {"agent", "everything"}
    ]
    if any(is_about(each.kind, each.ref, ((context.agent.id,), "", "")) for each in whole):
        return
    why = f"nobody acknowledged call {call.id} within {notice.acknowledge_within_s:g} s"
    halt = Halt("agent", context.agent.id, context.tenant, SILENCE, tx.now(), why)
    switch_off(tx, halt, Act("none", {}))
