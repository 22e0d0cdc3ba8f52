"""Count: laws of votes, against a reference that tries every arrangement."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.path.people import BREAK_GLASS, Credential, Delegation, People, Person
from interlock.path.quorum import Vacancies, shortage, standing
from interlock.path.review import ReviewRequest, Vote, VoteAnswer
from interlock.policy.decisions import Group, ReviewTerms

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HUMANS = ("ana", "bo", "cy", "dee", "eli")
NAMES = (*HUMANS, "ana@corp", "bo@corp", "local:Cy")
"""What they may vote under; two have a second name."""
PEOPLE = People(
    NOW,
    persons={name: Person(name) for name in HUMANS},
    identities={"ana@corp": "ana", "bo@corp": "bo"},
)
OPEN = ReviewRequest(
    "req",
    "call",
    "d" * 64,
    "open",
    NOW,
    NOW + timedelta(hours=1),
    ReviewTerms(),
    frozenset({"asker"}),
    "low",
)

members = st.lists(st.sampled_from(NAMES[:7]), max_size=4, unique=True).map(tuple)
groups = st.lists(st.builds(Group, st.sampled_from(("g", "h", "i")), members), max_size=3).map(
    tuple
)
terms = st.builds(
    ReviewTerms,
    route=st.just("r"),
    eligible=st.one_of(st.none(), members),
    quorum=st.integers(1, 4),
    groups=groups,
    levels=groups,
)


def asked_on(terms: ReviewTerms, level: int, excluded: set[str]) -> ReviewRequest:
    """Write an open request, at most at its last level."""
    at = min(level, len(terms.levels))
    return replace(OPEN, terms=terms, level=at, excluded=frozenset(excluded))


requests = st.builds(
    asked_on,
    terms,
    st.integers(0, 3),
    st.sets(st.sampled_from(NAMES), max_size=2),
)


def vote(by: str, answer: VoteAnswer = "approve", digest: str = "d" * 64) -> Vote:
    """Answer the request under a name."""
    return Vote("req", digest, answer, by, "local", NOW)


votes = st.lists(
    st.builds(
        vote,
        st.sampled_from((*NAMES, "eve", "asker")),
        st.just("approve"),
        st.sampled_from(("d" * 64,) * 5 + ("e" * 64,)),
    ),
    max_size=6,
)


def human(name: str) -> str:
    """Say who somebody is, without the product."""
    return name.removeprefix("local:").lower().removesuffix("@corp")


def humans(names: Iterable[str] | None) -> set[str]:
    return {human(name) for name in names or ()}


def approves(given: Iterable[Vote], request: ReviewRequest) -> bool:
    """Count as the manual says: try every arrangement of who approved, each in one place."""
    terms, barred = request.terms, humans(request.excluded)
    mine = [one for one in given if one.digest == request.digest]
    who = {human(one.by) for one in mine} - barred
    slots: list[set[str] | None] = [humans(group.members) for group in terms.groups]
    if terms.eligible is not None:
        above = [humans(group.members) for group in terms.levels[: request.level]]
        slots += [humans(terms.eligible).union(*above)] * terms.quorum
    elif terms.groups:
        anyone = set[str]().union(*(slot for slot in slots if slot))
        slots += [anyone] * (terms.quorum - len(slots))
    else:
        slots += [None] * terms.quorum
    return any(
        all(slot is None or one in slot for one, slot in zip(order, slots, strict=True))
        for order in permutations(sorted(who), len(slots))
    )


class TestLaws:
    """What holds of all requests and answers."""

    @given(requests, votes)
    def test_the_reference_agrees(self, request: ReviewRequest, given: list[Vote]) -> None:
        """A request is approved when some arrangement of distinct people fills every place."""
        found = standing(given, request, PEOPLE)

        assert (found.state == "approved") == approves(given, request)
        assert (found.state == "approved") == (not found.missing)

    @given(requests, votes, st.randoms())
    def test_the_order_is_nothing(
        self, request: ReviewRequest, given: list[Vote], random: Random
    ) -> None:
        """Approvals come to the same in any order."""
        other = random.sample(given, len(given))

        assert standing(other, request, PEOPLE).state == standing(given, request, PEOPLE).state

    @given(requests, votes)
    def test_a_repeat_is_nothing(self, request: ReviewRequest, given: list[Vote]) -> None:
        """Q2: who answers the same again, under any of their names, adds nothing."""
        again = [replace(one, by=human(one.by).title()) for one in given]

        assert (
            standing([*given, *again], request, PEOPLE).missing
            == standing(given, request, PEOPLE).missing
        )

    @given(requests, votes, st.sampled_from(("deny", "cancel", "edit", "respond")))
    def test_no_other_answer_approves(
        self, request: ReviewRequest, given: list[Vote], answer: VoteAnswer
    ) -> None:
        """Q3: one denial ends it, whoever gave it and whatever else was said."""
        for place in range(len(given) + 1):
            mixed = [*given[:place], vote("ana", answer), *given[place:]]
            assert standing(mixed, request, PEOPLE).state not in ("approved", "open")

    @given(requests, votes)
    def test_who_may_not_adds_nothing(self, request: ReviewRequest, given: list[Vote]) -> None:
        """Q1, Q4: the excluded, under all of their names, and those not asked never count."""
        asked = request.terms.asked(request.level)
        barred = humans(request.excluded)
        counted = [
            one
            for one in given
            if human(one.by) not in barred and (asked is None or human(one.by) in humans(asked))
        ]

        found = standing(given, request, PEOPLE)
        assert found.missing == standing(counted, request, PEOPLE).missing
        assert barred.isdisjoint(human(one.by) for one in found.approvals)

    @given(requests, votes)
    def test_so_many_humans_approved(self, request: ReviewRequest, given: list[Vote]) -> None:
        """A quorum of q needs q distinct humans, and one more for each group besides."""
        everyone = [*given, *(vote(name) for name in HUMANS)]
        found = standing(everyone, request, PEOPLE)
        wanted = request.terms.quorum + len(request.terms.groups)
        if request.terms.eligible is None:
            wanted = max(request.terms.quorum, len(request.terms.groups))

        who = {human(one.by) for one in found.approvals}
        assert len(who) == len(found.approvals)
        assert found.state == "open" or len(who) >= wanted

    @given(requests, votes)
    def test_what_nobody_can_fill_nobody_fills(
        self, request: ReviewRequest, given: list[Vote]
    ) -> None:
        """Q9: where everybody together cannot approve, no votes do; where they can, they do."""
        short = shortage(request, PEOPLE)
        everyone = [vote(name) for name in (request.terms.asked(request.level) or HUMANS)]

        if short:
            assert standing(given, request, PEOPLE).state == "open"
            assert standing(everyone, request, PEOPLE).missing == short
        elif request.terms.asked() is not None:
            assert standing(everyone, request, PEOPLE).state == "approved"


class TestGlass:
    PEOPLE = replace(
        PEOPLE,
        persons={**PEOPLE.persons, "dee": Person("dee", frozenset({BREAK_GLASS}))},
        credentials={
            "c1": Credential("c1", "dee", "token", "00"),
            "c2": Credential("c2", "eli", "token", "11"),
            "c3": Credential("c3", "dee", "key", "22"),
        },
    )

    @staticmethod
    def breaks(**said: Any) -> Vote:
        """Break the glass as dee, by her token, or with something else of it."""
        shown = Vote(
            *("req", "d" * 64, "break_glass", "dee", "token", NOW),
            reason="fire",
            proof={"credential": "c1"},
        )
        return replace(shown, **said)

    @given(requests, votes)
    def test_one_of_the_role_is_enough(self, request: ReviewRequest, given: list[Vote]) -> None:
        """Q12: whoever is asked and however many, theirs alone approves, and only apart from it."""
        found = standing([*given, self.breaks()], request, self.PEOPLE)
        barred = "dee" in humans(request.excluded)

        if barred:
            assert found == standing(given, request, self.PEOPLE)
        else:
            assert (found.state, found.approvals) == ("approved", (self.breaks(),))

    @pytest.mark.parametrize(
        "said",
        [
            {"by": "eli", "proof": {"credential": "c2"}},
            {"by": "eli"},
            {"auth": "local"},
            {"auth": "inline"},
            {"auth": "local", "proof": None},
            {"auth": "signed"},
            {"auth": "signed", "proof": {"credential": "c3", "signature": "ab" * 64}},
            {"proof": {"credential": "c2"}},
            {"proof": None},
            {"reason": " "},
            {"digest": "e" * 64},
            {"request_id": "other"},
        ],
    )
    @given(requests)
    def test_nothing_less(self, said: dict[str, Any], request: ReviewRequest) -> None:
        """Not without role, credential of one's own or reason, and not of other bytes."""
        assert standing([self.breaks(**said)], request, self.PEOPLE).state == "open"

    @given(requests, votes, st.sampled_from(("deny", "cancel", "edit", "respond")))
    def test_a_denial_stands(
        self, request: ReviewRequest, given: list[Vote], answer: VoteAnswer
    ) -> None:
        """I6: no emergency lifts what somebody refused."""
        mixed = [vote("ana", answer), *given, self.breaks()]
        assert standing(mixed, request, self.PEOPLE).state not in ("approved", "open")

    def test_as_surely_as_the_request_asks(self) -> None:
        """A route that takes signatures takes one of who breaks the glass, too."""
        strict = asking(auth="signed")
        assert standing([self.breaks()], strict, self.PEOPLE).state == "open"

    def test_what_the_evidence_contract_wants(self) -> None:
        """It says what every approval must say."""
        strict = asking(evidence=("policy_snapshot",))
        said = self.breaks(proof={"credential": "c1", "policy": "p" * 64})

        assert standing([self.breaks()], strict, self.PEOPLE).state == "open"
        assert standing([said], strict, self.PEOPLE).state == "approved"


