"""Measure: the time that each case had the screen, and no other's."""

from interlock.clock import FrozenClock
from interlock.terminal.look_timer import LookTimer


def test_each_case_has_its_own_time() -> None:
    """It counts while it is shown, goes on where it comes back, and stands still meanwhile."""
    clock = FrozenClock()
    watch = LookTimer(clock.now)
    clock.advance(100)
    watch.show("a")
    clock.advance(5)
    watch.show("b")
    clock.advance(7)
    watch.show("a")
    clock.advance(2)

    assert (watch.spent_s("a"), watch.spent_s("b"), watch.spent_s("c")) == (7, 7, 0)


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    """No time is negative."""
    clock = FrozenClock()
    watch = LookTimer(clock.now)
    watch.show("a")
    clock.advance(4)
    watch.show("b")
    clock.advance(-60)
    watch.show("a")

    assert (watch.spent_s("a"), watch.spent_s("b")) == (4, 0)


def test_shown_again_goes_on() -> None:
    """To show what is shown already loses nothing."""
    clock = FrozenClock()
    watch = LookTimer(clock.now)
    for _ in range(3):
        watch.show("a")
        clock.advance(1)

    assert watch.spent_s("a") == 3
