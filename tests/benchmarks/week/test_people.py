"""People: shifts do not overlap, and attention falls with approvals and comes back with rest."""

from itertools import pairwise
from random import Random
from statistics import median

import pytest
from benchmarks.week.people import PEOPLE, Attention, Person, Reviewer
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.week import people


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_work_and_home_share_the_week(person: Person) -> None:
    """Spans of work follow each other; between those of two days people are at home."""
    at_work, at_home = people.shifts(person), people.gaps(person)

    assert all(ends <= begins for (_, ends), (begins, _) in pairwise(at_work))
    assert not [
        (out, here) for out in at_home for here in at_work if out[0] < here[1] and here[0] < out[1]
    ]
    assert len(at_home) == len(at_work) / 2 + 1


def test_somebody_is_there_on_every_day() -> None:
    """Also without the one who does not come."""
    days = {
        begins // people.DAY_S
        for person in PEOPLE
        if person.name != people.ABSENT
        for begins, _ in people.shifts(person)
    }
    assert days == {*range(7)}


@given(st.floats(0, 500), st.floats(0, 500), st.floats(0, 20000))
def test_attention_falls_and_comes_back(strain: float, more: float, rest_s: float) -> None:
    """More approvals never miss less, rest never leaves more strain, and bounds hold."""
    attention = Attention()

    assert attention.rested <= attention.missing(strain) <= attention.missing(strain + more)
    assert attention.missing(strain) <= attention.tired
    assert attention.rested_for(strain, rest_s) <= strain


def test_a_case_takes_its_median() -> None:
    """Half of the cases take less than the median of their risk."""
    dice = Random(1)
    spent = [people.service_s("high", dice) for _ in range(2001)]

    assert median(spent) == pytest.approx(people.MEDIAN_S["high"], rel=0.1)


def test_nobody_works_after_their_last_shift() -> None:
    """A reviewer looks again when they are there, and never after the week's last shift."""
    ana = Reviewer(PEOPLE[0])

    assert ana.working(0.0) == 7 * people.HOUR_S
    assert ana.working(8 * people.HOUR_S) == 8 * people.HOUR_S
    assert ana.working(4 * people.DAY_S + 15 * people.HOUR_S) is None
