"""Settle: record what a tool did, inspect what it returned, release what may leave.

Execution and inspection end in one commit; a result that takes long to inspect is sealed first, so
that a crash in between loses neither the effect nor the result.
"""

from dataclasses import replace
from typing import Any, Final, NamedTuple

from interlock.canon import copied, decode, to_json
from interlock.conduct.doubts import STALE, doubt
from interlock.conduct.falling import breached
from interlock.conduct.faults import crash_point
from interlock.conduct.limits import OVER, Excess, excess
from interlock.conduct.overseeing import is_unheard, must_acknowledge
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.running import answered
from interlock.conduct.values import Answered, Call, record_of
from interlock.errors import CanonError, StaleTransition
from interlock.path.execution import Breach, Done, Failed, InDoubt, Outcome
from interlock.path.inspection import Finding, Inspection, inspect
from interlock.path.proposal import Proposal
from interlock.path.record import State, Step
from interlock.path.redaction import redacted
from interlock.path.release import EDITED, Answer, delivery, refusal, review_record
from interlock.path.warrant import Warrant

SEAL_FIRST_CHARS: Final = 20_000
"""Larger results are committed sealed before they are inspected; about 50 ms of inspection."""


INSPECTED_CHARS: Final = 2_000_000
"""Larger results are held without a look, which would take many seconds and much memory."""


class Raw(NamedTuple):
    """A result as it came, in JSON; never stored but sealed."""

    content: Any
    artifact: Any
    status: Any
    uninspectable: str | None = None
    """Why the result has no JSON form."""
    size: int = 0
    """Characters of its JSON."""

    def sealed_form(self) -> bytes:
        """Write it as bytes that `decode` reads back, members in their order."""
        return to_json(dict(self._asdict()), "response").encode()


def raw_result(outcome: Done | Failed) -> Raw:
    """Bring a result into JSON; what has no JSON form is kept as text and marked."""
    if isinstance(outcome, Failed):
        return Raw(_text(outcome.error), None, "error", size=len(outcome.error))
    try:
        text, (content, artifact) = copied([outcome.content, outcome.artifact], "response")
    except CanonError as error:
        shown = _text(repr(outcome.content))
        return Raw(shown, None, outcome.status, str(error), len(shown))
    return Raw(content, artifact, outcome.status, size=len(text))


def settle(
    ports: Ports, warrant: Warrant, outcome: Outcome, claimed: Call | None = None
) -> Answered | None:
    """Record the outcome of one run; None when another claim overtook this one.

    `claimed` is the call as its claim left it; when it has moved on since, it is read again.
    INVARIANT I9: state and entries commit together. INVARIANT I17: only what was inspected leaves.
    """
    crash_point("effect_done")
    ports = ports.pinned()
    if isinstance(outcome, InDoubt):
        return _in_doubt(ports, warrant, outcome)
    raw = raw_result(outcome)
    if (over := excess(raw.content, raw.artifact, warrant.constraints)) is not None:
        return _withheld(ports, warrant, outcome, over)
    if raw.size > SEAL_FIRST_CHARS:
        with ports.ledger.begin() as tx:
            call = fenced(tx, warrant, outcome)
            if call is None:
                return None
            tx.advance(call, [ran := _ran(outcome, warrant.fence)], outcome=outcome.kind)
            breached(tx, ports.policy(), call.proposal, ran.body.get("breach"), call.id)
            tx.seal(call.id, raw.sealed_form(), Inspection("ALLOW"), "sealed")
        crash_point("result_sealed")
        return finish(ports, warrant.call_id)
    held = warrant.review_result or _is_unheard(ports, warrant, claimed)
    inspection = examine(ports, raw, held)
    crash_point("inspected")
    step = _ran(outcome, warrant.fence)
    if claimed is not None:
        try:
            with ports.ledger.begin() as tx:
                ran = replace(claimed, outcome=outcome.kind)
                return answered(let_go(tx, ports, ran, raw, inspection, step))
        except StaleTransition:
            pass  # its lease was lost; what it is now decides
    with ports.ledger.begin() as tx:
        call = fenced(tx, warrant, outcome)
        if call is None:
            return None
        ran = replace(call, outcome=outcome.kind)
        return answered(let_go(tx, ports, ran, raw, inspection, step))


