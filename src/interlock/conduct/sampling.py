"""Sample: which questions a canary is made of, and which answers a second person looks at.

Drawn by a keyed hash where the policy says so; only a time within the next hour is kept then. When
it has come, the probe is made as a call proposed at that moment would be, or not at all. It is a
question and never a call: what it would have come to is told as soon as it is answered, and nothing
of it can run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from interlock.canon import encode
from interlock.clock import new_id, stamp
from interlock.conduct.escalating import caught_up
from interlock.conduct.flooding import flood
from interlock.conduct.halting import halted_by
from interlock.conduct.intake import take_turn
from interlock.conduct.judging import decided_body, judge
from interlock.conduct.measured import NOTHING, Measured
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.steps import ask, asked_body, proposed_step
from interlock.conduct.values import Call, Judgement, Posed, Probe, ProbeKind, Turn, probe_key
from interlock.desk.mutating import mutations
from interlock.path.proposal import CallKey, Proposal, fix
from interlock.path.record import DRAWN, NOT_POSED, Step
from interlock.path.review import ReviewRequest, may_decide
from interlock.policy.operations import FatigueControls

WITHIN_S: Final = 3600.0
"""Within which time of being drawn a probe is made and shown, seconds."""


def take_sampled(
    ports: Ports,
    turn: Turn,
    lease_s: float | None,
    measured: Sequence[Measured],
    tx: Transaction,
) -> list[Call]:
    """Take in a turn, as `take_turn` does, and draw of which questions canaries are made."""
    calls = take_turn(tx, ports, turn, lease_s, measured)
    for call in calls:
        if call.state == "pending" and call.created_at == tx.now():
            _draw(tx, ports, "canary", call)
    return calls


def second_look(tx: Transaction, ports: Ports, call: Call) -> None:
    """Draw whether another person is asked the same as was answered now, blind to the answer."""
    if call.state in ("approved", "rejected"):
        _draw(tx, ports, "second_look", call)


def _draw(tx: Transaction, ports: Ports, kind: ProbeKind, call: Call) -> None:
    """Keep when a probe is made of a call, where one is drawn; once, and nothing of it yet."""
    if not _is_drawn(tx, ports, kind, call) or tx.timer(kind, call.id) is not None:
        return
    due_at = tx.now() + timedelta(seconds=WITHIN_S * tx.probes.draw(f"{kind} time", call.id))
    tx.arm(kind, call.id, due_at)
    tx.note(DRAWN, {"call_id": call.id, "kind": kind, "due_at": stamp(due_at)})


def _is_drawn(tx: Transaction, ports: Ports, kind: ProbeKind, call: Call) -> bool:
    """Whether a call is drawn at the rate of now.

    Only what was asked as the agent proposed it: an edited call shows that somebody had it.
    """
    known = ports.policy().document.fatigue_controls or FatigueControls()
    rate = known.canary_rate if kind == "canary" else known.sampled_second_review_rate
    if not rate or call.request_id is None or call.judgement is None or call.editors:
        return False
    if kind == "canary" and "unprompted_identifier" in call.judgement.reasons:
        return False  # they quote the values, so that a wrong one would give itself away
    return call.judgement.risk != "critical" and tx.probes.draw(kind, call.request_id) < rate


def pose_drawn(tx: Transaction, ports: Ports, kind: ProbeKind, call: Call) -> None:
    """Pose what was drawn, by the policy, the halts, the people and the attempts of now.

    Nothing where a call proposed now would not be asked about, as it is halted, beyond what its
    agent may have asked, or asked already; nor of what was erased since. The record has what came
    of it either way. It is as old as its time is past: where no worker fires it, whoever looks
    does, and what is always asked at that moment would give itself away.
    """
    ports = ports.pinned()
    if (probe_id := _posed(tx, ports, kind, call)) is None:
        tx.note(NOT_POSED, {"call_id": call.id, "kind": kind})
    elif (found := tx.probes.asked(probe_id)) is not None:
        caught_up(tx, ports.policy, *found)  # I15: its next level may be due by now


def _posed(tx: Transaction, ports: Ports, kind: ProbeKind, call: Call) -> str | None:
    """Pose what was drawn, if it is a question now; return its id."""
    gone = not call.proposal.nonce
    if gone or not _is_drawn(tx, ports, kind, call) or tx.probes.are_made(kind, call.id):
        return None
    said = _said(tx, call) if kind == "second_look" else frozenset[str]()
    for how, canonical in _forms(tx, kind, call):
        twin = _twin(call, new_id("call"), canonical)
        judged = _judged(tx, ports, twin, call.judgement)
        if judged is not None:
            return _pose(tx, call, Probe(kind, call.id, how), twin, judged, said)
    return None


class _Twin(NamedTuple):
    """A probe before it is posed."""

    id: str
    like: Proposal
    """As a call of the same thread proposed now, by which it is judged."""
    own: Proposal
    """Under a key that no delivery of any host has."""


def _twin(call: Call, call_id: str, canonical: bytes) -> _Twin:
    real = call.proposal

    def keyed(key: CallKey) -> Proposal:
        return fix(key, real.tool, canonical, real.context, real.claim, real.tool_schema, 0)

    like = real.key._replace(turn_id=call_id, tool_call_id=call_id)
    return _Twin(call_id, keyed(like), keyed(probe_key(call_id, real.key.tenant)))


def _forms(tx: Transaction, kind: ProbeKind, call: Call) -> Iterator[tuple[str, bytes]]:
    """Say what a probe may ask and how that is made of its call, the drawn one first."""
    request_id = call.request_id or ""
    if kind == "second_look":
        state = tx.request(request_id).state
        if state in ("approved", "rejected"):
            yield state, call.proposal.canonical
        return
    wrong = mutations(call.proposal.args)
    first = int(tx.probes.draw("mutation", request_id) * len(wrong))
    yield from ((one.how, encode(one.args)) for one in (*wrong[first:], *wrong[:first]))


def _said(tx: Transaction, call: Call) -> frozenset[str]:
    return frozenset(vote.by for vote in tx.votes(call.request_id or ""))


def _judged(tx: Transaction, ports: Ports, twin: _Twin, then: Judgement | None) -> Judgement | None:
    """Return the decision that is made now of a probe; None where nobody would be asked.

    Then it would be no question, or one that gives itself away. What was measured of its thread was
    so of the original's, as no turn comes with it.
    """
    like = twin.like
    known = tx.schemas(like.tool, like.tool_schema) if like.tool_schema else []
    whys = [ports.misfit(schema, like.args) for schema in known]
    if whys and all(whys):
        return None
    judged = judge(tx, ports, like, _measured(like, then))
    judged = replace(judged, reasons=then.reasons if then else {})
    limits, decision = judged.decision.constraints, judged.decision
    asked = decision.kind == "require_approval" and not (limits.args or limits.args_drop)
    if not asked or judged.risk == "critical" or halted_by(tx, like, judged) is not None:
        return None
    cut = flood(tx, ports.policy(), like) is not None
    return None if cut or tx.probes.is_asked(like) else judged


def _measured(like: Proposal, then: Judgement | None) -> Measured:
    """Return what a probe's original had of signals, and no host's word where it had none.

    What the ledger counts is counted anew.
    """
    if then is None:
        return NOTHING
    lost = dict.fromkeys(like.context.signals.keys() - then.signals.keys(), "")
    kept = {name: then.signals[name] for name in then.signals.keys() - _COUNTED}
    return Measured(kept, missing=lost)


_COUNTED: Final = frozenset({"retry_count", "first_time_action"})


def _pose(
    tx: Transaction,
    call: Call,
    probe: Probe,
    twin: _Twin,
    judged: Judgement,
    said: frozenset[str],
) -> str | None:
    """Pose a question that looks like a call of the same agent; nobody is asked who `said`."""
    request = ask(twin.id, twin.own, judged, tx.timer(probe.kind, call.id) or tx.now())
    if request.expires_at <= tx.now() or not _someone(tx, request, said):
        return None
    if probe.kind == "canary" and _is_taken(tx, request):
        return None
    tx.open_request(request)
    posed = Posed(
        id=twin.id,
        proposal=twin.own,
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
    return posed.id


def _is_taken(tx: Transaction, request: ReviewRequest) -> bool:
    """Whether a canary is posed at a route, where nobody else poses one until this commits."""
    route = request.terms.route or ""
    tx.lock(ascii(("canary", route)))
    return route in tx.probes.canaried()


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


def _someone(tx: Transaction, request: ReviewRequest, said: frozenset[str]) -> bool:
    """Whether anyone is there who may answer and has not."""
    asked: Sequence[str] | None = request.terms.asked(request.level)
    if asked is None:
        return True
    people = tx.registry.people()
    return any(may_decide(one, request, people) and people.is_apart(one, said) for one in asked)
