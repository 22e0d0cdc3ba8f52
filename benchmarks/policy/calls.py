"""Assess: a company's calls, as the gate would before it asks its policy."""

from benchmarks.policy.company import Call
from interlock.path.assessment import Assessment, assess
from interlock.path.proposal import Agent, CallKey, Context, Proposal, propose
from interlock.policy.evaluation.compiled import CompiledPolicy

KEY = CallKey("", "benchmark", "thread", "", "turn", "call")


def proposed(call: Call) -> Proposal:
    """Fix one call."""
    return propose(KEY, call.tool, call.args, Context(Agent(call.agent)), nonce="")


def assessed(policy: CompiledPolicy, call: Call, proposal: Proposal) -> Assessment:
    """Gather what the policy may look at, at the lowest level."""
    return assess(policy, proposal, call.signals, 0, call.environment)