def _is_unheard(ports: Ports, warrant: Warrant, claimed: Call | None) -> bool:
    """Whether nobody took notice of the call in time; asked only where somebody must."""
    if claimed is not None and must_acknowledge(claimed.judgement) is None:
        return False
    with ports.ledger.begin() as tx:
        return is_unheard(tx, tx.call(warrant.call_id))


def finish(ports: Ports, call_id: str) -> Answered:
    """Inspect and release a result that was sealed before its inspection."""
    ports = ports.pinned()
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state not in ("done", "failed"):
            return answered(call)
        raw, held = Raw(**decode(tx.unseal(call_id))), reviews_result(call) or is_unheard(tx, call)
    inspection = examine(ports, raw, held)
    with ports.ledger.begin() as tx:
        call = tx.call(call_id)
        if call.state not in ("done", "failed"):
            return answered(call)
        released = let_go(tx, ports, call, raw, inspection)
        if released.state != "quarantined":
            tx.end_output(call_id, released.state)
        return answered(released)


def fenced(tx: Transaction, warrant: Warrant, outcome: Outcome) -> Call | None:
    """Return the call if this claim still holds it, or this outcome settles its doubt.

    Otherwise the result is stale: it is noted, and changes nothing. One that comes after a person
    had the call repeated, and before it was, puts the call in doubt again and settles that. Of an
    earlier claim only that it was done counts: of a failure a later one may know better.
    """
    call = tx.call(warrant.call_id)
    is_last = call.fence == warrant.fence
    if is_last and call.state == "executing":
        return call
    if warrant.fence in dict(tx.reports(call.id)):
        return None  # it told of its end, and may not have got the confirmation
    settles = call.state in ("in_doubt", "retried") and (is_last or outcome.kind == "done")
    if not (is_last and settles):
        body = {"call_id": call.id, "fence": warrant.fence, "state": call.state}
        tx.note(STALE, {**body, "outcome": outcome.kind})
    if settles and call.state == "retried":
        return doubt(tx, call, "an earlier run of it ended after all")
    return call if settles else None


def examine(ports: Ports, raw: Raw, review_result: bool) -> Inspection:
    """Inspect a result under the output policy of now."""
    if raw.uninspectable is not None:
        return _unseen("interlock")
    if raw.size > INSPECTED_CHARS:
        return _unseen("size")
    output = ports.policy().output
    return inspect(raw.content, raw.artifact, output, ports.detectors(), review_result)


def _unseen(why: str) -> Inspection:
    return Inspection("QUARANTINE", (Finding("response", "UNINSPECTABLE", "quarantine", why),))


def let_go(
    tx: Transaction,
    ports: Ports,
    call: Call,
    raw: Raw,
    inspection: Inspection,
    *before: Step,
) -> Call:
    """Walk a call, after the steps `before`, through inspection to its release."""
    policy = ports.policy()
    for step in before:
        breached(tx, policy, call.proposal, step.body.get("breach"), call.id)
    record = review_record(call.id, inspection, policy.snapshot)
    seen = Step("inspected", "inspected", {**record, "findings": len(inspection.findings)})
    to, answer = _answer(ports, call, raw, inspection, record)
    body: dict[str, Any] = {"outcome": call.outcome}
    if to == "quarantined":
        body["held"] = tx.seal(call.id, raw.sealed_form(), inspection, "held")
    steps = [*before, seen, Step(to, to, body)]
    return tx.advance(call, steps, answer=answer, outcome=call.outcome)


def released_answer(
    ports: Ports, call: Call, raw: Raw, found: Inspection, record: dict[str, Any], *, redact: bool
) -> Answer:
    """Make the answer of a result that a human lets out of quarantine."""
    if redact:
        return _with_notice(call, _redacted(ports, call, raw, found, record))
    answer = delivery(call.id, "released", raw.content, raw.artifact, raw.status, record)
    return _with_notice(call, answer)


