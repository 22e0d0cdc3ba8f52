"""Figures: of a few rows they are what one counts by hand."""

import pytest
from benchmarks.week.people import Attention
from benchmarks.week.rows import Asked, Given, Pair
from benchmarks.week.traffic import Ask

from benchmarks.week import figures

ASK = Ask(0.0, "agent-01", "crm.update", {}, bad=False)


def answer(at: float, *, approves: bool = True, by: str = "ana") -> Given:
    """Make an answer that counted and took a second."""
    return Given(by, f"c{at}", at - 1, at, "call", False, approves, 0.0, "counted", False, "desk")


def test_waits_leave_out_what_nobody_was_asked_about() -> None:
    """What was cut is counted and waits for nobody; what expired waited all its time."""
    ends = [(10.0, "approved"), (30.0, "rejected"), (14400.0, "expired"), (0.0, "cut")]
    found = figures.waits([Asked(ASK, at, end) for at, end in ends])

    assert (found["median_s"], found["p95_s"], found["cut"], found["n"]) == (30.0, 14400.0, 1, 4)


def test_a_run_ends_with_a_pause() -> None:
    """Approvals that a pause parts are two runs; refusals are none, and part none."""
    times = [0, 100, 200, 200 + figures.PAUSE_S, 1200 + figures.PAUSE_S, 3000 + figures.PAUSE_S]
    given = [answer(at) for at in times]
    given.insert(1, answer(50, approves=False))

    assert figures.longest(given) == 3
    assert figures.longest([one._replace(came="too late") for one in given]) == 0


def test_a_long_run_is_counted_window_by_window() -> None:
    """One approval every ten minutes for a day has no pause, and 25 of them in four hours."""
    given = [answer(600.0 * at) for at in range(144)]

    assert figures.longest(given) == 144
    assert figures.unpaused(given) == 25


def test_agreement_is_cohens() -> None:
    """The worked example of the textbook: 20 and 15 agreed of 50 is a kappa of 0.4."""
    cells = {(True, True): 20, (True, False): 5, (False, True): 10, (False, False): 15}
    pairs = [Pair(*cell) for cell, count in cells.items() for _ in range(count)]

    assert figures.agreement(pairs) == pytest.approx(0.4)
    assert figures.agreement([Pair(True, True)]) is None
    assert figures.agreement([]) is None


def test_another_attention_is_strained_otherwise() -> None:
    """Strain is counted anew from the times: one for each approval, less what rest took away."""
    given = [answer(10), answer(11), answer(5011, approves=False), answer(5012)]
    slow, quick = Attention(rest_s=1e9), Attention(rest_s=1.0)

    assert [round(one.strain, 3) for one in figures.strained(given, slow)] == [0, 1, 2, 2]
    assert [round(one.strain, 3) for one in figures.strained(given, quick)] == [0, 1, 0, 0]
