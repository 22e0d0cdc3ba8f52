"""Judge: assess and decide a proposal with what the ledger knows of its agent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from interlock.autonomy.sampling import Chance, chance_of
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.values import Background, Judgement
from interlock.path.arguments import kinds_in
from interlock.path.assessment import Assessment, assess, measured
from interlock.path.decision import decide
from interlock.path.proposal import Proposal, Signal
from interlock.policy.decisions import Decision, decision_json
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.guardrails import Meter
from interlock.policy.subject import Approval, Subject


def judge(tx: Transaction, ports: Ports, proposal: Proposal, seen: Measured = NOTHING) -> Judgement:
    """Assess and decide a proposal with what was measured and the ledger knows of its agent."""
    policy = ports.policy()
    since = tx.now() - timedelta(seconds=policy.retry_window_s)
    known = tx.background(proposal, since)
    signals: dict[str, Signal] = {
        "retry_count": _retries(known, seen),
        "first_time_action": not known.executed,
    }
    seen = seen.beside(Measured(signals))
    judged = _judge(tx, ports, proposal, seen.over(proposal.context.signals), known.level)
    return replace(judged, reasons=seen.words)


def _retries(known: Background, seen: Measured) -> int:
    """Count what a call tries again; of attempts at once each counts those that came first."""
    measured = seen.signals.get("retry_count")
    return max(known.same, measured) if isinstance(measured, int) else known.same + known.failed


def judge_with(
    tx: Transaction,
    ports: Ports,
    proposal: Proposal,
    then: Judgement | None,
    approval: Approval | None = None,
) -> Judgement:
    """Decide with the signals of then, at the agent's level of now.

    `approval` says who approved, when the call is about to run.
    """
    level = tx.levels.of(proposal.context.tenant, proposal.context.agent.id)
    signals: Mapping[str, Signal] = then.signals if then else {}
    judged = _judge(tx, ports, proposal, signals, level, approval)
    return replace(judged, reasons=then.reasons) if then else judged


def _judge(
    tx: Transaction,
    ports: Ports,
    proposal: Proposal,
    signals: Mapping[str, Signal],
    set_level: int | None,
    approval: Approval | None = None,
) -> Judgement:
    policy = ports.policy()
    tx.remember_policy(policy)
    level = policy.initial_level if set_level is None else set_level

    def roles(role: str) -> tuple[str, ...]:
        return tx.registry.people().with_role(role)

    told: Mapping[str, Signal | None] = {**dict.fromkeys(proposal.context.signals), **signals}
    seen = assess(policy, proposal, told, level, approval=approval, roles=roles)
    meters = policy.guardrails.meters(seen.subject, proposal.context.tenant)
    kinds = policy.guardrails.kinds(seen.subject)
    if meters or kinds:
        usage = {meter.guardrail: tx.spent(meter, proposal.key) for meter in meters}
        found = kinds_in(proposal.args, kinds, ports.detectors()) if kinds else None
        seen = measured(seen, usage, found)
    return judgement(policy, seen, decide(policy, seen), meters)


def judgement(
    policy: CompiledPolicy,
    assessment: Assessment,
    decision: Decision,
    meters: tuple[Meter, ...] = (),
) -> Judgement:
    """Put a decision and what it was made of into one value."""
    subject = assessment.subject
    return Judgement(
        decision=decision,
        topic=subject.topic,
        effect=assessment.effect,
        risk=subject.risk,
        risk_tags=tuple(sorted(subject.risk_tags or ())),
        owner=assessment.owner,
        level=subject.level,
        signals=subject.signals,
        facts=subject.facts,
        snapshot=policy.snapshot,
        policy=policy.digest,
        meters=meters,
        usage=subject.usage,
        run=assessment.run,
        audit=audited(policy, subject),
    )


def audited(policy: CompiledPolicy, subject: Subject) -> Chance | None:
    """Return how likely a call is audited once it ran; what may be mandatory is."""
    audit = policy.document.audit
    if audit is None or (audit.sampling is None and not policy.mandatory):
        return None
    mandatory = any(rule.holds(subject) is not False for rule in policy.mandatory)
    return chance_of(audit.sampling, subject.risk_tags, mandatory=mandatory)


def decided_body(judged: Judgement) -> dict[str, Any]:
    """Say how the call was decided, and by what."""
    counted = {"usage": dict(judged.usage)} if judged.usage else {}
    audit = {"audit": chance_json(judged.audit)} if judged.audit else {}
    return {
        **decision_json(judged.decision),
        "policy_snapshot": judged.snapshot,
        "policy": judged.policy,
        "level": judged.level,
        "signals": untexted(judged.signals),
        "facts": sorted(judged.facts),
        "risk": judged.risk,
        "effect": judged.effect,
        **counted,
        **audit,
    }


def chance_json(chance: Chance) -> dict[str, Any]:
    """Write how likely a call is audited."""
    return {"stratum": chance.stratum, "inclusion": chance.inclusion_0_1}


TEXT: Final = "(text)"
"""What stands in an entry for a signal that is a text."""


def untexted(signals: Mapping[str, Signal]) -> dict[str, Signal]:
    """Return signals without what a text says, which may be about somebody; of names how many.

    Entries are for good. The text stands in the call's row, to which the entry commits.
    """
    return {name: _untexted(value) for name, value in signals.items()}


def _untexted(value: Signal) -> Signal:
    match value:
        case str():
            return TEXT
        case tuple():
            return len(value)
        case _:
            return value
