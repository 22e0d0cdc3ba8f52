"""Share out: who is asked to look at which question, by the policy of now.

Everybody may still answer what they may answer: this is who is asked to. It is computed from the
queue each time, for the first `LOOKED_AT` questions in fair order, and kept nowhere.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from interlock.app.cases import Case
from interlock.app.inbox import Inbox
from interlock.app.people import Desk
from interlock.app.viewing import by_now, opened
from interlock.clock import stamp
from interlock.conduct import Conductor
from interlock.desk.assigning import Opening, Queued, Room, assign
from interlock.desk.resting import counted_back_s, rests_until
from interlock.errors import LedgerReadOnly, PolicyError
from interlock.ledger.queue import QueueRow, approvals_by, calls_of, queue_rows, votes_of
from interlock.ledger.store import SqlLedger
from interlock.ledger.waits import hidden
from interlock.path.people import People
from interlock.path.quorum import openings
from interlock.path.review import ReviewRequest, Vote
from interlock.policy.operations import ApprovalQueuePolicy, FatigueControls

T = TypeVar("T")

LOOKED_AT: Final = 1000
"""Questions that are shared out, the first in fair order; the others wait until there are fewer."""


@dataclass(frozen=True, slots=True)
class ReviewerLoad:
    """What one person is asked to look at, of what they could answer."""

    name: str
    assigned: int
    """Questions that they are asked to look at, alike ones too."""
    open: int
    """Questions, of those looked at, that still want an approval which they could give."""
    cap: int | None
    """How many they are asked to look at, alike ones of an agent counted once; None: any number."""
    away_until: datetime | None
    rests_until: datetime | None
    """Until when they may approve nothing."""

    def json(self) -> dict[str, Any]:
        """Return it as JSON; times as UTC stamps."""
        said: dict[str, Any] = {name: getattr(self, name) for name in ReviewerLoad.__slots__}
        for name in ("away_until", "rests_until"):
            said[name] = stamp(said[name]) if said[name] else None
        return said


class _Look(NamedTuple):
    """The queue at one moment, shared out."""

    rows: Mapping[str, QueueRow]
    """By request, as `asked`."""
    queued: Sequence[Queued]
    asked: Mapping[str, tuple[str, ...]]
    """Who is asked to look, by request, in fair order."""
    people: People
    rests: Mapping[str, datetime]
    """Until when people rest, of those who could answer something."""
    cap: int | None


class AtHand(NamedTuple):
    """What somebody does next, in fair order."""

    cases: list[Case]
    are_own: bool
    """Whether they are asked to look at it; else nothing of their own waits, and it is others'."""

    @property
    def told(self) -> str:
        """What is said above it: nothing of what is their own, or of nothing."""
        others = bool(self.cases) and not self.are_own
        return "nothing of your own waits; these are others'" if others else ""


