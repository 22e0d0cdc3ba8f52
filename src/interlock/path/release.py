"""Release: what the model gets. Always an answer, always typed.

Answers are short, say what happened and what may be done next, and leak nothing that was held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

from interlock.path.inspection import Finding, Inspection, Treatment
from interlock.path.redaction import REPLACEMENT, UNSEEN

Ending: TypeAlias = Literal[
    "released",
    "redacted",
    "withheld",
    "quarantined",
    "destroyed",
    "failed",
    "in_doubt",
    "denied",
    "halted",
    "rejected",
    "responded",
    "expired",
    "cancelled",
    "vetoed",
    "compensated",
    "invalid_arguments",
    "conflict",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to one call."""

    ending: Ending
    content: Any
    """What the model reads: JSON, or text."""
    status: Literal["success", "error"]
    artifact: Any = None
    """The tool's own artifact, inspected too."""
    record: dict[str, Any] = field(default_factory=dict)
    """Typed outcome for code. Always: `call_id`, `outcome`, `policy_snapshot`.

    Once decided: `decision`, `rules`, `level`. Once it ran: `tool_status`, `output_review`.
    """


def review_record(call_id: str, inspection: Inspection, snapshot: str) -> dict[str, Any]:
    """Write the record of one output review: fields, reasons and actions, never text."""
    done = dict.fromkeys((f.path, _reason(f), _ACTIONS[f.action]) for f in inspection.findings)
    fields = {f.path for f in inspection.findings if f.action in ("redact", "mask", "remove")}
    return {
        "job_id": call_id,
        "output_safety_decision": inspection.verdict,
        "original_fields_redacted": len(fields),
        "redaction_details": [
            {"field": path, "reason": reason, "action": action} for path, reason, action in done
        ],
        "policy_snapshot": snapshot,
    }


_ACTIONS: Final[Mapping[Treatment, str]] = MappingProxyType(
    {
        "redact": f"replaced with {REPLACEMENT}",
        "mask": "masked but for its last 4 characters",
        "remove": "field removed",
        "withhold": "result withheld",
        "quarantine": "held for a human",
    }
)
_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SECRET": "secret detected",
        "INTERNAL_FIELD": "internal field",
        "BLOCKED_TERM": "blocked term",
        "MAX_LENGTH": "longer than allowed",
        "INJECTION": "instruction addressed to the model",
        "HIDDEN_TEXT": "hidden text",
        "UNREAD": "bytes that nobody can read",
        "REVIEW_RESULT": "policy asks for a review of the result",
    }
)


def _reason(finding: Finding) -> str:
    if finding.kind in UNSEEN:
        return f"could not be inspected ({finding.detector})"
    return _REASONS.get(finding.kind, f"PII detected ({finding.kind})")


ADVICE: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        "denied": "Policy does not allow this call: {why}. It did not run. "
        "Do not repeat it unchanged.",
        "halted": "This is switched off: {why}. The call did not run. Do not repeat it and look "
        "for no other way; tell the user.",
        "rejected": "A reviewer rejected this call: {why}. It did not run. "
        "Do not repeat it unless the user asks again.",
        "expired": "The time for this call ran out ({why}). It did not run; this is not a "
        "refusal. Tell the user, or propose it again later.",
        "cancelled": "This call was cancelled before it ran: {why}.",
        "vetoed": "A person stopped this call before it ran: {why}. Do not repeat it unless the "
        "user asks again.",
        "compensated": "This call may have taken effect, and {why}. Count it as undone; do not "
        "repeat it unless the user asks again.",
        "invalid_arguments": "The arguments do not fit the tool: {why}. It did not run. "
        "Correct them and call again.",
        "conflict": "Refused: {why}. It did not run. Make a new call with a new id.",
        "in_doubt": "It is not known whether this call took effect: {why}. Do not repeat it; "
        "an operator must check.",
        "withheld": "{why}",
        "quarantined": "The tool ran, and its result is held for review ({why}). Do not repeat "
        "the call; go on without the result, or tell the user that it is under review.",
        "destroyed": "The tool ran; a reviewer removed its result. Do not repeat the call.",
    }
)
"""What the model is told when it gets no result; `why` never holds a held text."""

EDITED: Final = "{who} changed the arguments of this call before it ran. It ran as: {args}"


def refusal(call_id: str, ending: Ending, why: str, record: Mapping[str, Any]) -> Answer:
    """Answer a call that did not run, or whose result stays behind."""
    typed = {"call_id": call_id, "outcome": ending, "reason": why, "policy_snapshot": "", **record}
    status: Literal["success", "error"] = "success" if ending == "responded" else "error"
    text = why if ending == "responded" else ADVICE[ending].format(why=why)
    return Answer(ending, text, status, None, typed)


def delivery(
    call_id: str,
    ending: Ending,
    content: Any,  # noqa: ANN401 - JSON
    artifact: Any,  # noqa: ANN401 - JSON
    status: Literal["success", "error"],
    record: Mapping[str, Any],
) -> Answer:
    """Answer with a result, as is or redacted."""
    typed = {"call_id": call_id, "outcome": ending, **record}
    return Answer(ending, content, status, artifact, typed)
