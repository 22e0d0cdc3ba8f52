"""Fire: what falls due; and recover what a lost process left behind.

Anyone may, at any time and twice: each firing is the ordinary transition, in a transaction of its
own, and nothing where somebody was faster. What is due is due by the ledger's time, never before.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, assert_never

from interlock.conduct.doubts import LOST, doubt, lapsed
from interlock.conduct.escalating import asked_about, caught_up
from interlock.conduct.faults import crash_point
from interlock.conduct.overseeing import fall_silent
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.running import drop_unused
from interlock.conduct.sampling import pose_drawn
from interlock.conduct.settling import finish
from interlock.conduct.values import Call, Timer, TimerKind
from interlock.errors import InterlockError, LedgerError, StaleTransition

PAGE: Final = 200
"""Timers that are read at once."""

_RAN: Final = ("done", "failed")
"""States of a call whose result is sealed and not inspected."""

_ASKED: Final = ("pending", "posed")
"""States of a question that is still open."""

_log = logging.getLogger("interlock.timers")


class Fired(NamedTuple):
    """What a timer came to."""

    kind: TimerKind
    ref: str
    """Id of the request or call."""
    came_to: str
    """`expired`, `escalated`, `auto_approved`, `veto window over`, `unacknowledged`,
    `agent halted`, `in_doubt`, `lost` for what its host may run again, or the state of a result
    whose inspection was made up for."""


def recover(ports: Ports, kinds: frozenset[TimerKind] | None = None) -> list[Fired]:
    """Fire all that is due, or what is due of some kinds; return what changed.

    INVARIANT I15: a second recovery finds nothing left to do. INVARIANT I5: whatever a lost
    process claimed is settled, in doubt, or free for its host.
    """
    fired: list[Fired] = []
    after: Timer | None = None
    while page := ports.ledger.due(PAGE, ports.lease_s, after):
        after = page[-1]
        fired += _fired(ports, [timer for timer in page if kinds is None or timer.kind in kinds])
    return fired


def fire_due(ports: Ports, limit: int = PAGE) -> int:
    """Fire at most `limit` timers that are due; return how many changed something."""
    return len(_fired(ports, ports.ledger.due(limit, ports.lease_s)))


def _fired(ports: Ports, due: Sequence[Timer]) -> list[Fired]:
    """Fire timers; a result that is still to be inspected takes its time, and comes last."""
    first = [(timer, _tried(timer, partial(_came_to, ports, timer))) for timer in due]
    last = [
        (timer, _tried(timer, partial(_inspected, ports, timer)))
        for timer, came_to in first
        if came_to in _RAN
    ]
    both = [each for each in first if each[1] not in _RAN] + last
    return [Fired(timer.kind, timer.ref, came_to) for timer, came_to in both if came_to]


def _tried(timer: Timer, work: Callable[[], str | None]) -> str | None:
    """Fire one timer; one that cannot be fired keeps no other from its time."""
    try:
        return work()
    except LedgerError:
        raise
    except StaleTransition:
        return None  # somebody moved the call on meanwhile
    except InterlockError:
        _log.exception("the %s timer of %s could not be fired", timer.kind, timer.ref)
        return None


def _came_to(ports: Ports, timer: Timer) -> str | None:
    with ports.ledger.begin() as tx:
        if not tx.take(timer):
            return None
        came_to = _step(tx, ports, timer)
        crash_point("timer_taken")
    crash_point("timer_fired")
    return came_to


def _inspected(ports: Ports, timer: Timer) -> str:
    return finish(ports, timer.ref).answer.ending


def _step(tx: Transaction, ports: Ports, timer: Timer) -> str | None:
    match timer.kind:
        case "expiry" | "escalation":
            after = caught_up(tx, ports.policy, *asked_about(tx, timer.ref))
            return after and ("escalated" if after.state in _ASKED else after.state)
        case "use":
            return drop_unused(tx, tx.call(timer.ref))
        case "veto":
            return "veto window over" if tx.call(timer.ref).state == "held" else None
        case "oversight":
            return fall_silent(tx, tx.call(timer.ref))
        case "lease":
            return _lapse(tx, tx.call(timer.ref), ports.lease_s)
        case "canary" | "second_look":
            # None: whoever reads what fired may be who is asked.
            return pose_drawn(tx, ports, timer.kind, tx.call(timer.ref))
        case _:
            assert_never(timer.kind)


def _lapse(tx: Transaction, call: Call, lease_s: float) -> str | None:
    """Settle a claim that nobody keeps; what may run twice is left to its host.

    INVARIANT I3: what may not run twice is in doubt. The fence stays as it is, so that a process
    that was only asleep still settles its own run, as long as nobody claimed the call meanwhile.
    """
    if not lapsed(call, tx.now(), lease_s):
        return None
    if call.state != "executing":
        return call.state if call.state in _RAN else None
    repeated = call.outcome == "in_doubt"  # its thread has an answer and may never come again
    if call.judgement is None or call.judgement.effect == "non_idempotent" or repeated:
        return doubt(tx, call, LOST).state
    tx.let_lapse(call)
    body = {"call_id": call.id, "fence": call.fence, "effect": call.judgement.effect}
    tx.note("lease_lapsed", body)
    return "lost"
