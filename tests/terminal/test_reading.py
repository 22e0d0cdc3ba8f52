"""Read: the queue, and the chosen case with what is known of it."""

from interlock.terminal.hand import Hand, Operator
from interlock.terminal.reading import QueueScope, read

from .conftest import Seat  # isort: skip


def test_what_waits_and_what_was_chosen(seat: Seat) -> None:
    """Without a name the queue alone; with one the case, and the last one like it."""
    first, second = seat.ask("note", n=1), seat.ask("note", n=2)
    hand = Hand(seat.gate, Operator("rita"))
    queue, one = (read(seat.gate, hand, QueueScope(), name) for name in ("", second))

    assert [each.id for each in queue.waiting] == [first, second]
    assert (queue.chosen, queue.similar, queue.why_not) == (None, None, None)
    assert one.chosen is not None
    assert one.similar is not None
    assert (one.chosen.id, one.similar.args, one.why_not) == (second, {"n": 1}, None)


def test_who_may_not_is_told_why(seat: Seat) -> None:
    """Where they are known, and as long as there is something to approve."""
    request = seat.ask("note")
    hand = Hand(seat.gate, Operator("cust"))

    assert "`cust` asked for this call" in (
        read(seat.gate, hand, QueueScope(), request).why_not or ""
    )
    seat.gate.inbox.deny(request, by="ana", reason="no")
    assert read(seat.gate, hand, QueueScope(), request).why_not is None