def asking(**said: Any) -> ReviewRequest:
    return replace(OPEN, terms=replace(OPEN.terms, **said))


FINANCE, LEGAL = Group("finance", ("ana", "bo")), Group("legal", ("bo", "cy"))


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ((), (Vacancies("finance", 1), Vacancies("legal", 1))),
        (("ana",), (Vacancies("legal", 1),)),
        (("bo",), (Vacancies("legal", 1),)),
        (("bo", "local:Bo", "bo@corp"), (Vacancies("legal", 1),)),
        (("ana", "bo"), ()),
        (("bo", "cy"), ()),
    ],
)
def test_two_groups_need_two_people(names: Sequence[str], missing: tuple[Vacancies, ...]) -> None:
    """Q10: who is in both groups stands for one of them; what is missing names its group."""
    found = standing(map(vote, names), asking(groups=(FINANCE, LEGAL)), PEOPLE)

    assert found.missing == missing


def test_a_group_besides_the_route_is_another_person() -> None:
    """The quorum is of the route; each group beside it takes somebody more."""
    request = asking(route="finance", eligible=("ana", "bo", "cy"), quorum=2, groups=(LEGAL,))

    assert standing(map(vote, ("ana", "bo")), request, PEOPLE).state == "open"
    assert standing(map(vote, ("ana", "bo", "cy")), request, PEOPLE).state == "approved"


