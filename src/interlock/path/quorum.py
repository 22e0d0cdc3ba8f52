"""Count: what the answers to one request come to, and whose approval is still missing.

One human has one voice, the latest, and fills one place, even where they could fill several. One
denial ends it. Who may not decide, or does not show who they are, counts for nothing. Pure; the
same at the vote, at the guard and for whoever looks. Who breaks the glass approves alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Final, Literal, NamedTuple, TypeAlias

from interlock.desk.assigning import Opening
from interlock.path.people import BREAK_GLASS, People
from interlock.path.review import (
    ReviewRequest,
    Vote,
    VoteAnswer,
    breaks_glass,
    counts,
    may_break_glass,
    may_decide,
    seats,
)
from interlock.policy.seats import unfilled

QuorumState: TypeAlias = Literal[
    "open", "approved", "rejected", "responded", "cancelled", "superseded"
]
"""What answers come to."""


_MOST_WAYS: Final = 1_000
"""Ways to seat the deputies of several people that are tried; of more the first."""


class Vacancies(NamedTuple):
    """Approvals that are not there."""

    group: str
    """Of whom; empty: of anyone."""
    more: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one request is."""

    state: QuorumState
    """`open` while approvals are missing."""
    approvals: tuple[Vote, ...] = ()
    """Those that count, one a person and place, in the order of their names; of who broke the glass
    theirs alone."""
    missing: tuple[Vacancies, ...] = ()


class _Place(NamedTuple):
    """One approval that is needed, and of whom; None: of anyone."""

    group: str
    members: frozenset[str] | None


_ENDS: Final[Mapping[VoteAnswer, QuorumState]] = {
    "deny": "rejected",
    "cancel": "cancelled",
    "edit": "superseded",
    "respond": "responded",
}
"""What each other answer ends a request as; of several the first here."""


def standing(votes: Iterable[Vote], request: ReviewRequest, people: People) -> Standing:
    """Return what the answers come to, by the people of now.

    INVARIANT I7: separate, distinct and eligible people. Source: Q1 to Q4 and Q10 to Q12 of
    `docs/guarantees.md`.
    """
    mine = [
        vote for vote in votes if (vote.request_id, vote.digest) == (request.id, request.digest)
    ]
    given = {vote.answer for vote in mine}
    for answer, ended in _ENDS.items():
        if answer in given:
            return Standing(ended)
    alone = tuple(vote for vote in mine if breaks_glass(vote, request, people))
    if alone:
        return Standing("approved", alone[-1:])
    seated = _seated(mine, request, people)
    missing = _missing(request, people, seated)
    state: QuorumState = "open" if missing else "approved"
    return Standing(state, tuple(seated.values()), missing)


def shortage(request: ReviewRequest, people: People) -> tuple[Vacancies, ...]:
    """Return what would be missing if everybody approved who may by now."""
    asked = request.terms.asked(request.level)
    if asked is None:
        return ()
    able = {
        people.behind(name)
        for name in asked
        if people.is_apart(name, request.excluded) and not people.is_revoked(name)
    }
    return _missing(request, people, able)


def openings(votes: Iterable[Vote], request: ReviewRequest, people: People) -> tuple[Opening, ...]:
    """Return each approval that is missing, with those who could give it and did not yet.

    In the place of who is away stands the first deputy who may. Where anyone may answer, it is
    everyone whom the ledger knows. Where none is missing any more, since fewer are needed by now,
    one of those who approved says so again.
    """
    votes = list(votes)
    seated = _seated(votes, request, people)
    places = _places(request, people)
    if len(unfilled([one.members for one in places], seated)) == 0:
        return (Opening(tuple(seated), 1),)
    empty = Counter(places[at].members for at in unfilled([one.members for one in places], seated))
    gave = {people.behind(vote.by) for vote in seated.values()} | {*seated}
    return tuple(
        Opening(_able(request, people, gave, members), more) for members, more in empty.items()
    )


def lookers(request: ReviewRequest, people: People, asked: Iterable[str]) -> Iterator[str]:
    """Return who of some looks at a request: they, or their deputy, who may and is not away."""
    for name in asked:
        here = _here(people.behind(name), request, people)
        if here is not None and not people.is_away(here):
            yield here


def anyone_may(request: ReviewRequest, people: People) -> bool:
    """Whether anybody may approve a request by now, were they away too, or break the glass."""
    asked = request.terms.asked(request.level)
    if asked is None or any(may_decide(name, request, people) for name in asked):
        return True
    return any(may_break_glass(name, request, people) for name in people.with_role(BREAK_GLASS))


def _able(
    request: ReviewRequest, people: People, gave: Collection[str], members: Collection[str] | None
) -> tuple[str, ...]:
    asked = people.persons if members is None else members
    names = (_here(who, request, people) for who in asked if who not in gave)
    return tuple(sorted({who for who in names if who is not None and who not in gave}))


def _here(who: str, request: ReviewRequest, people: People) -> str | None:
    """Return who looks at a request where somebody is asked: they, or their deputy."""
    deputies = {one.deputy for one in people.delegations if one.principal == who}
    for deputy in sorted(deputies) if people.is_away(who) else ():
        if who in seats(deputy, request, people) and not people.is_away(deputy):
            return deputy
    return who if may_decide(who, request, people) else None


def _seated(votes: Iterable[Vote], request: ReviewRequest, people: People) -> Mapping[str, Vote]:
    """Return the approvals that count, by the human for whom each stands, in that order.

    A deputy of several stands for the one whose place is needed; who answers themselves needs none.
    """
    latest = {people.behind(vote.by): vote for vote in votes}
    given = {who: latest[who] for who in sorted(latest) if counts(latest[who], request, people)}
    served = {who: seats(vote.by, request, people, vote.at) for who, vote in given.items()}
    own = {who: given[who] for who, places in served.items() if places == (who,)}
    deputies = {who: sorted({*places} - {*own}) for who, places in served.items() if who not in own}
    needed = [place.members for place in _places(request, people)]

    def filled(chosen: Mapping[str, str]) -> int:
        return -len(unfilled(needed, {*own, *chosen.values()}))

    ways = product(*(places or [""] for places in deputies.values()))
    choices = (dict(zip(deputies, way, strict=True)) for way in islice(ways, _MOST_WAYS))
    best = max(choices, key=filled)
    stand_in = {best[who]: given[who] for who in reversed(deputies) if best[who]}
    return dict(sorted({**stand_in, **own}.items()))


def _missing(
    request: ReviewRequest, people: People, present: Collection[str]
) -> tuple[Vacancies, ...]:
    places = _places(request, people)
    empty = unfilled([place.members for place in places], present)
    of = Counter(places[at].group for at in empty)
    return tuple(Vacancies(group, of[group]) for group in sorted(of))


def _places(request: ReviewRequest, people: People) -> list[_Place]:
    """Return every approval that is needed: one of each group, and the quorum."""
    terms = request.terms
    places = [_Place(each.name, _behind(each.members or (), people)) for each in terms.groups]
    if terms.eligible is not None:
        levels = terms.levels[: request.level]
        above = chain.from_iterable(each.members or () for each in levels)
        named = " or ".join(name for name in (terms.route, *(each.name for each in levels)) if name)
        route = _Place(named, _behind((*terms.eligible, *above), people))
        return [*places, *([route] * terms.quorum)]
    asked = terms.asked()
    anyone = _Place("", None if asked is None else _behind(asked, people))
    return [*places, *([anyone] * (terms.quorum - len(places)))]


def _behind(names: Iterable[str], people: People) -> frozenset[str]:
    return frozenset(people.behind(name) for name in names)
