"""Fall: lower an agent's level at once, and open an incident that a person closes.

Nobody is asked: what the policy says for the cause is done in the transaction that tells of it.
INVARIANT I14: what was approved, decided or held is guarded again at the level of then.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from interlock.autonomy.career import (
    DEMOTED,
    INCIDENT_CLOSED,
    INCIDENT_OPENED,
    PROMOTION_ENDED,
    Promotion,
    career,
)
from interlock.autonomy.demotion import Cause, fallen, fires
from interlock.autonomy.tally import AgentName
from interlock.clock import new_id, stamp
from interlock.conduct.acting import acted, stopped
from interlock.conduct.faults import crash_point
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.proving import Shown
from interlock.conduct.values import Judgement
from interlock.errors import DeskError, NotEligible, UnknownId
from interlock.path.people import named
from interlock.path.proposal import Proposal
from interlock.policy.decisions import Risk
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.operations import DemoteTo

POLICY: Final = "policy:demotion"
"""Who lowers a level where nobody was asked."""

WAY_BACK: Final = "a person closes the incident, and the evidence begins anew"
"""How an agent rises again after a fall."""


class Misdeed(NamedTuple):
    """What an agent must not have done."""

    cause: Cause
    reason: str
    """In words of the policy, or of the person who says so."""
    call_id: str = ""
    severity: Risk | None = None
    by: str = POLICY
    auth: str = "none"
    said: Mapping[str, Any] = {}
    """What shows who says so."""


class Fallen(NamedTuple):
    """What came of it."""

    incident: str
    """Its id."""
    levels: Mapping[str, tuple[int, int]]
    """By tenant: the level before, and now."""


def violated(
    tx: Transaction, policy: CompiledPolicy, proposal: Proposal, judged: Judgement, call_id: str
) -> None:
    """Let an agent fall whose proposal was denied by a guardrail or a rule that surely says so."""
    decision = judged.decision
    sure = sorted({*decision.rules} - {*decision.not_evaluable})
    if decision.kind == "deny" and sure:
        deed = Misdeed("policy_violation", f"denied by {', '.join(sure)}", call_id)
        fall(tx, policy, name_of(proposal), deed)


def breached(
    tx: Transaction, policy: CompiledPolicy, proposal: Proposal, limit: str | None, call_id: str
) -> None:
    """Let an agent fall whose call broke a constraint as it ran; nothing where none was broken."""
    if limit is not None:
        deed = Misdeed("policy_violation", f"broke the constraint {limit}", call_id)
        fall(tx, policy, name_of(proposal), deed)


def name_of(proposal: Proposal) -> AgentName:
    """Return whose work a call is."""
    return proposal.key.tenant, proposal.context.agent.id


def fall(tx: Transaction, policy: CompiledPolicy, name: AgentName, deed: Misdeed) -> Fallen | None:
    """Lower an agent's level as its policy says for the cause; None where nothing falls."""
    document = policy.document
    if not fires(deed.cause, document.demotion_triggers):
        return None
    if (tx.levels.of(*name) or policy.initial_level) == 0:  # the lowest, without a lock
        return None
    tx.levels.alone()
    lowered = _lowered(tx, policy, name, deed)
    return _tell(tx, name, deed, lowered) if lowered else None


def _lowered(
    tx: Transaction, policy: CompiledPolicy, name: AgentName, deed: Misdeed
) -> dict[str, tuple[int, int]]:
    """Return the levels that fall, by tenant, with those they fall to."""
    tenant, agent = name
    rows, to = tx.levels.rows(agent), policy.document.demote_to or DemoteTo()
    known = [tenant, *(rows if deed.by != POLICY and not tenant else ())]
    found: dict[str, tuple[int, int]] = {}
    for each in dict.fromkeys(known):
        set_level = rows.get(each) if each == "" else tx.levels.of(each, agent)
        level = policy.initial_level if set_level is None else set_level
        below = fallen(level, deed.cause, to, deed.severity)
        if below < level:
            found[each] = (level, below)
    return found


