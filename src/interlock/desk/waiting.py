"""Wait: how long people let questions wait, against what the policy wants of them.

A question that is still open counts with the time that it has waited so far, and one that nobody
answered with all of its time: a queue that nobody looks at does not look fast.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from typing import Literal, NamedTuple

from interlock.policy.operations import ApprovalQueuePolicy


class Wait(NamedTuple):
    """How long one question waited."""

    route: str
    """The group that is asked; empty where anyone may answer."""
    seconds: float
    state: Literal["open", "answered", "unanswered"]


class QueueAge(NamedTuple):
    """The questions of one route, over the last day and those that are open."""

    route: str
    open: int
    oldest_s: float
    """How long the oldest that is open has waited; 0 where none is."""
    answered: int
    unanswered: int
    median_s: float
    p95_s: float
    missed: tuple[str, ...]
    """Keys of the targets that it misses."""


def queues(waits: Iterable[Wait], targets: ApprovalQueuePolicy | None) -> list[QueueAge]:
    """Put waits together by route, in the order of their names."""
    by_route: defaultdict[str, list[Wait]] = defaultdict(list)
    for wait in waits:
        by_route[wait.route].append(wait)
    wanted = targets or ApprovalQueuePolicy()
    return [_queue(route, by_route[route], wanted) for route in sorted(by_route)]


def _queue(route: str, waits: Sequence[Wait], targets: ApprovalQueuePolicy) -> QueueAge:
    seconds = sorted(wait.seconds for wait in waits)
    still = [wait.seconds for wait in waits if wait.state == "open"]
    median_s, p95_s = (quantile(seconds, share) if seconds else 0.0 for share in (0.5, 0.95))
    each = {
        "target_median_wait_sec": (median_s, targets.target_median_wait_sec),
        "target_p95_wait_sec": (p95_s, targets.target_p95_wait_sec),
    }
    return QueueAge(
        route=route,
        open=len(still),
        oldest_s=max(still, default=0.0),
        answered=sum(wait.state == "answered" for wait in waits),
        unanswered=sum(wait.state == "unanswered" for wait in waits),
        median_s=median_s,
        p95_s=p95_s,
        missed=tuple(
            key for key, (found, most) in each.items() if most is not None and found > most
        ),
    )


def quantile(ordered: Sequence[float], share_0_1: float) -> float:
    """Return the least of some ordered numbers that so many of them do not exceed.

    Raises `IndexError` where there are none. Source: nearest rank, Hyndman and Fan 1996, type 1.
    """
    return ordered[max(0, ceil(share_0_1 * len(ordered)) - 1)]
