"""Redact: take out of a result what was found in it, member by member.

Types and JSON are kept; what is not among the findings stays as it came, to the character.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, cast

from interlock.path.blocks import BLANK, BYTE_ORDER_MARK, embedded, parts_of, structures, written
from interlock.path.inspection import Finding, Inspection, Treatment
from interlock.path.members import Place, Span, number_text, shown


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


UNSEEN: Final = frozenset({"DETECTOR_FAILED", "UNINSPECTABLE"})
"""Kinds of what nobody could look at."""

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


def _marks(root: str, findings: Iterable[Finding]) -> _Marks:
    top = _Marks()
    for finding in findings:
        steps = _STEP.findall(finding.path)
        if finding.path != root + "".join(steps):
            continue
        marks = top
        for step in steps:
            marks = marks.below.setdefault(step, _Marks())
        marks.here.append(finding)
    return top


def _applied(value: Any, marks: _Marks, anonymizer: Anonymizer) -> Any:  # noqa: ANN401 - JSON
    if any(finding.kind in UNSEEN for finding in marks.here):
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
    unseen = any(finding.kind in UNSEEN for finding in marks.here)
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
