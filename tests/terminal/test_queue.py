"""Queue: drawn by the clock, read when somebody rings."""

from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.cli.review import parts
from interlock.clock import FrozenClock
from interlock.terminal.app import ReviewApp
from interlock.terminal.hand import Operator
from interlock.terminal.page import row
from interlock.terminal.queue import LOOK_S
from interlock.terminal.reading import QueueScope

from .conftest import Seat, press, said, settled  # isort: skip

pytestmark = pytest.mark.timeout(60)  # the pilot waits for the screen after each key


async def rung(pilot: Pilot[None], app: ReviewApp, count: int) -> bool:
    """Let the app hear, as long as it takes, that so many calls wait; whether it did."""
    for _ in range(200):
        if len(app.cases) == count:
            return True
        await pilot.pause(0.02)
    return False


async def test_what_comes_is_seen_by_the_bell(seat: Seat) -> None:
    """Nobody looks in between: the ledger rings."""
    seat.ask("note")
    app = seat.app()
    async with app.run_test() as pilot:
        assert await rung(pilot, app, 1)
        seat.ask("note")
        assert await rung(pilot, app, 2)


async def test_the_countdown_needs_no_look(seat: Seat) -> None:
    """A tick draws the times; only one at which something ends reads the ledger."""
    request = seat.ask("note")
    app = seat.app()
    async with app.run_test() as pilot:
        await settled(pilot)
        before = app.case
        seat.clock.advance(LOOK_S - 1)
        app.tick()
        await settled(pilot)
        assert app.case is before
        assert "9:5" in said(app, "live")
        seat.clock.advance(600)
        app.tick()
        await settled(pilot)
        assert app.case is not None
        assert app.case.state == "expired"

    assert seat.state(request) == "expired"


async def test_a_time_that_ends_is_seen_at_once(seat: Seat) -> None:
    """Not as late as the next look would be."""
    seat.ask("note")
    app = seat.app()
    async with app.run_test() as pilot:
        await settled(pilot)
        seat.clock.advance(599)
        app.tick()
        await settled(pilot)
        seat.clock.advance(1.5)
        app.tick()
        await settled(pilot)
        assert app.case is not None
        assert app.case.state == "expired"


async def test_calls_that_are_put_off_are_not_shown(seat: Seat) -> None:
    """What this reviewer put off elsewhere is hidden here, too, and nobody else's is."""
    first, second = seat.ask("note"), seat.ask("note")
    seat.gate.inbox.snooze(first, for_s=300, reason="later", by="rita")
    seat.gate.inbox.snooze(second, for_s=300, reason="later", by="ana")
    app = seat.app()
    async with app.run_test() as pilot:
        await settled(pilot)
        assert [case.id for case in app.cases] == [second]


SHARED = """
version: v1
groups: {two: [rita, bo]}
approval_queue_policy: {max_open_requests_per_reviewer: 1}
fatigue_controls: {auto_rebalance: true}
rules: [{id: ask, match: {tools: ["*"]}, decision: require_approval, review: {route: two}}]
"""


@pytest.mark.parametrize(("mine", "shown"), [(None, 1), (True, 1), (False, 3)])
async def test_ones_own_share(tmp_path: Path, mine: bool | None, shown: int) -> None:
    """Where the policy caps what each is asked to look at, that; everything for who asks for it."""
    policy, clock = Policy.parse(SHARED), FrozenClock()
    with Gate.open(policy, str(tmp_path / "l.db"), clock=clock, state=tmp_path) as gate:
        seat = Seat(gate, clock)
        for at in range(3):
            seat.ask("note", agent=f"bot{at}")
        app = ReviewApp(gate, parts, Operator("rita"), QueueScope(mine=mine))
        async with app.run_test() as pilot:
            await settled(pilot)
            assert len(app.cases) == shown


async def test_who_has_nothing_sees_what_others_have(tmp_path: Path) -> None:
    """They are told so, in one line, which goes when something of their own comes."""
    policy, clock = Policy.parse(SHARED), FrozenClock()
    with Gate.open(policy, str(tmp_path / "l.db"), clock=clock, state=tmp_path) as gate:
        seat = Seat(gate, clock)
        first = seat.ask("note", agent="bot")
        (asked,) = gate.queue.assigned()[first]
        free = {"rita": "bo", "bo": "rita"}[asked]
        app = ReviewApp(gate, parts, Operator(free))
        async with app.run_test() as pilot:
            await settled(pilot)
            assert [case.id for case in app.cases] == [first]
            assert said(app, "whose") == "nothing of your own waits; these are others'"
            second = seat.ask("note", agent="other")
            app.look()
            await settled(pilot)
            assert [case.id for case in app.cases] == [first, second]
            assert not said(app, "whose")


async def test_an_empty_share_is_no_empty_queue(tmp_path: Path) -> None:
    """Who is asked nothing is told that others may be, and how to see it."""
    policy, clock = Policy.parse(SHARED), FrozenClock()
    with Gate.open(policy, str(tmp_path / "l.db"), clock=clock, state=tmp_path) as gate:
        until = clock.now() + timedelta(days=1)
        gate.reviewers.add("rita", by="rita")
        gate.reviewers.away("rita", until=until, reason="off", by="rita")
        Seat(gate, clock).ask("note")
        app = ReviewApp(gate, parts, Operator("rita"))
        async with app.run_test() as pilot:
            await settled(pilot)
            assert app.cases == []
            assert "--all shows what others are" in said(app, "live")


async def test_what_is_the_same_is_one_line(seat: Seat) -> None:
    """The oldest stands for them, with their number; the next when that is answered."""
    first, second, _ = [seat.ask("note", text="again") for _ in range(3)]
    app = seat.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert [case.id for case in app.cases] == [first]
        assert "note x 3" in row(app.cases[0], seat.clock.now(), 80)
        await press(pilot, "a")
        assert seat.state(second) == "pending"
        assert [case.id for case in app.cases] == [first, second]