class SharedQueue:
    """The questions that wait, shared out among those who could answer them."""

    def __init__(self, inbox: Inbox, conductor: Conductor, ledger: SqlLedger) -> None:
        """Look into `ledger`, show as `inbox` does."""
        self._inbox, self._ports, self._ledger = inbox, conductor.ports, ledger
        self._desk = Desk(conductor, ledger)

    @property
    def is_shared(self) -> bool:
        """Whether the policy says how questions are shared out."""
        wanted, controls = self._wanted()
        return wanted.max_open_requests_per_reviewer is not None or controls.auto_rebalance

    def assigned(self) -> dict[str, tuple[str, ...]]:
        """Return who is asked to look at each question, by request id, in fair order.

        Nobody: nobody who could answer it has room, or is here; or there are too many before it.
        """
        return self._in_time(lambda look: {**look.asked})

    def of(
        self,
        name: str,
        thread: str | None = None,
        tenant: str | None = None,
        *,
        viewer: str | None = None,
    ) -> list[Case]:
        """Return what somebody is asked to look at, in fair order; not what `viewer` put off."""

        def own(look: _Look) -> list[Case]:
            cases = self._cases(look, _share(look, name), name, viewer)
            return [*_narrowed(cases, thread, tenant)]

        return self._in_time(own)

    def at_hand(
        self,
        name: str,
        thread: str | None = None,
        tenant: str | None = None,
        *,
        viewer: str | None = None,
    ) -> AtHand:
        """Return what somebody does next: their own, as `of`; where they have none, others'.

        That is what they could answer, in fair order, as much as they take of their own. Who is
        away or rests has none of it.
        """

        def next_up(look: _Look) -> AtHand:
            if own := _share(look, name):
                cases = self._cases(look, own, name, viewer)
                return AtHand([*_narrowed(cases, thread, tenant)], are_own=True)
            cases = self._cases(look, _others(look, name), name, viewer)
            return AtHand(_most([*_narrowed(cases, thread, tenant)], look.cap), are_own=False)

        return self._in_time(next_up)

    def _in_time(self, seen: Callable[[_Look], T]) -> T:
        """Return what is seen of the queue on one snapshot, once what is overdue has ended."""
        with suppress(LedgerReadOnly):
            self._inbox.expire_overdue()
        return self._ledger.on_one(lambda: seen(self._look()))

    def _cases(
        self, look: _Look, asked: Iterable[str], name: str, viewer: str | None
    ) -> list[Case]:
        """Return requests as somebody sees them; not what `viewer` put off."""
        without = hidden(self._ledger, viewer)
        found = [look.rows[each].request for each in asked]
        calls = calls_of(self._ledger, [one.call_id for one in found if one.call_id not in without])
        still = [(calls[one.call_id], one) for one in found if one.call_id in calls]
        return opened(self._ports, self._ledger, still, name)

    def is_shared_with(self, name: str) -> bool:
        """Whether the policy caps what reviewers are asked to look at, and this is one of them.

        Then what they are asked to look at is what they should see first. One of them is who is
        enrolled, or named in a group of the policy.
        """
        if self._wanted()[0].max_open_requests_per_reviewer is None:
            return False
        people, groups = self._desk.people(), self._ports.policy().document.groups
        named = {people.behind(each) for members in groups.values() for each in members}
        return people.behind(name) in {*people.persons, *named} and not people.is_revoked(name)

    def loads(self) -> list[ReviewerLoad]:
        """Return what everybody is asked to look at who is enrolled or could answer, by name."""
        return self._in_time(_loads)

    def _look(self) -> _Look:
        wanted, controls = self._wanted()
        found = queue_rows(self._ledger, LOOKED_AT)
        votes = votes_of(self._ledger, (row.request for row in found))
        people = self._desk.people()
        queued = _queued(found, votes, people, by_now(self._ports, people))
        able = {who for one in queued for who in _able(one)} | {*people.persons}
        rests = self._resting(people, able, controls)
        room = Room(
            cap=wanted.max_open_requests_per_reviewer,
            out={who for who in able if people.is_away(who)} | {*rests},
            rebalance=controls.auto_rebalance,
            patience_s=wanted.target_median_wait_sec,
        )
        rows = {row.request.id: row for row in found}
        return _Look(rows, queued, assign(queued, room, people.at), people, rests, room.cap)

    def _wanted(self) -> tuple[ApprovalQueuePolicy, FatigueControls]:
        """Return what the policy says of load; a ledger that no policy was used with, nothing."""
        with suppress(PolicyError):
            document = self._ports.policy().document
            said = document.approval_queue_policy, document.fatigue_controls
            return said[0] or ApprovalQueuePolicy(), said[1] or FatigueControls()
        return ApprovalQueuePolicy(), FatigueControls()

    def _resting(
        self, people: People, names: Collection[str], controls: FatigueControls
    ) -> dict[str, datetime]:
        """Return until when people rest, of those who do."""
        if not (most := controls.cooldown_after_approvals):
            return {}
        since = people.at - timedelta(seconds=counted_back_s(controls))
        approved = approvals_by(self._ledger, people, names, since, most)
        found = {who: rests_until(times, controls, people.at) for who, times in approved.items()}
        return {who: until for who, until in found.items() if until is not None}


def _loads(look: _Look) -> list[ReviewerLoad]:
    assigned = Counter(who for asked in look.asked.values() for who in asked)
    could = Counter(who for one in look.queued for who in {*_able(one)})
    return [
        ReviewerLoad(who, assigned[who], could[who], look.cap, _away(look, who), rests)
        for who in sorted(_everyone(look))
        for rests in (look.rests.get(who),)
    ]


def _queued(
    rows: Iterable[QueueRow],
    votes: Mapping[str, list[Vote]],
    people: People,
    now: Callable[[ReviewRequest], ReviewRequest],
) -> list[Queued]:
    """Say who could answer each question; those of which as much is known are asked about once."""
    known = dict[str, tuple[Opening, ...]]()
    queued: list[Queued] = []
    for row in rows:
        given = votes.get(row.request.id, [])
        mark = row.request.id if given else row.asked
        if mark not in known:
            known[mark] = openings(given, now(row.request), people)
        lot = "\n".join((*row.flow, row.alike, row.asked))
        same = "" if given else lot  # of what was answered, each is asked for itself
        queued.append(Queued(row.request.id, row.flow, row.since, known[mark], same, lot))
    return queued


def _share(look: _Look, name: str) -> list[str]:
    """Return the requests that somebody is asked to look at, in fair order."""
    who = look.people.behind(name)
    return [each for each, asked in look.asked.items() if who in asked]


def _others(look: _Look, name: str) -> list[str]:
    """Return the requests that somebody who is here could answer, in fair order."""
    who = look.people.behind(name)
    if who in look.rests or look.people.is_away(name):
        return []
    could = {one.id for one in look.queued if who in {*_able(one)}}
    return [each for each in look.asked if each in could]


def _narrowed(cases: Iterable[Case], thread: str | None, tenant: str | None) -> Iterator[Case]:
    for each in cases:
        if thread in (None, each.thread_id) and tenant in (None, each.tenant):
            yield each


def _most(cases: list[Case], cap: int | None) -> list[Case]:
    """Cut behind as many as one person takes, alike ones of an agent counted once."""
    firsts = [at for at, each in enumerate(cases) if not each.duplicate_of]
    return cases if cap is None or len(firsts) <= cap else cases[: firsts[cap]]


def _able(one: Queued) -> Iterable[str]:
    return (who for opening in one.openings for who in opening.able)


def _everyone(look: _Look) -> set[str]:
    here = {who for who, one in look.people.persons.items() if not one.is_revoked}
    return here | {who for one in look.queued for who in _able(one)}


def _away(look: _Look, who: str) -> datetime | None:
    return look.people.persons[who].away_until if look.people.is_away(who) else None
