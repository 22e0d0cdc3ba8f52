"""Assign: who is asked to look at what, so that nobody has too much and nobody's question waits.

Computed from what waits, never kept: the same queue and the same people give the same answer in
every process. It says who is *asked to look*. Who may answer is settled elsewhere and is untouched.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import NamedTuple


class Opening(NamedTuple):
    """Approvals of one question that are not there yet."""

    able: tuple[str, ...]
    """Who could give them: people, each under one name."""
    more: int = 1
    """How many are needed, each by another person."""


class Queued(NamedTuple):
    """One question that waits."""

    id: str
    flow: tuple[str, str]
    """Whose question it is: a tenant, and an agent of it."""
    since: datetime
    openings: tuple[Opening, ...]
    same: str = ""
    """What alike questions have in common: one answers for all that it looked at, so they go to
    the same people and count once. Empty: it is like no other."""
    lot: str = ""
    """What its line is drawn up by, so that the line stays as long as this does; else what it has
    in common, else its id."""


@dataclass(frozen=True, slots=True)
class Room:
    """Who is here, and how much each of them takes."""

    cap: int | None = None
    """Questions that one person is asked to look at, at most; None: any number."""
    out: Collection[str] = field(default_factory=frozenset[str])
    """Who is away, or rests."""
    rebalance: bool = False
    """Whether others are asked in the place of who is out or full, and one more when a question
    waits long; else it stays with the first in its line."""
    patience_s: float | None = None
    """How long a question waits until one person more is asked, and again; None: none is."""


def fair(waiting: Iterable[Queued]) -> list[Queued]:
    """Return questions in the order in which people should see them; they come as they were asked.

    First the oldest of each agent, then the second of each, and so on, each time by age: whatever
    one agent asks, the first question of another has only first questions before it.
    """
    ranks, ranked = Counter[tuple[str, str]](), dict[str, int]()
    keyed: list[tuple[int, datetime, int, Queued]] = []
    for at, one in enumerate(sorted(waiting, key=lambda each: each.since)):
        if (mark := _mark(one)) not in ranked:
            ranked[mark] = ranks[one.flow]
            ranks[one.flow] += 1
        keyed.append((ranked[mark], one.since, at, one))
    return [one for *_, one in sorted(keyed, key=lambda each: each[:3])]


def assign(waiting: Iterable[Queued], room: Room, now: datetime) -> dict[str, tuple[str, ...]]:
    """Return who is asked to look at each question, by its id, in fair order.

    A question that nobody has room for has nobody, and is the first to come when somebody has.
    Laws: nobody has more than the cap, nobody is asked who could not answer; with `rebalance`,
    nobody who is out is asked, and every question of somebody who has room has somebody.
    Source: highest random weight (Thaler and Ravishankar 1998), so that who comes or goes moves no
    questions but their own, as long as nobody is full.
    """
    ordered, desks = fair(waiting), _Desks(room)
    first = dict[str, Queued]()
    for one in ordered:
        first.setdefault(_mark(one), one)
    for mark, one in first.items():
        desks.fill(mark, one)
    if room.rebalance and room.patience_s:
        for mark, one in first.items():
            desks.widen(mark, one, int((now - one.since).total_seconds() // room.patience_s))
    return {one.id: tuple(desks.asked[_mark(one)]) for one in ordered}


def line(question: str, people: Iterable[str]) -> list[str]:
    """Return people in the order in which one question comes to them."""
    weights = {who: sha256(f"{question}\n{who}".encode()).digest() for who in people}
    return sorted(weights, key=weights.__getitem__)


def _mark(one: Queued) -> str:
    """Name a question, and all that are like it, of one agent."""
    return "\n".join((*one.flow, one.same)) if one.same else one.id


class _Desks:
    """What everybody is asked to look at by now."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._load = Counter[str]()
        self.asked: defaultdict[str, list[str]] = defaultdict(list)
        """By `_mark`."""

    def fill(self, mark: str, one: Queued) -> None:
        """Ask as many people as a question needs, where the fewest could answer first."""
        for opening in sorted(one.openings, key=lambda each: len(each.able)):
            self._ask(mark, one, opening.able, opening.more)

    def widen(self, mark: str, one: Queued, more: int) -> None:
        """Ask some people more, of those who could answer."""
        if more > 0:
            able = chain.from_iterable(opening.able for opening in one.openings)
            self._ask(mark, one, dict.fromkeys(able), more)

    def _ask(self, mark: str, one: Queued, able: Iterable[str], more: int) -> None:
        """Go down the line; without rebalancing, who is first in it stays, out or full."""
        asked, room = self.asked[mark], self._room
        others = [who for who in able if who not in asked]
        if room.rebalance:
            others = [who for who in others if who not in room.out and self._has_room(who)]
        for who in line(one.lot or mark, others)[:more]:
            if self._has_room(who):
                asked.append(who)
                self._load[who] += 1

    def _has_room(self, who: str) -> bool:
        return self._room.cap is None or self._load[who] < self._room.cap
