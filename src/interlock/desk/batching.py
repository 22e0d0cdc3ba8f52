"""Batch: questions that are so much alike that one look at what differs is a look at each.

Pure. Only where the policy says so of them (`review.batch`), never at critical risk, at most
`MOST`. A batch is named by what is in it: where a question comes, goes or changes, it is another
one, and an answer to the old name answers nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast

from interlock.canon import digest, type_name
from interlock.desk.display import render_args
from interlock.policy.decisions import BatchTerms, Risk

MOST: Final = 20
"""Questions that are answered together at most, whatever a policy says."""

_NAME_CHARS: Final = 16
"""Hex digits of a batch's name: 64 bits."""


class BatchMember(NamedTuple):
    """One question that waits."""

    id: str
    digest: str
    """Of the call, as it would be approved."""
    created_at: datetime
    risk: Risk
    terms: BatchTerms
    like: str
    """The same text for questions that are alike but for their arguments' values."""


class OfferedBatch(NamedTuple):
    """Questions that may be answered together now."""

    name: str
    """Begins with `batch_`; another one for other questions."""
    ids: tuple[str, ...]
    """Of the requests, oldest first."""


class BatchTable(NamedTuple):
    """What is the same of several things, and what is not."""

    same: list[tuple[str, str]]
    """Path and text, sorted by path."""
    varies: list[str]
    """Paths, sorted."""
    rows: list[list[str]]
    """Of each thing the texts under `varies`."""


def likeness(args: Mapping[str, Any], **others: Any) -> str:  # noqa: ANN401 - JSON
    """Return a text that is the same where the arguments have one shape and all others agree.

    A shape is the paths of the keys, the lengths of lists, and JSON's types.
    """
    return digest("interlock/batch-like/v1", {**others, "shape": _shape(args)})


def offered(waiting: Iterable[BatchMember], now: datetime) -> list[OfferedBatch]:
    """Return the batches that are full, or whose oldest has waited long enough; oldest first.

    The oldest questions fill the first batch; no question is in two, and none is alone.
    """
    alike: defaultdict[str, list[BatchMember]] = defaultdict(list)
    for one in sorted(waiting, key=lambda each: (each.created_at, each.id)):
        if one.risk != "critical":
            alike[one.like].append(one)
    found = [part for each in alike.values() for part in _parts(each, now)]
    return [_batch(part) for part in sorted(found, key=lambda part: part[0].created_at)]


def _parts(alike: Sequence[BatchMember], now: datetime) -> list[Sequence[BatchMember]]:
    most = min(MOST, *(each.terms.most for each in alike))
    parts = [alike[at : at + most] for at in range(0, len(alike), most)]
    return [part for part in parts if len(part) > 1 and _is_due(part, most, now)]


def _is_due(part: Sequence[BatchMember], most: int, now: datetime) -> bool:
    oldest = part[0]
    return len(part) >= most or now - oldest.created_at >= timedelta(
        seconds=max(each.terms.collect_s for each in part)
    )


def _batch(part: Sequence[BatchMember]) -> OfferedBatch:
    said = [[each.id, each.digest, each.like] for each in part]
    name = digest("interlock/batch/v1", said)[:_NAME_CHARS]
    return OfferedBatch(f"batch_{name}", tuple(each.id for each in part))


def compared(things: Sequence[Mapping[str, Any]]) -> BatchTable:
    """Say once what is the same of several things, and of each what is not; nothing is cut."""
    told = [dict(render_args(each)) for each in things]
    paths = sorted({path for each in told for path in each})
    varies = [path for path in paths if len({each.get(path) for each in told}) > 1]
    same = [(path, told[0][path]) for path in paths if path not in varies]
    return BatchTable(same, varies, [[each.get(path, "") for path in varies] for each in told])


def _shape(value: object) -> object:
    match value:
        case Mapping():
            members = cast("Mapping[str, object]", value)
            return {key: _shape(member) for key, member in members.items()}
        case list() | tuple():
            return [type_name(cast("object", value)), *map(_shape, cast("list[object]", value))]
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return type_name(value)
