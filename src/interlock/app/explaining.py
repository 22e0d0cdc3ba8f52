"""Explain: one decision whole: what was known, how each rule came out, and which settled it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from interlock.app.policy import Asked, Policy, PolicyAnswer, answered
from interlock.path.decision import RuleTrace, explain
from interlock.policy.decisions import Ask, Decision, terms_json
from interlock.policy.subject import Subject


class Spent(NamedTuple):
    """How far one budget or rate is used, in its own units."""

    guardrail: str
    before: float
    """Spent in the window before this call."""
    share: float | None
    """What this call adds; None where that cannot be known, which denies it."""
    most: float


class Explained(NamedTuple):
    """One decision, explained."""

    answer: PolicyAnswer
    subject: Subject
    """The call, as rules see it."""
    traces: tuple[RuleTrace, ...]
    spent: tuple[Spent, ...]

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        answer, subject = self.answer, self.subject
        return {
            "kind": answer.kind,
            "rules": list(answer.rules),
            "not_evaluable": list(answer.decision.not_evaluable),
            "reason": answer.reason,
            "review_result": answer.decision.review_result,
            **_terms(answer.decision),
            "constraints": dict(answer.constraints),
            "snapshot": answer.snapshot,
            "call": {
                "tool": subject.tool,
                "topic": subject.topic,
                "declared": subject.declared,
                "risk": subject.risk,
                "risk_tags": None if subject.risk_tags is None else sorted(subject.risk_tags),
                "level": subject.level,
                "environment": subject.environment,
                "facts": dict(subject.facts),
                "missing_facts": sorted(subject.missing_facts),
                "signals": dict(subject.signals),
            },
            "usage": [each._asdict() for each in self.spent],
            "trace": [
                {**trace._asdict(), "settled": trace.id in answer.rules} for trace in self.traces
            ],
        }


def explained(policy: Policy, asked: Mapping[str, Any]) -> Explained:
    """Decide and explain; `asked` are the arguments of `Policy.decide`."""
    seen = Asked(**asked).assessed(policy.compiled)
    traces = explain(policy.compiled, seen)
    answer = answered(policy.compiled, seen)
    return Explained(answer, seen.subject, traces, _spent(policy, seen.subject))


def _terms(decision: Decision) -> dict[str, Any]:
    """Say on which terms people are asked, where they are."""
    return {"terms": terms_json(decision.terms)} if isinstance(decision, Ask) else {}


def _spent(policy: Policy, subject: Subject) -> tuple[Spent, ...]:
    bars = policy.compiled.guardrails
    limits = {each.about.id: each.limit.max for each in bars.metered}
    return tuple(
        Spent(
            meter.guardrail,
            subject.usage.get(meter.guardrail, 0) / 1_000_000,
            None if meter.amount is None else meter.amount / 1_000_000,
            limits[meter.guardrail],
        )
        for meter in bars.meters(subject, "")
    )
