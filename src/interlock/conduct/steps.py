"""Write: the transitions into a proposal, a question and a claim, with their evidence."""

from datetime import datetime, timedelta
from typing import Any

from interlock.clock import new_id, stamp
from interlock.conduct.judging import decided_body
from interlock.conduct.values import Judgement
from interlock.path.proposal import Proposal
from interlock.path.record import Step
from interlock.path.review import ReviewRequest
from interlock.path.warrant import Cleared
from interlock.policy.decisions import Ask, ReviewTerms, terms_json


def claim_step(
    proposal: Proposal, judged: Judgement, fence: int, until: datetime, cleared: Cleared
) -> Step:
    """Return the transition into `executing`; the guard's word is what it takes.

    INVARIANT I1: the intent is durable, with digest and fence, before the effect.
    """
    body = {
        "fence": fence,
        "digest": proposal.digest,
        "effect": judged.effect,
        "guard": cleared.kind,
        "lease_until": until.isoformat(),
    }
    counted = {"meters": [list(meter) for meter in judged.meters]} if judged.meters else {}
    return Step("executing", "claimed", {**body, **counted})


def ask(
    call_id: str,
    proposal: Proposal,
    judgement: Judgement,
    now: datetime,
    editors: frozenset[str] = frozenset(),
) -> ReviewRequest:
    """Make the question to a human for one revision of one call."""
    decision = judgement.decision
    terms = decision.terms if isinstance(decision, Ask) else ReviewTerms()
    context = proposal.context
    own = {context.principal, context.agent.id, context.agent.owner, judgement.owner}
    barred = own if terms.editor_may_approve else own | editors
    return ReviewRequest(
        id=new_id("req"),
        call_id=call_id,
        digest=proposal.digest,
        state="open",
        created_at=now,
        expires_at=now + timedelta(seconds=terms.approval_ttl_s),
        terms=terms,
        excluded=frozenset(name for name in barred if name),
        risk=judgement.risk,
    )


def asked_step(request: ReviewRequest, again: Judgement | None = None) -> Step:
    """Return the transition into `pending`; `again` is the decision when it was made anew."""
    anew = {"decided": decided_body(again)} if again else {}
    return Step("pending", "asked", {**asked_body(request), **anew})


def asked_body(request: ReviewRequest) -> dict[str, Any]:
    """Say what is asked, until when, of whom not, and under which terms."""
    return {
        "request_id": request.id,
        "digest": request.digest,
        "created_at": stamp(request.created_at),
        "expires_at": stamp(request.expires_at),
        "excluded": sorted(request.excluded),
        "risk": request.risk,
        "terms": terms_json(request.terms),
    }


def proposed_step(proposal: Proposal, editors: frozenset[str] = frozenset()) -> Step:
    """Return the first transition: what was proposed, by whom, and who edited it.

    Arguments stand in it only as the digest, which covers their nonce; what was said along the
    context chain stands in the call's row.
    """
    context = proposal.context
    body = {
        "digest": proposal.digest,
        "revision": proposal.revision,
        "tool": proposal.tool,
        "tool_schema": proposal.tool_schema,
        "agent": context.agent._asdict(),
        "principal": context.principal,
        "call_key": list(proposal.key),
        "context_chain": [{"agent": link.agent} for link in context.chain],
        "editors": sorted(editors),
    }
    return Step("proposed", "proposed", body, actor=context.agent.id)
