"""Fuzz: the command runs, and finds what breaks its laws."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from benchmarks import fuzz_policy
from interlock import Policy, PolicyError


@pytest.mark.slow
@pytest.mark.timeout(60)  # some hundred policies are loaded
def test_mutations_break_no_law(tmp_path: Path) -> None:
    """Whatever the bytes, a text loads or is refused, and what loads decides."""
    assert fuzz_policy.main(["--texts", "400", "--seed", "11", "--keep", str(tmp_path)]) == 0


def test_a_crash_is_found_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loader that raises anything but a policy error breaks a law, and its text is kept."""

    def crash(*_: Any) -> Policy:
        raise KeyError("rules")

    monkeypatch.setattr(fuzz_policy.Policy, "parse", crash)
    assert fuzz_policy.main(["--texts", "3", "--keep", str(tmp_path)]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["load-raised-KeyError.yaml"]


def test_an_error_without_a_place_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of two lines, or without its place, breaks a law."""

    def crash(*_: Any) -> Policy:
        raise PolicyError("something is wrong\nsomewhere")

    monkeypatch.setattr(fuzz_policy.Policy, "parse", crash)
    assert fuzz_policy.main(["--texts", "3", "--keep", str(tmp_path)]) == 1


class Clocks:
    """A clock and a thread's time that move by what each decision is said to take."""

    def __init__(self, *decisions: tuple[float, float]) -> None:
        """Take (thread seconds, seconds by the clock) of each decision, the last for all more."""
        self.decisions = list(decisions)
        self.worked = self.now = 0.0

    def decide(self) -> Any:
        """Take the time of the next decision."""
        worked, took = self.decisions[0] if len(self.decisions) == 1 else self.decisions.pop(0)
        self.worked += worked
        self.now += took
        return "decided"

    def thread_time(self) -> float:
        """Return what the thread worked."""
        return self.worked

    def monotonic(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.parametrize(
    ("decisions", "slow"),
    [
        ([(0.001, 0.002)], False),
        ([(0.06, 0.06)], True),
        ([(0.06, 0.06), (0.001, 0.001)], True),
        ([(0.001, 0.4)], True),
        ([(0.001, 0.4), *[(0.001, 0.3)] * 19, (0.001, 0.01)], False),
    ],
    ids=["fast", "works", "worked once", "waits", "a busy machine"],
)
def test_a_decision_is_slow_when_it_works_or_always_waits(
    decisions: list[tuple[float, float]], slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work over the bar is slow at once; waiting is when every repeat waits, not when one did."""
    clocks = Clocks(*decisions)
    monkeypatch.setattr(fuzz_policy, "time", clocks)

    decision, worked, took = fuzz_policy.timed(clocks.decide)

    assert decision == "decided"
    assert (max(worked, took) > fuzz_policy.DECIDE_S) is slow


def test_a_decision_that_waits_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that takes no work but time breaks a law."""
    clocks = Clocks((0.0, 0.4))
    decide = Policy.decide

    def wait(*asked: Any) -> Any:
        clocks.decide()
        return decide(*asked)

    policy = Policy.parse("rules: [{tool: a, action: allow}]")
    monkeypatch.setattr(fuzz_policy.Policy, "decide", wait)
    monkeypatch.setattr(fuzz_policy, "time", clocks)

    with pytest.raises(
        fuzz_policy.Failure, match="slow decision: 0 ms of work, 400 ms by the clock"
    ):
        fuzz_policy._decide(policy, {"name": "a"}, Random(0), Counter())
