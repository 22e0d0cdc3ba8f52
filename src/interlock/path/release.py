"""Release: what the model gets. Always an answer, always typed.

Answers are short, say what happened and what may be done next, and leak nothing that was held.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, TypeAlias, cast

from interlock.path.blocks import BLANK, BYTE_ORDER_MARK, embedded, parts_of, structures, written
from interlock.path.inspection import (
    Finding,
    Inspection,
    Place,
    Span,
    Treatment,
    number_text,
    shown,
)

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


class Anonymizer(Protocol):
    """Replaces parts of one text."""

    def replace(self, text: str, spans: Sequence[tuple[Span, str, Treatment]]) -> str:
        """Return `text` with each span masked (`mask`) or replaced; spans are apart and ordered."""
        ...


@dataclass(slots=True)
class _Marks:
    """What is to be done at one member and below it, by the steps of the findings' paths."""

    here: list[Finding] = field(default_factory=list)
    below: dict[str, "_Marks"] = field(default_factory=dict)


REPLACEMENT: Final = "[REDACTED]"
"""What stands where something was. Source: `docs/policy.md`, output."""

_STEP: Final = re.compile(r"\[key \d+\]|\[\d+\]|\[\"(?:[^\"\\]|\\.)*\"\]|\.[^.\[]+")


def redacted(
    value: Any,  # noqa: ANN401 - JSON
    root: Literal["response", "artifact"],
    inspection: Inspection,
    anonymizer: Anonymizer,
) -> Any:  # noqa: ANN401 - JSON
    """Return `value` without what was found in it; members without findings are the same objects.

    Containers keep their types, removed members are gone, numbers become text. What held the
    result is taken out as well, for a reviewer who releases the rest; what could not be looked at
    is replaced whole.
    """
    return _applied(value, _marks(root, inspection.findings), anonymizer)


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


_UNSEEN: Final = frozenset({"DETECTOR_FAILED", "UNINSPECTABLE"})
"""Kinds of what nobody could look at."""