def reviews_result(call: Call) -> bool:
    """Whether policy holds the result whatever it says."""
    return call.judgement is not None and call.judgement.decision.review_result


def _answer(
    ports: Ports, call: Call, raw: Raw, inspection: Inspection, record: dict[str, Any]
) -> tuple[State, Answer]:
    known = {**record_of(call.judgement), "output_review": record, "tool_status": raw.status}
    kinds = ", ".join(sorted({finding.kind for finding in inspection.findings}))
    match inspection.verdict:
        case "ALLOW":
            ending: Any = "failed" if call.outcome == "failed" else "released"
            answer = delivery(call.id, ending, raw.content, raw.artifact, raw.status, known)
            return "released", _with_notice(call, answer)
        case "REDACT":
            return "redacted", _with_notice(call, _redacted(ports, call, raw, inspection, known))
        case "WITHHOLD":
            safe = ports.policy().output.safe_response
            return "withheld", refusal(call.id, "withheld", safe, known)
        case "QUARANTINE":
            return "quarantined", refusal(call.id, "quarantined", kinds, known)


def _redacted(
    ports: Ports, call: Call, raw: Raw, inspection: Inspection, record: dict[str, Any]
) -> Answer:
    anonymizer = ports.anonymizer()
    content = redacted(raw.content, "response", inspection, anonymizer)
    artifact = redacted(raw.artifact, "artifact", inspection, anonymizer)
    return delivery(call.id, "redacted", content, artifact, raw.status, record)


def _with_notice(call: Call, answer: Answer) -> Answer:
    """Tell the agent who changed what ran, so that it does not repeat its own call."""
    if call.proposal.revision == 0:
        return answer
    who = "A reviewer" if call.editors else "The policy"
    notice = EDITED.format(who=who, args=shown_args(call.proposal))
    record = {**answer.record, "edited": bool(call.editors), "notice": notice}
    return Answer(answer.ending, answer.content, answer.status, answer.artifact, record)


def shown_args(proposal: Proposal) -> str:
    """Return the canonical arguments as text."""
    return proposal.canonical.decode()


def _in_doubt(ports: Ports, warrant: Warrant, outcome: InDoubt) -> Answered | None:
    with ports.ledger.begin() as tx:
        call = fenced(tx, warrant, outcome)
        if call is None or call.state == "in_doubt":
            return None
        breached(tx, ports.policy(), call.proposal, outcome.breach, call.id)
        return answered(doubt(tx, call, outcome.why, outcome.breach))


def _ran(outcome: Done | Failed, fence: int, breach: Breach | None = None) -> Step:
    breach = outcome.breach if isinstance(outcome, Failed) and outcome.breach else breach
    broke = {"breach": breach} if breach else {}
    return Step(outcome.kind, outcome.kind, {"fence": fence, **broke})


def _withheld(
    ports: Ports, warrant: Warrant, outcome: Done | Failed, over: Excess
) -> Answered | None:
    """Withhold a result that is larger than policy allows: nobody inspects it, nobody gets it."""
    with ports.ledger.begin() as tx:
        call = fenced(tx, warrant, outcome)
        if call is None:
            return None
        breached(tx, ports.policy(), call.proposal, over.breach, call.id)
        inspection = Inspection("WITHHOLD")
        record = review_record(call.id, inspection, ports.policy().snapshot)
        known = {**record_of(call.judgement), "output_review": record, "breach": over.breach}
        answer = refusal(call.id, "withheld", OVER.format(why=over.why), known)
        steps = [
            _ran(outcome, warrant.fence, over.breach),
            Step("inspected", "inspected", {**record, "findings": 0}),
            Step("withheld", "withheld", {"outcome": outcome.kind}),
        ]
        return answered(tx.advance(call, steps, answer=answer, outcome=outcome.kind))


def _text(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
