"""Explain: one decision whole: what was known, how each rule came out, and which settled it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from interlock.app.comparing import reassessed
from interlock.app.policy import Asked, Policy, PolicyAnswer, answered
from interlock.conduct.repeating import REPEATED
from interlock.conduct.values import Call
from interlock.errors import DeskError
from interlock.path.assessment import Assessment
from interlock.path.decision import RuleTrace, explain
from interlock.policy.decisions import Ask, Decision, terms_json
from interlock.policy.evaluation.heeding import HeededSignal
from interlock.policy.match import PROVENANCE
from interlock.policy.subject import Subject

_NO_WORDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


class Spent(NamedTuple):
    """How far one budget or rate is used, in its own units."""

    guardrail: str
    before: float
    """Spent in the window before this call."""
    share: float | None
    """What this call adds; None where that cannot be known, which denies it."""
    most: float


class Look(NamedTuple):
    """One rule that looks at a signal, and how."""

    rule: str
    heeded: HeededSignal

    def json(self) -> dict[str, Any]:
        """Return it as JSON; what it looks at stands above it."""
        told = {**self.heeded._asdict(), "rule": self.rule}
        return {name: told[name] for name in ("rule", "key", "threshold", "distance", "holds")}


class ToldSignal(NamedTuple):
    """One signal: what it says, who says so and why, and what looks at it."""

    name: str
    value: object
    """None where it is missing."""
    source: str
    """`host`, `declared` and the other sources of confidence, `profile`, `ledger` (earlier calls)
    or `conversation`; empty where it is missing."""
    reasons: tuple[str, ...]
    """What made it, or why it is missing, in words; values and excerpts in them are untrusted."""
    looks: tuple[Look, ...]

    def json(self) -> dict[str, Any]:
        """Return it as JSON."""
        parts = {"reasons": list(self.reasons), "looks": [each.json() for each in self.looks]}
        return {**self._asdict(), **parts}


class Explained(NamedTuple):
    """One decision, explained."""

    answer: PolicyAnswer
    subject: Subject
    """The call, as rules see it."""
    traces: tuple[RuleTrace, ...]
    spent: tuple[Spent, ...]
    signals: tuple[ToldSignal, ...]
    """Every signal that a rule about the call looks at, or that somebody gave; by name."""

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
            "signals": [each.json() for each in self.signals],
            "usage": [each._asdict() for each in self.spent],
            "trace": [_traced(trace, trace.id in answer.rules) for trace in self.traces],
        }


def explained(policy: Policy, asked: Mapping[str, Any]) -> Explained:
    """Decide and explain; `asked` are the arguments of `Policy.decide`."""
    seen = Asked(**asked).assessed(policy.compiled)
    return _explained(policy, seen, {**seen.sources}, _NO_WORDS)


def explained_call(policy: Policy, call: Call) -> Explained:
    """Explain what a policy says of a recorded call, by the signals, level and usage of then.

    Raises `DeskError` for a call about which nothing was decided.
    """
    if (judged := call.judgement) is None:
        raise DeskError(f"nothing was decided about `{call.id}`: it ended as {call.state}")
    seen = reassessed(policy.compiled, call)
    sources = {name: _source(name, judged.reasons.get(name, ())) for name in seen.subject.signals}
    claim = call.proposal.claim.confidence_0_1
    if sources.get("confidence") == "host" and claim == judged.signals.get("confidence"):
        sources["confidence"] = "declared"
    return _explained(policy, seen, sources, judged.reasons)


def _explained(
    policy: Policy,
    seen: Assessment,
    sources: Mapping[str, str],
    words: Mapping[str, tuple[str, ...]],
) -> Explained:
    traces, answer = explain(policy.compiled, seen), answered(policy.compiled, seen)
    told = _signals(traces, seen.subject, sources, words)
    return Explained(answer, seen.subject, traces, _spent(policy, seen.subject), told)


def _signals(
    traces: tuple[RuleTrace, ...],
    subject: Subject,
    sources: Mapping[str, str],
    words: Mapping[str, tuple[str, ...]],
) -> tuple[ToldSignal, ...]:
    """Gather by signal what rules about the call look at, and what else is known."""
    looks: dict[str, list[Look]] = {name: [] for name in subject.signals}
    for trace in traces:
        for each in trace.signals if trace.about else ():
            looks.setdefault(each.signal, []).append(Look(trace.id, each))
    return tuple(
        ToldSignal(
            name,
            subject.signals.get(name),
            sources.get(name, "") if name in subject.signals else "",
            words.get(name, ()),
            tuple(looks[name]),
        )
        for name in sorted(looks)
    )


def _source(name: str, words: tuple[str, ...]) -> str:
    """Say where a signal of a recorded call came from; what was measured has its reason beside."""
    if name in REPEATED or name == "first_time_action":
        return "ledger"
    if name in PROVENANCE:
        return "conversation"
    match name, words:
        case "confidence", (first, *_) if ": " in first:
            return first.split(": ", 1)[0]
        case "anomaly_score", (_, *_):
            return "profile"
        case _:
            return "host"


def _traced(trace: RuleTrace, settled: bool) -> dict[str, Any]:
    looks = [each._asdict() for each in trace.signals]
    return {**trace._asdict(), "signals": looks, "settled": settled}


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
