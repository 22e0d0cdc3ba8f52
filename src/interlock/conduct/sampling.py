"""Sample: which questions a canary is made of, and which answers a second person looks at.

Drawn by a keyed hash where the policy says so, and made in the transaction that drew it; people
see it at a time within the next hour that is drawn, too. It is a question and never a call: what
it would have come to is told as soon as it is answered, and nothing of it can run.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from interlock.canon import encode
from interlock.clock import new_id
from interlock.conduct.intake import take_turn
from interlock.conduct.judging import decided_body, judge_with
from interlock.conduct.measured import Measured
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.steps import ask, asked_body, proposed_step
from interlock.conduct.values import Call, Judgement, Posed, Probe, Turn, probe_key
from interlock.desk.mutating import mutations
from interlock.path.proposal import Proposal, fix
from interlock.path.record import Step
from interlock.path.review import ReviewRequest, may_decide
from interlock.policy.operations import FatigueControls

WITHIN_S: Final = 3600.0
"""Within which time of being drawn a probe is shown, seconds."""


def take_sampled(
    ports: Ports,
    turn: Turn,
    lease_s: float | None,
    measured: Sequence[Measured],
    tx: Transaction,
) -> list[Call]:
    """Take in a turn, as `take_turn` does, and make canaries of what was drawn of it."""
    calls = take_turn(tx, ports, turn, lease_s, measured)
    for call in calls:
        if call.state == "pending" and call.created_at == tx.now():
            _may_pose_canary(tx, ports.pinned(), call)
    return calls


def second_look(tx: Transaction, ports: Ports, call: Call, request: ReviewRequest) -> None:
    """Ask another person the same, blind to the answer, where a call's was drawn.

    Only what was asked as the agent proposed it: an edited call shows that somebody had it.
    """
    rate = _controls(ports).sampled_second_review_rate
    ended = call.state in ("approved", "rejected")
    if not (rate and ended and call.judgement) or request.risk == "critical":
        return
    if call.editors or tx.probes.draw("second_look", request.id) >= rate:
        return
    if tx.probes.are_made("second_look", call.id):
        return
    said = frozenset(vote.by for vote in tx.votes(request.id))
    probe = Probe("second_look", call.id, call.state)
    _pose(tx, call, probe, call.proposal.canonical, call.judgement, said)


def _may_pose_canary(tx: Transaction, ports: Ports, call: Call) -> None:
    """Pose a wrong question like a real one, at most one at a time at each route."""
    rate = _controls(ports).canary_rate
    if not rate or call.request_id is None or call.judgement is None:
        return
    if call.judgement.risk == "critical" or call.editors:
        return
    if tx.probes.draw("canary", call.request_id) >= rate or tx.probes.are_made("canary", call.id):
        return
    if (tx.request(call.request_id).terms.route or "") in tx.probes.canaried():
        return
    wrong = mutations(call.proposal.args)
    first = int(tx.probes.draw("mutation", call.request_id) * len(wrong))
    for one in (*wrong[first:], *wrong[:first]):
        canonical = encode(one.args)
        if (judged := _judged(tx, ports, call, canonical)) is not None:
            _pose(tx, call, Probe("canary", call.id, one.how), canonical, judged)
            return


def _judged(tx: Transaction, ports: Ports, call: Call, canonical: bytes) -> Judgement | None:
    """Return the decision that the policy makes of a wrong call; None where nobody would be asked.

    Then it would be no question, or one that gives itself away.
    """
    proposal = _proposal(call, new_id("call"), canonical)
    known = tx.schemas(proposal.tool, proposal.tool_schema) if proposal.tool_schema else []
    whys = [ports.misfit(schema, proposal.args) for schema in known]
    if whys and all(whys):
        return None
    judged = judge_with(tx, ports, proposal, call.judgement)
    limits, decision = judged.decision.constraints, judged.decision
    asked = decision.kind == "require_approval" and not (limits.args or limits.args_drop)
    return judged if asked and judged.risk != "critical" else None


def _pose(
    tx: Transaction,
    call: Call,
    probe: Probe,
    canonical: bytes,
    judged: Judgement,
    said: frozenset[str] = frozenset(),
) -> None:
    """Pose a question that looks like a call of the same agent; nobody is asked who `said`."""
    call_id = new_id("call")
    proposal = _proposal(call, call_id, canonical)
    later_s = WITHIN_S * tx.probes.draw(f"{probe.kind} time", call.id)
    request = ask(call_id, proposal, judged, tx.now() + timedelta(seconds=later_s))
    if not _someone(tx, request, said):
        return
    tx.open_request(request)
    posed = Posed(
        id=call_id,
        proposal=proposal,
        state="new",
        version=0,
        head="",
        position=call.position,
        created_at=request.created_at,
        judgement=judged,
        request_id=request.id,
        probe=probe,
    )
    tx.probes.pose(posed, _posed_step(posed, request))


def _posed_step(posed: Posed, request: ReviewRequest) -> Step:
    """Return the first entry of a probe, which says what it is and that no agent asked it."""
    probe, judged = posed.probe, posed.judgement
    body = {
        **proposed_step(posed.proposal).body,
        "decided": decided_body(judged) if judged else {},
        "asked": asked_body(request),
        "probe": {"kind": probe.kind, "of": probe.of, "how": probe.how},
    }
    return Step("posed", "posed", body)


def _proposal(call: Call, call_id: str, canonical: bytes) -> Proposal:
    real = call.proposal
    key = probe_key(call_id, real.key.tenant)
    return fix(key, real.tool, canonical, real.context, real.claim, real.tool_schema, 0)


def _someone(tx: Transaction, request: ReviewRequest, said: frozenset[str]) -> bool:
    """Whether anyone is there who may answer and has not."""
    asked: Sequence[str] | None = request.terms.asked(request.level)
    if asked is None:
        return True
    people = tx.registry.people()
    return any(may_decide(one, request, people) and people.is_apart(one, said) for one in asked)


def _controls(ports: Ports) -> FatigueControls:
    return ports.policy().document.fatigue_controls or FatigueControls()
