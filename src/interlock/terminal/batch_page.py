"""Lay out: like questions, once what is the same of them, and of each what is not. Pure."""

from datetime import datetime
from typing import Final

from interlock.app.batches import BatchAnswers, CallBatch
from interlock.desk.batching import BatchTable
from interlock.desk.disclosing import disclosure
from interlock.desk.display import visible
from interlock.terminal.page import PagePart, left

_SHORT_CHARS: Final = 40


def batch_parts(batch: CallBatch, now: datetime) -> list[PagePart]:
    """Say everything of a batch; what differs stands before what does not."""
    table, of = batch.table, len(batch.cases)
    each = [
        PagePart(
            f"{at} of {of}  {one.id}",
            [*zip(table.varies, texts, strict=True), ("answer within", left(one, now))],
        )
        for at, (one, texts) in enumerate(zip(batch.cases, table.rows, strict=True), 1)
    ]
    same = [PagePart("the same of all", table.same)] if table.same else []
    beside = [PagePart("what varies, call by call", _beside(table))] if table.varies else []
    return [PagePart(f"{batch.name}  {of} calls", _head(batch)), *beside, *each, *same]


def counted_of(found: BatchAnswers) -> str:
    """Say of how many calls the answer counted; probes, which are none, are told apart."""
    calls = [each for each in found if each.probe is None]
    told = f"{sum(each.counted for each in calls)} of {_many(len(calls), 'call')}"
    probes = len(found) - len(calls)
    return f"{told}, and {_many(probes, 'probe')}" if probes else told


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def told_of(found: BatchAnswers) -> list[str]:
    """Say of each answer what is not as asked: it did not count, or its question was a probe."""
    lost = [f"{each.request_id} did not count: {each.why_not}" for each in found if each.why_not]
    probes = [(each.request_id, each.probe) for each in found if each.probe is not None]
    told = [line for name, probe in probes for line in (f"{name}:", *disclosure(probe))]
    return [*map(visible, lost), *told]


def _beside(table: BatchTable) -> list[tuple[str, str]]:
    """Put the values of each path side by side, so that one that is not like others is seen.

    A long one is cut here and stands whole with its call.
    """
    columns = zip(*table.rows, strict=True)
    return [
        (path, "  |  ".join(map(_short, texts)))
        for path, texts in zip(table.varies, columns, strict=True)
    ]


def _short(text: str) -> str:
    return text if len(text) <= _SHORT_CHARS else text[:_SHORT_CHARS] + "…"


def _head(batch: CallBatch) -> list[tuple[str, str]]:
    first = batch.cases[0]
    given = [("approved by", visible(", ".join(first.approved_by)))] if first.approved_by else []
    return [
        ("tool", visible(first.tool)),
        ("risk", first.risk),
        ("agent", visible(first.agent)),
        *([("tenant", visible(first.tenant))] if first.tenant else []),
        *(("rule", visible(rule)) for rule in first.rules),
        *(("not evaluable", visible(rule)) for rule in first.not_evaluable),
        *given,
        *([("halted", visible(first.halt.why))] if first.halt else []),
        *([] if batch.table.varies else [("what varies", "nothing")]),
    ]
