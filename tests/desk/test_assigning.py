"""Assign: nobody has too much, nobody who could not answer is asked, no flood is in the way."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.assigning import Opening, Queued, Room, assign, fair, line

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(seconds=1000)
PEOPLE = ("ana", "bo", "cy", "dee", "eli")

openings = st.builds(
    Opening,
    st.lists(st.sampled_from(PEOPLE), unique=True, max_size=5).map(tuple),
    st.integers(1, 3),
)


def queued(
    name: str, agent: str = "bot", second: float = 0.0, *able: str, more: int = 1, same: str = ""
) -> Queued:
    """One question of an agent that waits since a second."""
    asks = (Opening(able or PEOPLE, more),)
    return Queued(name, ("", agent), START + timedelta(seconds=second), asks, same)


@st.composite
def queues(draw: st.DrawFn) -> list[Queued]:
    """Questions of some agents, of which some are alike."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(("a", "b", "c")),
                st.integers(0, 999),
                st.lists(openings, max_size=2).map(tuple),
                st.sampled_from(("", "", "x")),
            ),
            max_size=25,
        )
    )
    return [
        Queued(f"req_{at}", ("", agent), START + timedelta(seconds=second), asks, same)
        for at, (agent, second, asks, same) in enumerate(drawn)
    ]


rooms = st.builds(
    Room,
    cap=st.none() | st.integers(0, 6),
    out=st.frozensets(st.sampled_from(PEOPLE)),
    rebalance=st.booleans(),
    patience_s=st.none() | st.floats(1.0, 2000.0),
)


def heads(waiting: list[Queued]) -> list[Queued]:
    """Return one of each set of questions that are alike, the first in fair order."""
    found: dict[object, Queued] = {}
    for one in fair(waiting):
        found.setdefault((one.flow, one.same or one.id), one)
    return [*found.values()]


def loads(waiting: list[Queued], given_to: dict[str, tuple[str, ...]]) -> Counter[str]:
    """Return how much everybody is asked to look at."""
    return Counter(who for one in heads(waiting) for who in given_to[one.id])


class TestLaws:
    """What holds for every queue and everybody."""

    @given(queues(), rooms)
    def test_nobody_has_more_than_the_cap(self, waiting: list[Queued], room: Room) -> None:
        """Alike questions count once."""
        had = loads(waiting, assign(waiting, room, NOW))

        assert room.cap is None or all(load <= room.cap for load in had.values())

    @given(queues(), rooms)
    def test_nobody_is_asked_who_could_not_answer(self, waiting: list[Queued], room: Room) -> None:
        """Nor, with rebalancing, anyone who is out; and nobody twice."""
        found = assign(waiting, room, NOW)
        for one in heads(waiting):
            able = {who for opening in one.openings for who in opening.able}
            assert {*found[one.id]} <= able
            assert len({*found[one.id]}) == len(found[one.id])
            assert not (room.rebalance and {*found[one.id]} & {*room.out})

    @given(queues(), rooms)
    def test_a_question_whose_people_have_room_has_somebody(
        self, waiting: list[Queued], room: Room
    ) -> None:
        """With rebalancing, what nobody is asked about has only people who are out or full."""
        room = Room(room.cap, room.out, rebalance=True, patience_s=room.patience_s)
        found = assign(waiting, room, NOW)
        had = loads(waiting, found)
        for one in heads(waiting):
            free = {
                who
                for opening in one.openings
                for who in opening.able
                if who not in room.out and (room.cap is None or had[who] < room.cap)
            }
            assert found[one.id] or not free

    @given(queues(), rooms)
    def test_the_same_queue_gives_the_same_answer(self, waiting: list[Queued], room: Room) -> None:
        """However people and openings are listed."""
        turned = [
            one._replace(
                openings=tuple(Opening(each.able[::-1], each.more) for each in one.openings)
            )
            for one in waiting
        ]

        assert assign(turned, room, NOW) == assign(waiting, room, NOW)

    @given(queues(), st.sampled_from(PEOPLE))
    def test_who_goes_moves_only_their_own_questions(
        self, waiting: list[Queued], gone: str
    ) -> None:
        """As long as nobody is full."""
        here = assign(waiting, Room(rebalance=True), NOW)
        without = assign(waiting, Room(out={gone}, rebalance=True), NOW)

        assert all(without[one] == asked for one, asked in here.items() if gone not in asked)

    @given(queues(), st.integers(1, 60))
    def test_a_flood_pushes_back_no_first_question(self, waiting: list[Queued], many: int) -> None:
        """Whatever one agent asks, another's oldest has as many before it as without, and one."""
        flood = [queued(f"flood_{at}", "flood", -1.0) for at in range(many)]
        oldest: dict[tuple[str, str], str] = {}
        for one in fair(waiting):
            oldest.setdefault(one.flow, one.id)
        alone, flooded = ([one.id for one in fair(each)] for each in (waiting, [*flood, *waiting]))

        assert all(flooded.index(one) <= alone.index(one) + 1 for one in oldest.values())

    @given(st.integers(1, 60))
    def test_a_flood_takes_no_room_that_a_first_question_needs(self, many: int) -> None:
        """A cap of two is enough for two agents, whatever the one asks."""
        flood = [queued(f"flood_{at}", "flood", 0.0) for at in range(many)]
        one = queued("one", "quiet", 500.0, "ana")
        found = assign([*flood, one], Room(cap=2, rebalance=True), NOW)

        assert found["one"] == ("ana",)

    @given(queues())
    def test_fair_order_keeps_every_question_and_an_agents_own_order(
        self, waiting: list[Queued]
    ) -> None:
        """Nothing is lost, and no agent's younger question overtakes its older one."""
        ordered = fair(waiting)

        assert {one.id for one in ordered} == {one.id for one in waiting}
        for flow in {one.flow for one in heads(waiting)}:
            mine = [one.since for one in heads(ordered) if one.flow == flow]
            assert mine == sorted(mine)


