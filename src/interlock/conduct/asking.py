"""Ask: the words a reviewer reads about a call, from what the ledger holds."""

from datetime import datetime
from typing import Any

from interlock.clock import stamp
from interlock.conduct.values import Call
from interlock.desk.display import fenced, visible
from interlock.desk.payload import interrupt_payload
from interlock.path.quorum import Standing
from interlock.path.review import ReviewRequest, groups_of
from interlock.policy.decisions import decision_json

_REVERSIBILITY = {
    "read": "changes nothing",
    "idempotent": "changes something; running it twice is the same as once",
    "non_idempotent": "changes something, once for each run; treat as not reversible",
}


def consequences(call: Call) -> str:
    """Say in one line what happens if the call runs."""
    judged = call.judgement
    if judged is None:
        return "unknown"
    amounts = [
        f"{name} {value}" for name, value in sorted(judged.facts.items()) if _countable(value)
    ]
    tags = ", ".join(judged.risk_tags) or "no tags"
    return "; ".join([_REVERSIBILITY[judged.effect], f"risk {judged.risk} ({tags})", *amounts])


def waiting_payload(call: Call, request: ReviewRequest, found: Standing) -> dict[str, Any]:
    """Return the interrupt payload of a call that waits for a human; `found` is how far it is."""
    payload = interrupt_payload(
        **_common(call),
        request_id=request.id,
        expires_at=stamp(request.expires_at),
        allowed=("approve", "edit", "reject", "respond"),
        route=", ".join(groups_of(request)),
    )
    payload["interlock"]["approved_by"] = [vote.by for vote in found.approvals]
    payload["interlock"]["missing"] = [each._asdict() for each in found.missing]
    return payload


def held_payload(
    call: Call, behind: tuple[str, ...], veto_until: datetime | None = None
) -> dict[str, Any]:
    """Return the interrupt payload of a call that waits for its siblings' requests, or for a veto.

    It names the call itself among what it waits for while its veto window is open.
    """
    until = stamp(veto_until) if veto_until else ""
    payload = interrupt_payload(
        **_common(call), request_id="", expires_at=until, allowed=("reject",)
    )
    named = (*behind, call.id) if veto_until else behind
    payload["interlock"]["held_behind"] = list(named)
    waits = f"waits for {', '.join(behind)}; there is nothing to decide here"
    if veto_until:
        waits = f"runs after {until}; to stop it: interlock veto {call.id} --reason WHY"
    payload["action_requests"][0]["description"] = fenced(f"{visible(call.proposal.tool)} {waits}")
    return payload


def _common(call: Call) -> dict[str, Any]:
    judged, proposal = call.judgement, call.proposal
    silent: dict[str, Any] = {"kind": "", "rules": [], "reason": ""}
    decision = decision_json(judged.decision) if judged else silent
    return {
        "tool": proposal.tool,
        "args": proposal.args,
        "call_id": call.id,
        "digest": proposal.digest,
        "decision": decision["kind"],
        "rules": decision["rules"],
        "reason": decision["reason"],
        "signals": dict(judged.signals) if judged else {},
        "reasons": judged.reasons if judged else {},
        "risk": judged.risk if judged else "high",
        "consequences": consequences(call),
        "chain": [link._asdict() for link in proposal.context.chain],
        "claim": proposal.claim.why,
    }


def _countable(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
