"""Assess: what is known about one proposed call: facts and signals, each with its source.

A missing signal is missing, never zero and never fine; so is a fact that cannot be computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from interlock.path.proposal import Context, Proposal
from interlock.policy.catalogue import CataloguedTool
from interlock.policy.compiled import CompiledPolicy
from interlock.policy.decisions import Effect, Risk
from interlock.policy.facts import MISSING, FactPath

_HIGH: Final = frozenset({"delete", "financial", "secrets"})
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything a policy may look at, besides the call itself."""

    topic: str
    risk_tags: frozenset[str] | None
    """None: unknown, for nobody declared the tool."""
    effect: Effect
    risk: Risk
    owner: str | None
    """Who answers for the tool; never counts as an approver."""
    facts: Mapping[str, Any]
    missing_facts: frozenset[str]
    """Facts that the tool declares and that cannot be computed."""
    declared: bool
    """Whether the policy's catalogue has the tool."""
    signals: Mapping[str, Any]
    sources: Mapping[str, str]
    """Where each signal and fact comes from: `host`, `declared`, or a fact's path."""
    level: int
    environment: str | None


def assess(
    policy: CompiledPolicy,
    proposal: Proposal,
    signals: Mapping[str, Any],
    level: int,
    environment: str | None = None,
) -> Assessment:
    """Gather what the policy may look at; a signal that is absent or None is missing.

    The agent's own claim is its confidence only where the host supplies none.
    """
    tool = policy.tool(proposal.tool)
    known, sources = _signals(policy, proposal, signals)
    facts, missing = _facts(tool.facts, proposal, sources) if tool else (_EMPTY, frozenset[str]())
    return Assessment(
        topic=tool.topic if tool else proposal.tool,
        risk_tags=tool.risk_tags if tool else None,
        effect=tool.effect if tool else "non_idempotent",
        risk=risk_of(tool),
        owner=tool.owner if tool else None,
        facts=facts,
        missing_facts=missing,
        declared=tool is not None,
        signals=known,
        sources=sources,
        level=level,
        environment=policy.environment if environment is None else environment,
    )


def risk_of(tool: CataloguedTool | None) -> Risk:
    """Return a call's risk level where the policy does not say how to find it.

    Source: `docs/policy.md`, risk levels.
    """
    if tool is None or not _HIGH.isdisjoint(tool.risk_tags):
        return "high"
    if "write" in tool.risk_tags or (tool.effect != "read" and "read" not in tool.risk_tags):
        return "medium"
    return "low"


def _signals(
    policy: CompiledPolicy, proposal: Proposal, signals: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    given = {**proposal.context.signals, **signals}
    known = {name: value for name, value in given.items() if value is not None}
    sources = dict.fromkeys(known, "host")
    declared = proposal.claim.confidence_0_1
    if (
        declared is not None
        and "confidence" not in known
        and "declared" in policy.confidence_sources
    ):
        known["confidence"] = declared
        sources["confidence"] = "declared"
    return known, sources


def _facts(
    paths: Mapping[str, FactPath], proposal: Proposal, sources: dict[str, str]
) -> tuple[dict[str, Any], frozenset[str]]:
    if not paths:
        return {}, frozenset()
    roots = _roots({path.root for path in paths.values()}, proposal)
    computed = {name: path.compute(roots) for name, path in paths.items()}
    sources.update((name, path.text) for name, path in paths.items())
    facts = {name: value for name, value in computed.items() if value is not MISSING}
    return facts, frozenset(computed.keys() - facts.keys())


def _roots(names: set[str], proposal: Proposal) -> dict[str, Any]:
    roots: dict[str, Any] = {}
    if "args" in names:
        roots["args"] = proposal.args
    if "agent" in names:
        roots["agent"] = proposal.context.agent._asdict()
    if "context" in names:
        roots["context"] = _context(proposal.context)
    return roots


def _context(context: Context) -> dict[str, Any]:
    return {
        **context.facts,
        "tenant": context.tenant or None,
        "principal": context.principal or None,
        "chain": [link._asdict() for link in context.chain],
    }