def test_as_many_as_are_needed_are_asked() -> None:
    """Two approvals ask two people, the first two of the question's line."""
    found = assign([queued("r", more=2)], Room(), NOW)

    assert found == {"r": tuple(line("r", PEOPLE)[:2])}


def test_without_rebalancing_a_question_stays_with_the_first_in_its_line() -> None:
    """Who is out keeps theirs; what the first has no room for waits, though others have."""
    first = line("r", PEOPLE)[0]
    full = [queued(f"q{at}", "bot", at, first) for at in range(2)]

    assert assign([queued("r")], Room(out={first}), NOW) == {"r": (first,)}
    assert assign([*full, queued("r", "bot", 5)], Room(cap=2), NOW)["r"] == ()
    assert assign([*full, queued("r", "bot", 5)], Room(cap=2, rebalance=True), NOW)["r"] != ()


def test_one_person_more_for_each_time_that_a_question_waited_too_long() -> None:
    """After once and twice the time; never those without room, and only with rebalancing."""
    one, patient = queued("r"), Room(rebalance=True, patience_s=400.0)

    def asked(second: float, room: Room = patient) -> tuple[str, ...]:
        return assign([one], room, START + timedelta(seconds=second))["r"]

    assert [len(asked(second)) for second in (399, 400, 799, 800, 9999)] == [1, 2, 2, 3, 5]
    assert asked(800)[:2] == asked(400)
    assert len(asked(800, Room(patience_s=400.0))) == 1


def test_what_waits_longest_unassigned_comes_first_when_there_is_room() -> None:
    """The third question of a full reviewer is the next that comes to them."""
    waiting = [queued(f"q{at}", f"bot{at}", at, "ana") for at in range(4)]
    before = assign(waiting, Room(cap=2), NOW)

    assert [bool(before[one.id]) for one in waiting] == [True, True, False, False]
    assert assign(waiting[1:], Room(cap=2), NOW)["q2"] == ("ana",)


def test_questions_that_are_alike_go_to_the_same_people_and_count_once() -> None:
    """A hundred of the same leave room for another agent's and for a second kind."""
    alike = [queued(f"q{at}", "bot", at, "ana", "bo", same="pay") for at in range(100)]
    found = assign([*alike, queued("r", "bot", 200.0, "ana")], Room(cap=2), NOW)

    assert len({found[one.id] for one in alike}) == 1
    assert found["r"] == ("ana",)
    assert found["q0"] == assign(alike[1:], Room(cap=2), NOW)["q1"]
