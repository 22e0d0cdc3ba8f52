"""Cut: what one agent would have people asked beyond what one agent may.

Counted only where a decision asks, within a tenant and by agent, one transaction at a time: the
queue is people's attention, and no agent takes another's share of it. What people made, an edit,
and what was proposed before, held or approved, is not cut.
"""

from datetime import timedelta
from typing import Final, NamedTuple

from interlock.conduct.ports import Transaction
from interlock.path.proposal import Proposal
from interlock.path.record import Step
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.operations import ApprovalQueuePolicy

HOUR_S: Final = 3600
"""Over how long `max_requests_per_agent_per_hour` counts, seconds."""

MAX_OPEN: Final = 100
"""Open requests of one agent, where the policy says nothing."""
MAX_PER_HOUR: Final = 600
"""Requests of one agent within an hour, where the policy says nothing."""


class Flood(NamedTuple):
    """A limit that an agent's questions have come to."""

    key: str
    """Of `approval_queue_policy`."""
    most: int
    why: str
    """What the agent is told."""

    @property
    def step(self) -> Step:
        """The transition of a call that nobody is asked about."""
        return Step("denied", "cut", {"limit": self.key, "max": self.most}, actor="policy")


def limits(said: ApprovalQueuePolicy | None) -> tuple[int, int]:
    """Return how many questions of one agent may be open, and how many it may put in an hour.

    What a file does not say stays unsaid there, so that a policy's digest stays what it was.
    """
    wanted = said or ApprovalQueuePolicy()
    return (
        wanted.max_open_requests_per_agent or MAX_OPEN,
        wanted.max_requests_per_agent_per_hour or MAX_PER_HOUR,
    )


def flood(tx: Transaction, policy: CompiledPolicy, proposal: Proposal) -> Flood | None:
    """Return the limit that an agent is at who would ask once more; None where it may."""
    most = limits(policy.document.approval_queue_policy)
    agent, since = proposal.context.agent.id, tx.now() - timedelta(seconds=HOUR_S)
    asked = tx.questions(proposal.key.tenant, agent, since, most)
    again = "proposing it again does not help"
    if asked.open >= most[0]:
        why = (
            f"{asked.open} questions of this agent wait for people, who are asked at most "
            f"{most[0]} of one agent; nobody is asked about this one, and {again} while they wait"
        )
        return Flood("max_open_requests_per_agent", most[0], why)
    if asked.lately >= most[1]:
        why = (
            f"people were asked about {asked.lately} calls of this agent within an hour, the most "
            f"that they are; nobody is asked about this one, and {again} within the hour"
        )
        return Flood("max_requests_per_agent_per_hour", most[1], why)
    return None
