"""Translate: what the host said and how a call was decided, to JSON text and back."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from interlock.autonomy.sampling import Chance
from interlock.canon import decode
from interlock.conduct.judging import chance_json
from interlock.conduct.values import Judgement
from interlock.path.proposal import Agent, Context, Link
from interlock.policy.constraints import RunTerms
from interlock.policy.decisions import decision_json, read_decision
from interlock.policy.evaluation.guardrails import Meter


def context_json(context: Context) -> dict[str, Any]:
    """Write what the host said as JSON."""
    return {
        "agent": list(context.agent),
        "principal": context.principal,
        "tenant": context.tenant,
        "chain": [list(link) for link in context.chain],
        "signals": dict(context.signals),
        "facts": dict(context.facts),
    }


def read_context(parts: Mapping[str, Any]) -> Context:
    """Read what `context_json` wrote."""
    return Context(
        agent=Agent(*parts["agent"]),
        principal=parts["principal"],
        tenant=parts["tenant"],
        chain=tuple(Link(*link) for link in parts["chain"]),
        signals=MappingProxyType(parts["signals"]),
        facts=MappingProxyType(parts["facts"]),
    )


def judgement_json(judged: Judgement) -> dict[str, Any]:
    """Write a judgement as JSON."""
    parts = {name: getattr(judged, name) for name in Judgement.__slots__}
    changed = {
        "decision": decision_json(judged.decision),
        "risk_tags": list(judged.risk_tags),
        "signals": dict(judged.signals),
        "facts": dict(judged.facts),
        "meters": [list(meter) for meter in judged.meters],
        "usage": dict(judged.usage),
        "reasons": {name: list(words) for name, words in judged.reasons.items()},
        "run": judged.run._asdict(),
        "audit": chance_json(judged.audit) if judged.audit else None,
    }
    return {**parts, **changed}


def read_judgement(text: str) -> Judgement:
    """Read what `judgement_json` wrote."""
    parts = decode(text.encode())
    parts["decision"] = read_decision(parts["decision"])
    parts["risk_tags"] = tuple(parts["risk_tags"])
    signals = {name: _signal(value) for name, value in parts["signals"].items()}
    parts["signals"] = MappingProxyType(signals)
    parts["facts"] = MappingProxyType(parts["facts"])
    reasons = {name: tuple(words) for name, words in parts.get("reasons", {}).items()}
    parts["reasons"] = MappingProxyType(reasons)
    parts["meters"] = tuple(Meter(*meter) for meter in parts.get("meters", ()))
    parts["usage"] = MappingProxyType(parts.get("usage", {}))
    parts["run"] = RunTerms(**parts.get("run", {}))
    if (chance := parts.get("audit")) is not None:
        parts["audit"] = Chance(chance["stratum"], float(chance["inclusion"]))
    return Judgement(**parts)


def _signal(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(value) if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
