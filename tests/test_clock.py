"""Clock: stamps sort as time does, ids do not repeat."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from interlock.clock import FrozenClock, SystemClock, new_id, parse_stamp, stamp

times = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


@given(times, times)
def test_text_order_is_time_order(one: datetime, other: datetime) -> None:
    """Stamps have one width and sort as their times, whatever the zone."""
    assert (stamp(one) < stamp(other)) == (one < other)
    assert len(stamp(one)) == 27
    assert parse_stamp(stamp(one)) == one


def test_ids_are_unique() -> None:
    """Ten thousand ids, no repeat."""
    assert len({new_id("call") for _ in range(10_000)}) == 10_000


def test_a_frozen_clock_moves_when_told() -> None:
    """Sleeping on a frozen clock is advancing it."""
    clock = FrozenClock()
    before = clock.now()
    clock.sleep(5)

    assert clock.now() - before == timedelta(seconds=5)
    assert SystemClock().now().tzinfo is UTC