def _tell(
    tx: Transaction, name: AgentName, deed: Misdeed, lowered: Mapping[str, tuple[int, int]]
) -> Fallen:
    """Record an incident and what falls by it."""
    incident, (tenant, agent) = new_id("incident"), name
    body = {
        "incident": incident,
        "tenant": tenant,
        "agent": agent,
        "cause": deed.cause,
        "severity": deed.severity or "",
        "reason": deed.reason,
        "call_id": deed.call_id,
        "way_back": WAY_BACK,
    }
    tx.note(INCIDENT_OPENED, {**body, **deed.said}, actor=deed.by, auth=deed.auth)
    known = career(tx.levels.told())
    for each, (before, after) in lowered.items():
        said = {"tenant": each, "agent": agent, "from": before, "to": after}
        reason = f"{deed.cause}: {deed.reason}"
        tx.levels.put((each, agent), after, POLICY, reason, stamp(tx.now()))
        crash_point("level_put")
        told = {**said, "cause": deed.cause, "incident": incident, "call_id": deed.call_id}
        tx.note(DEMOTED, {**told, "reason": reason}, actor=POLICY)
    for promotion in known.promotions.values():
        if not promotion.ended and promotion.agent == agent and promotion.tenant in lowered:
            end_promotion(tx, promotion, "overtaken", f"the agent fell: {deed.cause}")
    return Fallen(incident, lowered)


def end_promotion(tx: Transaction, asked: Promotion, how: str, why: str) -> None:
    """Record that a question about a rise is over: `denied`, `expired` or `overtaken`."""
    whose = {"tenant": asked.tenant, "agent": asked.agent, "level": asked.level}
    tx.note(PROMOTION_ENDED, {"promotion": asked.id, **whose, "how": how, "why": why})


def open_incident(
    ports: Ports,
    name: AgentName,
    reason: str,
    severity: Risk,
    by: str,
    shown: Shown | None = None,
    call_id: str = "",
) -> Fallen:
    """Open an incident by a person's word: the agent falls, whatever its policy's triggers are.

    A bare name is enough, as for a halt. Nobody decides or claims a call meanwhile, so that none
    is claimed at the old level once this returns. Without a tenant every tenant's level falls.
    """
    by, policy = named(by), ports.policy()
    with ports.ledger.begin() as tx:
        tx.registry.people()  # held before halts are, as whoever claims a call does
        tx.levels.stop()
        act = stopped(tx, by, shown, INCIDENT_OPENED, incident_asked(name, reason, severity))
        tx.levels.alone()
        deed = Misdeed("safety_incident", reason, call_id, severity, by, act.auth, act.said)
        return _tell(tx, name, deed, _lowered(tx, policy, name, deed))


def close_incident(
    ports: Ports, incident: str, reason: str, by: str, shown: Shown | None = None
) -> None:
    """Close an incident: from then on the agent may be asked about again.

    Raises `UnknownId`, `DeskError` where it is closed, `NotEligible` for the agent and its owners.
    """
    by = named(by)
    with ports.ledger.begin() as tx:
        people = tx.registry.people()  # held before the ledger's chain is
        tx.levels.alone()
        found = career(tx.levels.told()).incidents.get(incident)
        if found is None:
            raise UnknownId(f"no incident `{incident}`; see interlock incident list")
        if found.closed is not None:
            raise DeskError(f"incident `{incident}` was closed by {found.closed.actor}")
        work = tx.levels.work((found.tenant, found.agent))
        barred = (found.agent, *(work.owners if work else ()))
        if not people.is_apart(by, barred):
            raise NotEligible(
                f"`{by}` is the agent of incident `{incident}`, or answers for it; another person "
                "must close it"
            )
        asked = {"incident": incident, "reason": reason}
        act = acted(tx, by, shown, INCIDENT_CLOSED, asked)
        body = {**asked, "tenant": found.tenant, "agent": found.agent}
        tx.note(INCIDENT_CLOSED, {**body, **act.said}, actor=by, auth=act.auth)


def incident_asked(name: AgentName, reason: str, severity: Risk) -> dict[str, Any]:
    """Return what somebody asks for who opens an incident."""
    tenant, agent = name
    return {"tenant": tenant, "agent": agent, "reason": reason, "severity": severity}
