"""Play: a week event by event, through the real gate, ledger and inbox.

Time stands still until the next event: an agent asks, a person takes a case up or answers it, a
timer falls due. People see what the inbox shows them. Only their attention knows the truth.
"""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from sqlalchemy import select

from benchmarks.week.office import ALL, CAP, MONDAY, Controls, opened
from benchmarks.week.people import (
    ABSENT,
    ATTENTION,
    BETWEEN_S,
    DECLARED_S,
    ELSEWHERE_S,
    PEOPLE,
    Attention,
    Reviewer,
    gaps,
    service_s,
)
from benchmarks.week.rows import Asked, Came, End, Given, Kind, Pair, Week
from benchmarks.week.traffic import DAY_S, HOUR_S, WILD, Ask
from interlock import Agent, Context, Gate
from interlock.app.cases import Case
from interlock.clock import FrozenClock
from interlock.conduct import Answered, Intent, Turn, Waiting, perform
from interlock.conduct.values import Ready
from interlock.errors import AlreadyDecided, NotEligible
from interlock.ledger import tables
from interlock.ledger.timers import next_due
from interlock.path.execution import Done, Outcome

WEEK_S: Final = 7 * DAY_S
_PAGE: Final = 8
_RESTS: Final = re.compile(r"approves no more until (\d\d:\d\d:\d\d) UTC")


class Habits(NamedTuple):
    """What people do that no policy says."""

    attention: Attention = ATTENTION
    pace: float = 1.0
    """Times `MEDIAN_S` that a case takes."""
    elsewhere_s: float = ELSEWHERE_S
    """Mean seconds of other work before one looks again at an empty queue."""
    among: int = 5
    """Without assignment, people take one of the oldest so many, so as not to take the same."""
    calls_out: bool = True
    """Whether people tell each other what they take up, so that nobody takes the same."""
    helps: bool = False
    """With assignment, whether people who have nothing take from everybody's."""
    says_off: bool = True
    """With assignment, whether people declare themselves away when their shift ends."""


USUAL: Final = Habits()