def test_a_level_stands_in_for_the_route_only() -> None:
    """I12: who is asked next counts once asked, for the route and for no group besides."""
    request = asking(
        route="finance", eligible=("ana",), groups=(LEGAL,), levels=(Group("leads", ("eli",)),)
    )
    given = [vote("eli"), vote("cy")]

    assert standing(given, request, PEOPLE).missing == (Vacancies("finance", 1),)
    assert standing(given, replace(request, level=1), PEOPLE).state == "approved"
    assert standing([vote("ana"), vote("eli")], replace(request, level=1), PEOPLE).missing == (
        Vacancies("legal", 1),
    )


def test_a_deputy_does_not_double_who_they_stand_for() -> None:
    """Q11: a deputy and who sent them, and two deputies of one, are one voice."""
    lasts = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    people = replace(
        PEOPLE,
        delegations=(Delegation("1", "ana", "dee", *lasts), Delegation("2", "ana", "eli", *lasts)),
    )
    request = asking(route="finance", eligible=("ana", "bo"), quorum=2)

    for names in (("dee",), ("dee", "eli"), ("ana", "dee"), ("dee", "ana", "eli")):
        found = standing(map(vote, names), request, people)
        assert found.missing == (Vacancies("finance", 1),), names
    assert standing([vote("dee"), vote("bo")], request, people).state == "approved"
    assert standing([vote("dee"), vote("bo")], request, PEOPLE).missing == (
        Vacancies("finance", 1),
    )


LASTS = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
delegations = st.lists(
    st.tuples(st.sampled_from(HUMANS), st.sampled_from(HUMANS)), max_size=6, unique=True
).map(lambda pairs: [Delegation(str(at), *pair, *LASTS) for at, pair in enumerate(pairs)])


@given(requests, votes, delegations)
def test_a_deputy_stands_for_whoever_is_needed(
    request: ReviewRequest, given: list[Vote], sent: list[Delegation]
) -> None:
    """Q11: some way to seat each of the deputies of several people approves, or none does."""
    people = replace(PEOPLE, delegations=tuple(sent))
    asked, barred = request.terms.asked(request.level), humans(request.excluded)
    seats: list[list[str]] = []
    for who in humans(one.by for one in given if one.digest == request.digest) - barred:
        served = {one.principal for one in sent if one.deputy == who} & humans(asked)
        own = asked is None or who in humans(asked)
        seats.append([who] if own else sorted(served - barred))
    ways = product(*(places for places in seats if places))
    found = [approves([vote(one) for one in way], request) for way in ways]

    assert (standing(given, request, people).state == "approved") == any(found)


def test_who_was_revoked_did_not_approve() -> None:
    """Q4: an approval stands by the people of now."""
    gone = replace(PEOPLE, persons={**PEOPLE.persons, "ana": Person("ana", is_revoked=True)})
    request = asking(route="finance", eligible=("ana", "bo"), quorum=2)
    given = [vote("ana"), vote("bo")]

    assert standing(given, request, PEOPLE).state == "approved"
    assert standing(given, request, gone).missing == (Vacancies("finance", 1),)
    assert shortage(request, gone) == (Vacancies("finance", 1),)


def test_an_approval_of_other_arguments_is_none() -> None:
    """Q5, I8: votes belong to a digest; those on another, or on another request, are not there."""
    others = [vote("ana", digest="e" * 64), replace(vote("ana"), request_id="req2")]

    assert standing(others, OPEN, PEOPLE).state == "open"
    assert standing([*others, vote("bo")], OPEN, PEOPLE).state == "approved"
