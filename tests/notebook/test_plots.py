"""Plot: what the ledger says, and nothing else."""

from typing import Any

import pytest

from interlock.notebook import decisions_by_kind, step_latency
from interlock.notebook.plots import TURN, latencies_ms


@pytest.fixture
def day(worker: Any) -> Any:
    """Three looks, a payment after two seconds, and one that policy denies."""
    for _ in range(3):
        worker.call("look", {})
    paid = worker.call("pay", {"usd": 7})
    worker.clock.advance(2)
    worker.gate.inbox.approve(paid, by="ana")
    worker.go(paid)
    worker.call("pay", {"usd": 5000})
    return worker


def test_every_call_is_in_a_bar(day: Any) -> None:
    """The bars are the kinds that came out, as long as their calls are many."""
    axes = decisions_by_kind(day.gate)
    names = [label.get_text() for label in axes.get_yticklabels()]
    width = dict.fromkeys(names, 0)
    for bars in axes.containers:
        for name, bar in zip(names, bars, strict=True):
            width[name] += bar.get_width()

    assert width == {"allow": 3, "require approval": 1, "deny": 1}
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"released", "denied"}


def test_the_time_of_each_step(day: Any) -> None:
    """A wait counts from question to answer, a run from claim to end."""
    spent = latencies_ms(day.gate.audit.log())

    assert spent["wait for a human"] == [pytest.approx(2000)]
    assert spent["execute and inspect"] == [pytest.approx(250)] * 4
    assert spent[TURN] == [pytest.approx(250)] * 3
    axes = step_latency(day.gate)
    assert "wait for a human (1)" in [label.get_text() for label in axes.get_yticklabels()]


def test_an_empty_ledger_has_empty_plots(worker: Any) -> None:
    """Nothing happened, and that is what is drawn."""
    assert decisions_by_kind(worker.gate).containers == []
    assert list(step_latency(worker.gate).get_yticks()) == []
