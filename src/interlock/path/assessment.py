"""Assess: what is known about one proposed call: facts and signals, each with its source.

A missing signal is missing, never zero and never fine; so is a fact that cannot be computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from types import MappingProxyType
from typing import Any, Final

from interlock.autonomy.promotion import TOP, cap, held
from interlock.path.proposal import Context, Proposal
from interlock.policy.catalogue import CataloguedTool
from interlock.policy.constraints import PLAIN_RUN, RunTerms
from interlock.policy.decisions import Effect, Risk
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.routing import Roles, no_roles
from interlock.policy.facts import MISSING, Fact
from interlock.policy.match import folded
from interlock.policy.subject import Approval, Subject
from interlock.policy.variables import Variables, Work

_HIGH: Final = frozenset({"delete", "financial", "secrets"})
_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything a policy may look at, and what the catalogue says besides."""

    subject: Subject
    """The call, as rules see it."""
    effect: Effect
    owner: str | None
    """Who answers for the tool; never counts as an approver."""
    run: RunTerms
    """How the tool is run."""
    sources: Mapping[str, str]
    """Where each signal and fact comes from: `host`, `declared`, or a fact's expression."""
    roles: Roles = no_roles
    """Who has a role; asked only where the call is to be asked about."""


def assess(
    policy: CompiledPolicy,
    proposal: Proposal,
    signals: Mapping[str, Any],
    level: int,
    environment: str | None = None,
    approval: Approval | None = None,
    roles: Roles = no_roles,
) -> Assessment:
    """Gather what the policy may look at; a signal that is absent or None is missing.

    The agent's own claim is its confidence only where the host supplies none. `approval` says who
    approved when the call is about to run; None before.
    """
    tool, context = policy.tool(proposal.tool), proposal.context
    known, sources = _signals(policy, proposal, signals)
    roots = _roots(proposal)
    work = Work()
    facts, missing = _EMPTY, frozenset[str]()
    if tool and tool.facts:
        facts, missing = _facts(tool.facts, Variables(roots, work), sources)
    named = policy.environment if environment is None else environment
    place = None if named is None else folded(named)
    topic = tool.topic if tool else proposal.tool
    if most := policy.document.autonomy.max_level:
        level = held(level, cap(most, tool.risk_tags if tool else None, "low"))
    given = {"environment": place, "principal": context.principal or None}
    told = {name: value for name, value in given.items() if value is not None}
    said = {"tool": proposal.tool, "topic": topic, "facts": facts, "signals": known, "level": level}
    subject = Subject(
        tool=proposal.tool,
        topic=topic,
        agent=context.agent.id,
        principal=context.principal,
        environment=place,
        risk_tags=tool.risk_tags if tool else None,
        facts=facts,
        missing_facts=missing,
        declared=tool is not None,
        signals=known,
        level=level,
        risk=risk_of(tool),
        variables=Variables({**roots, **said, **told, **_approved(approval)}, work),
        approval=approval,
    )
    if policy.risks:
        *lower, highest = policy.risks_of(subject)
        subject = subject._replace(risk=highest, lower_risks=tuple(lower))
    if subject.risk == "critical" and level > TOP:
        known_at = Variables({**roots, **said, "level": TOP, **told, **_approved(approval)}, work)
        subject = subject._replace(level=TOP, variables=known_at)
    return Assessment(
        subject=subject,
        effect=tool.effect if tool else "non_idempotent",
        owner=tool.owner if tool else None,
        run=tool.run if tool else PLAIN_RUN,
        sources=sources,
        roles=roles,
    )


def measured(
    assessment: Assessment, usage: Mapping[str, int], found: frozenset[str] | None
) -> Assessment:
    """Add what was spent before in each guardrail's window, and what the arguments hold."""
    return replace(assessment, subject=assessment.subject._replace(usage=usage, found=found))


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
    if declared is not None and "confidence" not in known and _is_heard(policy.confidence_sources):
        known["confidence"] = declared
        sources["confidence"] = "declared"
    return known, sources


def _is_heard(sources: Sequence[str]) -> bool:
    """Say whether the agent's own word counts where nothing was measured.

    Not behind a function of the host's, whose word is not known here.
    """
    return "declared" in takewhile(lambda each: not each.startswith("callable:"), sources)


def _facts(
    paths: Mapping[str, Fact], variables: Variables, sources: dict[str, str]
) -> tuple[Mapping[str, Any], frozenset[str]]:
    computed = {name: path.compute(variables) for name, path in paths.items()}
    if variables.work.exceeded:  # whichever came first: all anew, of which none is evaluated
        computed = {name: path.compute(variables) for name, path in paths.items()}
    sources.update((name, path.text) for name, path in paths.items())
    facts = {name: value for name, value in computed.items() if value is not MISSING}
    return facts, frozenset(computed.keys() - facts.keys())


def _roots(proposal: Proposal) -> dict[str, Any]:
    context = proposal.context
    agent = {name: value for name, value in context.agent._asdict().items() if value is not None}
    return {"args": proposal.args, "agent": agent, "context": _context(context)}


def _approved(approval: Approval | None) -> dict[str, Any]:
    if approval is None:
        return {}
    approvers, groups = sorted(approval.approvers), sorted(approval.groups)
    return {"approval": {"approvers": approvers, "groups": groups}}


def _context(context: Context) -> dict[str, Any]:
    return {
        **context.facts,
        "tenant": context.tenant or None,
        "principal": context.principal or None,
        "chain": [link._asdict() for link in context.chain],
    }
