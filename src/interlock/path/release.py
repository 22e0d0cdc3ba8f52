"""Release: what the model gets. Always an answer, always typed.

Answers are short, say what happened and what may be done next, and leak nothing that was held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias

Ending: TypeAlias = Literal[
    "released",
    "redacted",
    "withheld",
    "quarantined",
    "destroyed",
    "failed",
    "in_doubt",
    "denied",
    "rejected",
    "responded",
    "expired",
    "cancelled",
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
    """Typed outcome for code: `call_id`, `decision`, `rules`, `policy_snapshot`, the review record."""


ADVICE: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        "denied": "Policy does not allow this call: {why}. It did not run. Do not repeat it unchanged.",
        "rejected": "A reviewer rejected this call: {why}. It did not run. Do not repeat it unless the user asks again.",
        "expired": "Nobody reviewed this call in time ({why}). It did not run; this is not a refusal. Tell the user, or propose it again later.",
        "cancelled": "This call was cancelled before it ran: {why}.",
        "invalid_arguments": "The arguments do not fit the tool: {why}. It did not run. Correct them and call again.",
        "conflict": "Refused: {why}. It did not run. Make a new call with a new id.",
        "in_doubt": "It is not known whether this call took effect: {why}. Do not repeat it; an operator must check.",
        "withheld": "{why}",
        "quarantined": "The tool ran, and its result is held for review ({why}). Do not repeat the call; go on without the result, or tell the user that it is under review.",
        "destroyed": "The tool ran; a reviewer removed its result. Do not repeat the call.",
    }
)
"""What the model is told when it gets no result; `why` never holds a held text."""

EDITED: Final = "A reviewer changed the arguments of this call before it ran. It ran as: {args}"


def refusal(call_id: str, ending: Ending, why: str, snapshot: str, **more: Any) -> Answer:  # noqa: ANN401 - JSON
    """Answer a call that did not run, or whose result stays behind."""
    record = {"call_id": call_id, "outcome": ending, "reason": why, "policy_snapshot": snapshot}
    status: Literal["success", "error"] = "success" if ending == "responded" else "error"
    text = why if ending == "responded" else ADVICE[ending].format(why=why)
    return Answer(ending, text, status, None, {**record, **more})


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
