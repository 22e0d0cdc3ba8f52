"""Wait: what people are made to wait, counted so that nobody looks faster than they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.desk.waiting import Wait, quantile, queues
from interlock.policy.operations import ApprovalQueuePolicy

SECONDS = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=60)


@given(SECONDS, st.floats(min_value=0.001, max_value=1))
def test_a_quantile_is_reached_by_its_share(seconds: list[float], share: float) -> None:
    """So many of the numbers are at most it, and fewer are below it: by the definition."""
    ordered = sorted(seconds)
    found = quantile(ordered, share)

    assert sum(each <= found for each in ordered) >= share * len(ordered) - 1e-6
    assert sum(each < found for each in ordered) < share * len(ordered) + 1e-6


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1e6)), max_size=30), st.randoms())
def test_the_order_of_waits_is_nothing(pairs: list[tuple[str, float]], random: object) -> None:
    """Routes stand in the order of their names, and each counts all of its own."""
    waits = [Wait(route, seconds, "answered") for route, seconds in pairs]
    mixed = sorted(waits, key=lambda _: random.random())  # type: ignore[attr-defined] - a Random

    assert queues(mixed, None) == queues(waits, None)
    assert sum(queue.answered for queue in queues(waits, None)) == len(waits)


def test_what_nobody_looks_at_is_slow() -> None:
    """An open question counts with its time so far: silence does not look like speed."""
    targets = ApprovalQueuePolicy(target_median_wait_sec=60, target_p95_wait_sec=120)
    (fast,) = queues([Wait("ops", 10, "answered")], targets)
    (slow,) = queues([Wait("ops", 10, "answered"), *[Wait("ops", 900, "open")] * 3], targets)

    assert fast.missed == ()
    assert slow.missed == ("target_median_wait_sec", "target_p95_wait_sec")
    assert (slow.open, slow.oldest_s, slow.answered) == (3, 900, 1)


@pytest.mark.parametrize(("seconds", "missed"), [(60, 0), (60.001, 1)])
def test_a_target_is_met_up_to_itself(seconds: float, missed: int) -> None:
    """As long as the target is in time; longer is not."""
    (queue,) = queues(
        [Wait("", seconds, "answered")], ApprovalQueuePolicy(target_median_wait_sec=60)
    )

    assert len(queue.missed) == missed


def test_without_targets_nothing_is_missed() -> None:
    """A policy that wants nothing of people is told how long they take all the same."""
    (queue,) = queues([Wait("", 1e9, "unanswered")], None)

    assert (queue.missed, queue.unanswered, queue.median_s) == ((), 1, 1e9)
