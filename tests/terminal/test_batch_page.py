"""Lay out: a batch, of which every difference is seen."""

from interlock.app.batches import BatchAnswer, BatchAnswers
from interlock.terminal.batch_page import batch_parts, counted_of
from interlock.terminal.page import page

from .conftest import Seat  # isort: skip


def test_what_varies_stands_before_what_does_not(seat: Seat) -> None:
    """The head says how many of what; then each call's own values; then what they share, once."""
    asked = [seat.ask("wire", to=to, text="same") for to in ("ana", "ana", "\x1b[2Jeve")]
    (batch,) = seat.gate.batches.list()
    told = "\n".join(page(batch_parts(batch, seat.clock.now()), 100))

    assert told.startswith(f"{batch.name}  3 calls\n  tool: wire\n  risk: high\n")
    assert 'what varies, call by call\n  args.to: "ana"  |  "ana"  |  "⟨U+001B⟩[2Jeve"' in told
    places = [told.index(f"{at} of 3  {request}") for at, request in enumerate(asked, 1)]
    assert places == sorted(places)
    assert told.index("the same of all") > places[-1]
    assert told.count("args.text") == 1
    assert "  what varies: nothing" not in told
    assert 'args.to: "⟨U+001B⟩[2Jeve"' in told
    assert "answer within: 9:5" in told
    assert "\x1b" not in told


def test_a_halt_stands_in_the_head(seat: Seat) -> None:
    """Who answers for all of them is told first that none of them runs."""
    for at in range(3):
        seat.ask("tag", n=at)
    seat.gate.halt(tool="tag", by="zoe", reason="audit")
    (batch,) = seat.gate.batches.list()
    whole = seat.gate.batches.show(batch.name)

    told = ("halted", "tool `tag` is halted by zoe: audit")
    assert told in batch_parts(whole, seat.clock.now())[0].rows


def test_what_only_signals_tell_apart(seat: Seat) -> None:
    """The same call three times: that it is a repetition is what varies, and stands there."""
    for _ in range(3):
        seat.ask("tag", n=1)
    (batch,) = seat.gate.batches.list()
    _, beside, *calls, _ = batch_parts(batch, seat.clock.now())

    assert beside.rows == [("signals.retry_count", "0  |  1  |  2")]
    assert [dict(one.rows)["signals.retry_count"] for one in calls] == ["0", "1", "2"]


def test_a_probe_is_no_call_that_was_answered() -> None:
    """Nothing of it was approved; what did not count is a call until it is known to be none."""
    call, probe = BatchAnswer("a", "approved"), BatchAnswer("b", "disclosed", probe={})
    lost = BatchAnswer("c", why_not="expired")

    assert counted_of(BatchAnswers([call])) == "1 of 1 call"
    assert counted_of(BatchAnswers([call, call, probe])) == "2 of 2 calls, and 1 probe"
    assert counted_of(BatchAnswers([lost, probe, probe])) == "0 of 1 call, and 2 probes"
