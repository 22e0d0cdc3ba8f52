"""A clock that can leap."""

from datetime import timedelta

from interlock.clock import SystemClock
from interlock.testing.stage import LeapClock


def test_hours_pass_at_once() -> None:
    """The clock runs with the machine's, as far ahead as it leapt, and never back."""
    clock = LeapClock()
    assert abs(clock.now() - SystemClock().now()) < timedelta(seconds=5)

    clock.advance(14401)
    clock.advance(60)

    ahead = clock.now() - SystemClock().now()
    assert timedelta(seconds=14456) < ahead < timedelta(seconds=14466)
