"""Regroup: put what is open to who is in its groups, once people changed.

Some questions in one transaction, so that whoever waits to write does so for a moment. The change
itself stands whatever comes of it: what cannot be told now is told at the next vote.
"""

import logging
from collections.abc import Sequence
from functools import cache, partial
from typing import Final, NamedTuple

from interlock.conduct.ports import Ports
from interlock.conduct.recounting import put_anew, sound_alarm, staffed
from interlock.conduct.retrying import retried
from interlock.errors import InterlockError
from interlock.path.people import People
from interlock.path.quorum import Vacancies, shortage
from interlock.path.review import ReviewRequest
from interlock.policy.evaluation.compiled import CompiledPolicy

AT_ONCE: Final = 50
"""Questions that one transaction puts anew."""

_log = logging.getLogger("interlock.review")


class Alarm(NamedTuple):
    """Why a question cannot be answered as the policy wants it."""

    empty: tuple[str, ...]
    """Groups that nobody is in."""
    short: tuple[Vacancies, ...]


def tell_open(ports: Ports, before: People, after: People) -> None:
    """Ask of each open question who is in its groups, now that people changed.

    Where fewer may approve one than `before`, and too few, an alarm says so. Source: Q9.
    """
    if _in_groups(before) == _in_groups(after):
        return
    try:
        moved = retried(ports.clock, partial(_moved, ports, before, after))
    except InterlockError:
        _log.exception("who is asked by now could not be told")
        return
    for at in range(0, len(moved), AT_ONCE):
        _tell(ports, moved[at : at + AT_ONCE], before)


def _in_groups(people: People) -> object:
    """Return all of people that says who is in which group."""
    persons = people.persons.values()
    return people.identities, {(one.principal, one.roles, one.is_revoked) for one in persons}


def _moved(ports: Ports, before: People, after: People) -> list[ReviewRequest]:
    """Return the questions that are others' by now, or that too few may approve."""
    with ports.ledger.begin() as tx:
        asked = tx.registry.open_requests()
    if not asked:
        return []
    found = _Regrouping(ports.policy(), before, after)
    return [one for one in asked if found.moves(one)]


def _tell(ports: Ports, asked: Sequence[ReviewRequest], before: People) -> None:
    """Put some questions anew; where they cannot be together, each by itself."""
    try:
        retried(ports.clock, partial(_regroup, ports, asked, before))
    except InterlockError:
        if len(asked) == 1:
            _log.exception("request %s: who is asked by now could not be told", asked[0].id)
            return
        for one in asked:
            _tell(ports, (one,), before)


def _regroup(ports: Ports, asked: Sequence[ReviewRequest], before: People) -> None:
    """Put questions anew, in one transaction.

    All are locked before people are held: who changes people waits for nobody who waits for them.
    """
    with ports.ledger.begin() as tx:
        named = sorted((one.id, one.call_id) for one in asked)
        for name, _ in named:
            tx.lock(name)
        calls = [(name, tx.call(call_id)) for name, call_id in named]
        found = _Regrouping(ports.policy(), before, tx.registry.people())
        for name, call in calls:
            request = tx.request(name)  # after its call, which tells what came since
            if request.state != "open":
                continue
            after, steps = put_anew(tx, found.policy, request, found.terms(request.terms))
            if steps:
                tx.advance(call, steps)
            if (alarm := found.alarm(request, after)) is not None:
                sound_alarm(tx, after, *alarm)


class _Regrouping:
    """Who is asked by a policy and some people, and who was; what is alike is looked up once."""

    def __init__(self, policy: CompiledPolicy, before: People, now: People) -> None:
        self.policy, self._before, self._now = policy, before, now
        self.terms = cache(partial(staffed, policy, now))
        self._known: dict[object, tuple[Vacancies, ...]] = {}

    def moves(self, request: ReviewRequest) -> bool:
        """Whether a question is put to others, or there is an alarm about it."""
        if request.terms.asked() is None:
            return False
        terms = self.terms(request.terms)
        return terms != request.terms or self.alarm(request, request) is not None

    def alarm(self, before: ReviewRequest, after: ReviewRequest) -> Alarm | None:
        """Return which groups nobody is in any more, and who is missing by now; None: no more."""
        short = self._short(after, self._now)
        empty = tuple(sorted({*after.terms.unstaffed} - {*before.terms.unstaffed}))
        more = _count(short) > _count(self._short(before, self._before))
        return Alarm(empty, short) if empty or more else None

    def _short(self, request: ReviewRequest, people: People) -> tuple[Vacancies, ...]:
        alike = (request.terms, request.level, request.excluded, people is self._now)
        if alike not in self._known:
            self._known[alike] = shortage(request, people)
        return self._known[alike]


def _count(short: tuple[Vacancies, ...]) -> int:
    return sum(each.more for each in short)
