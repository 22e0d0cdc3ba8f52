"""Seat: different people in every place."""

from collections.abc import Collection, Sequence
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from interlock.policy.seats import unfilled

people = st.sets(st.sampled_from("abcde"), max_size=5)
places = st.lists(st.one_of(st.none(), people), max_size=4)


def most(wanted: Sequence[Collection[str] | None], who: Collection[str]) -> int:
    """Try every order of the people, and of nobody, in the places; return the most filled."""
    seats = [*who, *[""] * len(wanted)]
    return max(
        sum(
            bool(one) and (allowed is None or one in allowed)
            for one, allowed in zip(order, wanted, strict=False)
        )
        for order in permutations(seats, len(wanted))
    )


@given(places, people)
def test_as_many_as_possible_are_seated(wanted: list[set[str] | None], who: set[str]) -> None:
    """No arrangement of the same people fills more places than the one found."""
    assert len(wanted) - len(unfilled(wanted, who)) == most(wanted, who)


@given(places, people, people)
def test_more_people_never_leave_more_empty(
    wanted: list[set[str] | None], who: set[str], more: set[str]
) -> None:
    """Somebody more never empties a place."""
    assert len(unfilled(wanted, who | more)) <= len(unfilled(wanted, who))


def test_one_person_fills_one_place() -> None:
    """Q10: a member of two groups stands for one of them."""
    assert unfilled([{"cy"}, {"cy"}], {"cy"}) == (1,)
    assert unfilled([{"cy", "bo"}, {"cy"}], {"cy", "bo"}) == ()
    assert unfilled([None, None], {"cy"}) == (1,)