class Simulation:
    """One week in one ledger."""

    def __init__(
        self,
        gate: Gate,
        time: FrozenClock,
        asks: list[Ask],
        dice: Random,
        controls: Controls = ALL,
        habits: Habits = USUAL,
        days: int = 7,
    ) -> None:
        """Begin on Monday at midnight, and end so many days later."""
        self._over = days * DAY_S
        self._gate, self._time, self._dice = gate, time, dice
        self._controls, self._habits = controls, habits
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._people = {one.name: Reviewer(one) for one in PEOPLE if one.name != ABSENT}
        self._asks: dict[str, Ask] = {}
        self._requests: dict[str, str] = {}
        self._ends: dict[str, tuple[float, End]] = {}
        self._given: list[Given] = []
        self._every: list[Pair] = []
        self._backlog: list[tuple[float, int]] = []
        self._ran: list[str] = []
        self._approved: set[str] = set()
        self._cut: list[Asked] = []
        self._taken: set[str] = set()
        self._waiting: int | None = None
        self._next_due: float | None = None
        self._over_cap = 0
        for number, ask in enumerate(asks):
            self._plan(ask.at, lambda number=number, ask=ask: self._ask(number, ask))
        for reviewer in self._people.values():
            self._plan(0.0, lambda who=reviewer: self._look(who))
        if controls.assigned:
            self._plan_absences()
        for hour in range(days * 24):
            self._plan(hour * HOUR_S, self._count)

    @property
    def now(self) -> float:
        """Seconds from Monday's midnight."""
        return (self._time.now() - MONDAY).total_seconds()

    def run(self) -> Week:
        """Play to the end of the last day; return what was noted."""
        while self._events:
            due = self._due()
            at, _, event = self._events[0]
            if min(at, due) > self._over:
                break
            self._time.advance(max(0.0, min(at, due) - self.now))
            if due <= at:
                self._recover()
            else:
                heapq.heappop(self._events)
                event()
        return self._week()

    def _plan(self, at: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), event))

    def _plan_absences(self) -> None:
        """Have people say that they go home, and at last that one does not come."""
        self._plan(DECLARED_S, lambda: self._away(ABSENT, WEEK_S))
        for reviewer in self._people.values() if self._habits.says_off else ():
            name = reviewer.person.name
            for ends, begins in gaps(reviewer.person):
                self._plan(ends, lambda name=name, until=begins: self._away(name, until))

    def _away(self, name: str, until: float) -> None:
        self._changed()
        until_then = MONDAY + timedelta(seconds=until)
        self._gate.reviewers.away(name, until=until_then, reason="not at work", by="office")

    def _changed(self) -> None:
        """Forget what was read of the ledger to know whether anything is to do."""
        self._waiting = self._next_due = None

    def _due(self) -> float:
        if self._next_due is None:
            with self._gate.ledger.read() as db:
                due = next_due(db)
            self._next_due = (due - MONDAY).total_seconds() if due else float("inf")
        return self._next_due

    def _recover(self) -> None:
        """Fire what is due, as a worker does."""
        self._changed()
        for fired in self._gate.recover():
            if fired.came_to in ("expired", "rejected", "denied"):
                call = self._requests.get(fired.ref, fired.ref)
                self._ends.setdefault(call, (self.now, "expired"))

    def _count(self) -> None:
        self._backlog.append((self.now, self._gate.inbox.count()))
        if self._controls.assigned:
            self._over_cap = max(self._over_cap, self._beyond())

    def _beyond(self) -> int:
        """Return how many more than their cap somebody is asked to look at, alike ones once."""
        theirs: defaultdict[str, set[str]] = defaultdict(set)
        for request, names in self._gate.queue.assigned().items():
            ask = self._asks.get(self._requests.get(request, ""))
            for name in names:
                theirs[name].add(f"{ask.agent} {ask.tool} {ask.args}" if ask else request)
        return max((len(each) - CAP for each in theirs.values()), default=0)

    # Agents

    def _ask(self, number: int, ask: Ask) -> None:
        self._changed()
        turn = Turn(
            Context(Agent(ask.agent)), "week", f"t{number}", "", "m",
            (Intent(ask.tool, ask.args, "c"),),
        )  # fmt: skip
        (call,) = self._gate.conductor.propose(turn)
        found = perform(self._gate.conductor, call, self._tool)
        if isinstance(found, Waiting):
            self._asks[call] = ask
            self._requests[found.request.id] = call
        elif isinstance(found, Answered):
            self._cut.append(Asked(ask, self.now, "cut"))

    def _tool(self, ready: Ready) -> Outcome:
        self._ran.append(ready.call_id)
        return Done({"ok": True})

    # People

    def _look(self, who: Reviewer) -> None:
        now, name = self.now, who.person.name
        at = who.working(now)
        if at is None or at > now:
            if at is not None:
                self._plan(at, lambda: self._look(who))
            return
        case = self._next(name)
        if case is None:
            later = now + self._dice.expovariate(1 / self._habits.elsewhere_s)
            self._plan(later, lambda: self._look(who))
            return
        same = f"{case.tool} {sorted(case.args.items())}"
        spent = service_s(case.risk, self._dice, self._habits.pace, repeated=same in who.seen)
        who.seen.add(same)
        strain = who.takes_up(now, self._habits.attention)
        self._taken.add(case.call_id)
        self._plan(now + spent, lambda: self._answer(who, case, now, strain))

    def _next(self, name: str) -> Case | None:
        """Return what somebody takes up next, of what they may answer.

        Where work is shared out that is the first of theirs; else one of the oldest few.
        """
        if self._waiting is None:
            self._waiting = self._gate.inbox.count()
        if not self._waiting:
            return None
        if self._controls.assigned:
            mine = self._gate.queue.of(name)
            first = next((case for case in mine if self._is_free(case)), None)
            if first is not None or not self._habits.helps:
                return first
        open_to: list[Case] = []
        after: str | None = None
        while len(open_to) < self._habits.among:
            page = self._gate.inbox.pending(limit=_PAGE, after=after)
            open_to += [
                case for case in page if _may(self._people[name], case) and self._is_free(case)
            ]
            if len(page) < _PAGE:
                break
            after = page[-1].id
        return self._dice.choice(open_to[: self._habits.among]) if open_to else None

    def _is_free(self, case: Case) -> bool:
        """Whether nobody is known to be at it; what is the same as another is one line."""
        taken = self._habits.calls_out and case.call_id in self._taken
        return not taken and not (self._controls.budgeted and case.duplicate_of)

    def _answer(self, who: Reviewer, case: Case, began: float, strain: float) -> None:
        self._taken.discard(case.call_id)
        self._changed()
        kind, truth = self._truth(case)
        attention, name = self._habits.attention, who.person.name
        approves = self._dice.random() < attention.approving(strain, bad=truth)
        came, again = self._said(case, kind, name, approves=approves)
        self._given.append(
            Given(
                by=name,
                call=case.call_id,
                began_at=began,
                at=self.now,
                kind=kind,
                bad=truth,
                approves=approves,
                strain=strain,
                came=came,
                flood=case.agent == WILD and kind == "call",
                route=",".join(case.asked),
            )
        )
        who.strain += approves and came == "counted"
        who.free_at = self.now
        self._plan(again, lambda: self._look(who))

    def _said(self, case: Case, kind: Kind, name: str, *, approves: bool) -> tuple[Came, float]:
        """Give an answer to the inbox; return what came of it, and when they look again."""
        act = self._gate.inbox.approve if approves else self._gate.inbox.deny
        try:
            after = act(case.id, by=name, reason="looked at")
        except AlreadyDecided:
            return "too late", self.now + BETWEEN_S
        except NotEligible as error:
            if (until := _RESTS.search(str(error))) is None:
                self._people[name].barred.add(case.call_id)
                return "not theirs", self.now + BETWEEN_S
            return "resting", self._at(until[1])
        self._answered(case, after, kind, approves=approves)
        if self._controls.budgeted and not approves:
            self._deny_alike(case, name)
        return "counted", self.now + BETWEEN_S

    def _deny_alike(self, case: Case, name: str) -> None:
        """Deny what is the same as a case, as `interlock deny --duplicates` does."""
        for other in case.duplicates:
            with suppress(AlreadyDecided):
                self._gate.inbox.deny(other, by=name, reason="the same again")
                self._ends[self._requests.get(other, other)] = (self.now, "rejected")

    def _at(self, clock: str) -> float:
        """Return when it will be a time of day next."""
        hour, minute, second = map(int, clock.split(":"))
        today = self.now // DAY_S * DAY_S + hour * HOUR_S + minute * 60 + second + 1
        return today if today > self.now else today + DAY_S

    def _truth(self, case: Case) -> tuple[Kind, bool]:
        """Return what a case really is, and whether it is bad: nobody in the week knows."""
        if (ask := self._asks.get(case.call_id)) is not None:
            return "call", ask.bad
        probes = tables.probes.c
        query = select(probes.kind, probes.of).where(probes.call_id == case.call_id)
        with self._gate.ledger.read() as db:
            kind, of = db.execute(query).one()
        return ("canary", True) if kind == "canary" else ("second look", self._asks[of].bad)

    def _answered(self, before: Case, after: Case, kind: Kind, *, approves: bool) -> None:
        if kind != "call" or after.state == "pending":
            return
        self._ends[before.call_id] = (self.now, "approved" if approves else "rejected")
        self._twice(self._asks[before.call_id], approves)
        if approves:
            self._approved.add(before.call_id)
            perform(self._gate.conductor, before.call_id, self._tool)

    def _twice(self, ask: Ask, first: bool) -> None:
        """Draw what another reviewer would have said, as strained as they are now."""
        other = self._dice.choice(list(self._people.values()))
        attention = self._habits.attention
        strain = attention.rested_for(other.strain, self.now - other.free_at)
        second = self._dice.random() < attention.approving(strain, bad=ask.bad)
        self._every.append(Pair(first, second))

    def _week(self) -> Week:
        ends = {call: self._ends.get(call, (self._over, "open")) for call in self._asks}
        asked = [Asked(ask, *ends[call]) for call, ask in self._asks.items()]
        return Week(
            asked=(*asked, *self._cut),
            given=tuple(self._given),
            probes_ran=len({*self._ran} - {*self._asks}),
            looks=self._looks(),
            every=tuple(self._every),
            ran=len(self._ran),
            unapproved=sum((Counter(self._ran) - Counter(self._approved)).values()),
            posed=self._posed(),
            backlog=tuple(self._backlog),
            over_cap=max(0, self._over_cap) if self._controls.assigned else None,
        )

    def _posed(self) -> dict[str, int]:
        """Return how many probes of each kind were posed in the week."""
        query = select(tables.probes.c.kind, tables.probes.c.of)
        with self._gate.ledger.read() as db:
            found = db.execute(query).all()
        return dict(Counter(_KINDS[kind] for kind, _ in found))

    def _looks(self) -> tuple[Pair, ...]:
        """Return the answers of second looks that counted, as the ledger kept them."""
        probes = tables.probes.c
        query = select(probes.how, probes.came_to).where(
            probes.came_to.in_(("agreed", "disagreed"))
        )
        with self._gate.ledger.read() as db:
            found = db.execute(query.order_by(probes.call_id)).all()
        return tuple(
            Pair(how == "approved", (how == "approved") == (came_to == "agreed"))
            for how, came_to in found
        )


_KINDS: Final[Mapping[str, Kind]] = {"canary": "canary", "second_look": "second look"}


def _may(who: Reviewer, case: Case) -> bool:
    """Whether somebody is asked, has not answered yet, and was not told that they may not."""
    name = who.person.name
    asked = not case.asked or bool({*who.person.groups} & {*case.asked})
    return (
        asked
        and case.call_id not in who.barred
        and name not in case.excluded
        and name not in case.approved_by
    )


def play(
    folder: Path,
    seed: int,
    asks: list[Ask],
    controls: Controls = ALL,
    habits: Habits = USUAL,
    days: int = 7,
) -> Week:
    """Play a week, or its first days, in a folder of its own."""
    with opened(folder, seed, controls) as (gate, time):
        dice, some = Random(f"people {seed}"), [ask for ask in asks if ask.at < days * DAY_S]
        return Simulation(gate, time, some, dice, controls, habits, days).run()


__all__ = ["Habits", "Simulation", "play"]
