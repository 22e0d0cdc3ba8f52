"""Judge: assess and decide a proposal with what the ledger knows of its agent."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from interlock.conduct.ports import Transaction
from interlock.conduct.values import Judgement
from interlock.path.assessment import Assessment, assess
from interlock.path.decision import decide
from interlock.path.proposal import Proposal, Signal
from interlock.policy.compiled import CompiledPolicy
from interlock.policy.decisions import Decision, decision_json


def judge(tx: Transaction, policy: CompiledPolicy, proposal: Proposal) -> Judgement:
    """Assess and decide a proposal with what the ledger knows of its agent."""
    since = tx.now() - timedelta(seconds=policy.retry_window_s)
    known = tx.background(proposal, since)
    signals: dict[str, Signal] = {
        "retry_count": known.retries,
        "first_time_action": not known.executed,
    }
    return _judge(tx, policy, proposal, {**proposal.context.signals, **signals}, known.level)


def judge_with(
    tx: Transaction,
    policy: CompiledPolicy,
    proposal: Proposal,
    signals: Mapping[str, Signal],
) -> Judgement:
    """Decide with signals that are known, at the agent's level of now."""
    level = tx.level(proposal.context.tenant, proposal.context.agent.id)
    return _judge(tx, policy, proposal, signals, level)


def _judge(
    tx: Transaction,
    policy: CompiledPolicy,
    proposal: Proposal,
    signals: Mapping[str, Signal],
    set_level: int | None,
) -> Judgement:
    tx.remember_policy(policy)
    level = policy.initial_level if set_level is None else set_level
    assessment = assess(policy, proposal, signals, level)
    return judgement(policy, assessment, decide(policy, proposal, assessment), level)


def judgement(
    policy: CompiledPolicy, assessment: Assessment, decision: Decision, level: int
) -> Judgement:
    """Put a decision and what it was made of into one value."""
    return Judgement(
        decision=decision,
        topic=assessment.topic,
        effect=assessment.effect,
        risk=assessment.risk,
        risk_tags=tuple(sorted(assessment.risk_tags or ())),
        owner=assessment.owner,
        level=level,
        signals=assessment.signals,
        facts=assessment.facts,
        snapshot=policy.snapshot,
        policy=policy.digest,
    )


def decided_body(judged: Judgement) -> dict[str, Any]:
    """Say how the call was decided, and by what."""
    return {
        **decision_json(judged.decision),
        "policy_snapshot": judged.snapshot,
        "policy": judged.policy,
        "level": judged.level,
        "signals": dict(judged.signals),
        "facts": sorted(judged.facts),
        "risk": judged.risk,
        "effect": judged.effect,
    }
