"""Ask a policy in JSON about a question, as the product does."""

import json

from interlock.app.policy import Policy, asked_about
from interlock.path.assessment import Assessment, assess, measured
from interlock.path.decision import RuleTrace, decide, explain
from interlock.policy.decisions import Decision
from interlock.policy.subject import Approval

from .reference import Json, Question  # isort: skip


def loaded(doc: Json) -> Policy:
    return Policy.parse(json.dumps(doc))


def seen(policy: Policy, ask: Question) -> Assessment:
    proposal = asked_about(
        {"name": ask.tool, "args": ask.args, "agent": ask.agent}, {"principal": ask.principal}
    )
    approved = None if ask.groups is None else Approval(frozenset({"ana"}), ask.groups)
    known = assess(policy.compiled, proposal, ask.signals, ask.level, ask.environment, approved)
    return measured(known, ask.usage, ask.found)


def decided(doc: Json | Policy, ask: Question) -> Decision:
    policy = doc if isinstance(doc, Policy) else loaded(doc)
    return decide(policy.compiled, seen(policy, ask))


def explained(policy: Policy, ask: Question) -> tuple[RuleTrace, ...]:
    return explain(policy.compiled, seen(policy, ask))
