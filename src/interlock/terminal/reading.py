"""Read: what the screen shows, at one time and away from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from interlock.app.cases import Case
from interlock.app.gate import Gate
from interlock.terminal.hand import Hand

QUEUE_MAX: Final = 200
"""Calls that the queue shows at once, the oldest."""

_NOTHING_MINE: Final = "nothing waits that you are asked to look at; --all shows what others are"


class QueuePage(NamedTuple):
    """What waits, and the chosen case."""

    waiting: Sequence[Case]
    whose: str
    """Whose they are, where that is said."""
    nothing: str
    """What is said where there is none."""
    asked: str
    """The name of the case that was asked for; empty: none was."""
    chosen: Case | None = None
    similar: Case | None = None
    """The call that its agent made last of the same tool."""
    why_not: str | None = None
    """Why the reviewer may not approve it, where they are known and may not."""


@dataclass(frozen=True, slots=True)
class QueueScope:
    """Which calls are shown."""

    thread: str | None = None
    tenant: str | None = None
    mine: bool | None = None
    """What the reviewer is asked to look at, else others'; None: so where the policy shares it."""


def read(gate: Gate, hand: Hand, scope: QueueScope, name: str) -> QueuePage:
    """Read the queue, and the case of that name where one is named. Raises `InterlockError`."""
    me, shared, where = hand.name, gate.queue, (scope.thread, scope.tenant)
    mine = scope.mine or (scope.mine is None and me is not None and shared.is_shared_with(me))
    whose, nothing = "", "nothing waits"
    if me is not None and mine:
        own = shared.at_hand(me, *where, viewer=me)
        found, whose, nothing = own.cases[:QUEUE_MAX], own.told, _NOTHING_MINE
    else:
        found = gate.inbox.pending(*where, limit=QUEUE_MAX, viewer=me)
    seen = QueuePage([each for each in found if not each.duplicate_of], whose, nothing, name)
    if not name:
        return seen
    chosen, inbox = gate.inbox.show(name, viewer=me), gate.inbox
    pending = me is not None and chosen.state == "pending"
    why_not = inbox.why_not(name, me) if me is not None and pending else None
    return seen._replace(chosen=chosen, similar=inbox.similar(name), why_not=why_not)