_ACTIONS: Final[Mapping[Treatment, str]] = MappingProxyType(
    {
        "redact": f"replaced with {REPLACEMENT}",
        "mask": "masked but for its last 4 characters",
        "remove": "field removed",
        "withhold": "result withheld",
        "quarantine": "held for a human",
        "pass": "delivered, not inspected",
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
    if finding.kind in _UNSEEN:
        return f"could not be inspected ({finding.detector})"
    return _REASONS.get(finding.kind, f"PII detected ({finding.kind})")


def _marks(root: str, findings: Iterable[Finding]) -> _Marks:
    top = _Marks()
    for finding in findings:
        steps = _STEP.findall(finding.path)
        if finding.action == "pass" or finding.path != root + "".join(steps):
            continue
        marks = top
        for step in steps:
            marks = marks.below.setdefault(step, _Marks())
        marks.here.append(finding)
    return top


def _applied(value: Any, marks: _Marks, anonymizer: Anonymizer) -> Any:  # noqa: ANN401 - JSON
    if any(finding.kind in _UNSEEN for finding in marks.here):
        return REPLACEMENT
    match value:
        case str() if marks.below:  # members of JSON that came as text, or within one
            return _holding(value, marks, anonymizer)
        case str():
            return _text(value, marks.here, anonymizer)
        case dict() if marks.below:
            return _object(cast("dict[str, Any]", value), marks, anonymizer)
        case list() | tuple() if marks.below:
            items = enumerate(cast("Sequence[Any]", value))
            none = _Marks()
            out = [_applied(v, marks.below.get(f"[{at}]", none), anonymizer) for at, v in items]
            return tuple(out) if isinstance(value, tuple) else out
        case int() | float() if marks.here:
            return _number(value, marks.here, anonymizer)
        case _:
            return value


def _object(value: dict[str, Any], marks: _Marks, anonymizer: Anonymizer) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for at, (key, item) in enumerate(value.items()):
        if (inner := _left(marks, key, at, item)) is not None:
            out[key] = _applied(item, inner, anonymizer)
    return out


def _left(marks: _Marks, key: str | int, at: int, item: object) -> _Marks | None:
    """Return what is to be done at a member; None when it goes."""
    by_position = marks.below.get(f"[key {at}]")
    inner = by_position or marks.below.get(shown(Place(key, at))) or _Marks()
    if isinstance(key, str) and any(_ends_member(f, item, bool(by_position)) for f in inner.here):
        return None
    return inner


def _holding(text: str, marks: _Marks, anonymizer: Anonymizer) -> str:
    """Redact in JSON that a text is, or holds; every other character stays as it came."""
    whole = embedded(text)
    if whole is not None:
        start, end = len(text) - len(text.lstrip(BLANK)), len(text.rstrip(BLANK))
        before = text[:start].replace(BYTE_ORDER_MARK, "")  # for readers that know none
        return before + _source(text, start, end, whole, marks, anonymizer) + text[end:]
    spans = _spans(marks.here)
    inner = [(one, marks.below.get(f"[{at}]")) for at, one in enumerate(structures(text))]
    out: list[str] = []
    done = 0
    for one, below in inner:
        if below is None:
            continue
        if any(span.start < one.end and one.start < span.end for span, _, _ in spans):
            spans.append((Span(one.start, one.end), "", "redact"))
        else:
            new = _source(text, one.start, one.end, one.value, below, anonymizer)
            out += (_between(text, done, one.start, spans, anonymizer), new)
            done = one.end
    return "".join((*out, _between(text, done, len(text), spans, anonymizer)))


def _between(
    text: str,
    start: int,
    end: int,
    spans: Sequence[tuple[Span, str, Treatment]],
    anonymizer: Anonymizer,
) -> str:
    """Redact the text from one place to another; no span stands across them."""
    own: list[tuple[Span, str, Treatment]] = [
        (Span(span.start - start, span.end - start), kind, action)
        for span, kind, action in spans
        if start <= span.start and span.end <= end
    ]
    return anonymizer.replace(text[start:end], _apart(own)) if own else text[start:end]


def _source(
    text: str,
    start: int,
    end: int,
    value: Any,  # noqa: ANN401 - JSON
    marks: _Marks,
    anonymizer: Anonymizer,
) -> str:
    """Return the JSON text of a value without what was found; the rest as it was written."""
    unseen = any(finding.kind in _UNSEEN for finding in marks.here)
    if unseen or not marks.below or not isinstance(value, dict | list):
        new = _applied(value, marks, anonymizer)
        return text[start:end] if new is value else written(new)
    kept: list[str] = []
    for at, part in enumerate(parts_of(text, start)):
        if (inner := _left(marks, part.key, at, part.value)) is not None:
            new = _source(text, part.value_start, part.value_end, part.value, inner, anonymizer)
            kept.append(text[part.start : part.value_start] + new + text[part.value_end : part.end])
    return text[start] + ",".join(kept) + text[end - 1]


def _ends_member(finding: Finding, item: object, by_position: bool) -> bool:
    """Whether the whole member goes: it is internal, or its name hit, which cannot be replaced."""
    number = isinstance(item, int | float) and not isinstance(item, bool)
    held = by_position and finding.action in ("withhold", "quarantine")
    return finding.span is None and (finding.action == "remove" or held or not number)


def _text(value: str, here: Sequence[Finding], anonymizer: Anonymizer) -> str:
    spans = _apart(_spans(here))
    return anonymizer.replace(value, spans) if spans else value


def _spans(here: Iterable[Finding]) -> list[tuple[Span, str, Treatment]]:
    return [(f.span, f.kind, f.action) for f in here if f.span is not None]


def _number(value: float, here: Sequence[Finding], anonymizer: Anonymizer) -> str:
    text = number_text(value)
    whole = Span(0, len(text))
    return anonymizer.replace(text, _apart([(whole, f.kind, f.action) for f in here]))


def _apart(
    spans: Iterable[tuple[Span, str, Treatment]],
) -> list[tuple[Span, str, Treatment]]:
    """Join what overlaps; the join is masked only where everything in it is."""
    apart: list[tuple[Span, str, Treatment]] = []
    for span, kind, action in sorted(spans, key=lambda item: item[0]):
        treatment: Treatment = "mask" if action == "mask" else "redact"
        if not apart or span.start >= apart[-1][0].end:
            apart.append((span, kind, treatment))
            continue
        last, first, before = apart.pop()
        union = Span(last.start, max(last.end, span.end))
        apart.append((union, first, "mask" if treatment == before == "mask" else "redact"))
    return apart


ADVICE: Final[Mapping[Ending, str]] = MappingProxyType(
    {
        "denied": "Policy does not allow this call: {why}. It did not run. "
        "Do not repeat it unchanged.",
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
