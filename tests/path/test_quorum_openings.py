"""Count: who could give the approvals that a request still lacks."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from interlock.desk.assigning import Opening
from interlock.path.people import Delegation, People, Person
from interlock.path.quorum import openings, standing
from interlock.path.review import ReviewRequest, Vote, may_decide
from interlock.policy.decisions import Group, ReviewTerms

from .test_quorum import HUMANS, NOW, OPEN, PEOPLE, requests, vote  # isort: skip

DAY = timedelta(days=1)
approvals = st.lists(st.sampled_from(HUMANS), max_size=4, unique=True)


@st.composite
def crews(draw: st.DrawFn) -> People:
    """Everyone, some of them away, and some deputies."""
    away = draw(st.sets(st.sampled_from(HUMANS)))
    pairs = draw(st.lists(st.tuples(st.sampled_from(HUMANS), st.sampled_from(HUMANS)), max_size=4))
    persons = {
        name: Person(name, away_until=NOW + DAY if name in away else None) for name in HUMANS
    }
    given_to = tuple(
        Delegation(f"d{at}", one, other, NOW, NOW + DAY)
        for at, (one, other) in enumerate(pairs)
        if one != other
    )
    return replace(PEOPLE, persons=persons, delegations=given_to)


def missing(votes: Iterable[Vote], request: ReviewRequest, people: People) -> int:
    """Return how many approvals are missing."""
    return sum(one.more for one in standing(votes, request, people).missing)


class TestLaws:
    """What holds for every request, whatever was answered, whoever is away."""

    @given(requests, approvals, crews())
    def test_each_of_them_brings_it_one_further(
        self, request: ReviewRequest, by: list[str], people: People
    ) -> None:
        """The approval of anyone who is named may be given, and is one of those missing."""
        votes = [vote(name) for name in by]
        lacks = missing(votes, request, people)
        assume(lacks)
        for opening in openings(votes, request, people):
            for name in opening.able:
                assert may_decide(name, request, people)
                assert missing([*votes, vote(name)], request, people) == lacks - 1

    @given(requests, approvals, crews())
    def test_as_many_as_are_missing(
        self, request: ReviewRequest, by: list[str], people: People
    ) -> None:
        """Openings ask for what the count says is missing, neither more nor less."""
        votes = [vote(name) for name in by]
        assume(missing(votes, request, people))

        asked = sum(opening.more for opening in openings(votes, request, people))
        assert asked == missing(votes, request, people)


def asking(**said: object) -> ReviewRequest:
    """Write a request with some terms."""
    return replace(OPEN, terms=ReviewTerms(**said))  # type: ignore[arg-type]


def test_who_approved_and_who_is_left_out_are_none_of_them() -> None:
    """Of two of three, one approved; another asked for the call."""
    request = replace(
        asking(route="r", eligible=("ana", "bo", "cy"), quorum=2), excluded=frozenset({"bo"})
    )

    assert openings([vote("ana")], request, PEOPLE) == (Opening(("cy",), 1),)


def test_where_enough_approved_by_now_one_of_them_approves_again() -> None:
    """Fewer are needed than when they did: nothing is missing but that somebody counts it."""
    enough = asking(route="r", eligible=("ana", "bo", "cy"), quorum=1)

    assert openings([vote("ana")], enough, PEOPLE) == (Opening(("ana",), 1),)


def test_anyone_is_everyone_whom_the_ledger_knows() -> None:
    """Without a route all who are enrolled, but for who was revoked; of an empty ledger nobody."""
    gone = {**PEOPLE.persons, "eli": Person("eli", is_revoked=True)}

    assert openings([], OPEN, replace(PEOPLE, persons=gone)) == (Opening(HUMANS[:4], 1),)
    assert openings([], OPEN, People(NOW)) == (Opening((), 1),)


def test_a_deputy_stands_for_who_is_away() -> None:
    """Not for who is here, nor as one who is asked for themselves in another group."""
    hands = (Delegation("d", "ana", "dee", NOW, NOW + DAY),)
    away = {**PEOPLE.persons, "ana": Person("ana", away_until=NOW + DAY)}
    here = replace(PEOPLE, delegations=hands)
    gone = replace(here, persons=away)
    one = asking(route="r", eligible=("ana", "bo"))
    two = asking(groups=(Group("g", ("ana",)), Group("h", ("dee",))), quorum=2)

    assert openings([], one, here) == (Opening(("ana", "bo"), 1),)
    assert openings([], one, gone) == (Opening(("bo", "dee"), 1),)
    assert {each.able for each in openings([], two, gone)} == {("ana",), ("dee",)}
