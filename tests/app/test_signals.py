"""Signals: what was learned is shown with how sure that is, and can be made again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.clock import FrozenClock
from interlock.conduct import Intent, Ready, Turn, perform
from interlock.errors import DeskError
from interlock.path.execution import Done, Failed, Outcome
from interlock.path.proposal import Agent, Context

POLICY = """
tools: {pay: {risk_tags: [write]}}
signals: {anomaly: {min_history: 20, cold_start: ignore}, confidence: {missing: ignore}}
rules:
  - {id: any, match: {tools: [pay]}, decision: allow}
  - {id: odd, match: {anomaly_score_above: 0.99}, decision: require_approval}
  - {id: unsure, match: {confidence_below: 0.1}, decision: require_approval}
"""


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    """Open a gate that seals and learns when a test says so."""
    url = str(tmp_path / "ledger.db")
    with Gate.open(Policy.parse(POLICY), url, clock=FrozenClock(), state=tmp_path) as opened:
        opened.ledger.wrote = lambda _: None
        yield opened


def pay(gate: Gate, count: int, agent: str = "bot") -> None:
    """Pay now and then, sure of it each time, and wrong each third time."""
    for at in range(count):
        gate.ledger.clock.sleep(7200)
        args = {"amount": 20 + at % 5, "_interlock": {"confidence": 0.9}}
        turn = Turn(
            Context(Agent(agent, model="m1")), "main", f"t{at}", "", f"m{at}{agent}",
            (Intent("pay", args, "c"),),
        )  # fmt: skip
        (call,) = gate.conductor.propose(turn)
        outcome = Failed("no") if at % 3 == 2 else Done("ok")
        perform(gate.conductor, call, lambda _, ended=outcome: _ended(_, ended))


def _ended(_: Ready, outcome: Outcome) -> Outcome:
    return outcome


class TestReport:
    def test_a_cold_agent_is_said(self, gate: Gate) -> None:
        """Of too few calls no share of false alarms is made up."""
        pay(gate, 6)
        (found,) = gate.signals.calibrate().agents

        assert found.cold == "4 of 20 calls known"
        assert found.above == ()
        assert (found.agent, found.model, found.decided, found.right.hits) == ("bot", "m1", 6, 4)

    def test_a_known_agent_has_its_figures(self, gate: Gate) -> None:
        """False alarms by threshold, and what its word was worth, each with its interval."""
        pay(gate, 60)
        found = gate.signals.calibrate()
        (known,) = found.agents
        declared = next(one for one in known.sources if one.source == "declared")

        assert found.calls == 60
        assert known.cold == ""
        shares = [share.value for _, share in known.above]
        assert shares == sorted(shares, reverse=True)
        assert dict(known.above)[0.8].value <= 0.2
        assert declared.quality.ece == pytest.approx(0.9 - 2 / 3, abs=0.01)
        assert declared.quality.ece_corrected < declared.quality.ece
        assert declared.suggested is None

    def test_a_threshold_keeps_to_the_error_rate(self, gate: Gate) -> None:
        """The upper end of the interval counts: a rate that cannot be had has no threshold."""
        pay(gate, 60)
        gate.signals.calibrate()
        (known,) = gate.signals.report("bot", error_rate=0.5)
        declared = next(one for one in known.sources if one.source == "declared")

        assert declared.suggested is not None
        assert declared.suggested.wrong.high <= 0.5

    def test_json_is_whole(self, gate: Gate) -> None:
        """Every figure stands in the JSON, with of how many it is a share."""
        pay(gate, 60)
        (known,) = gate.signals.calibrate().agents
        said = known.json()

        assert said["right"]["of"] == 60
        assert {one["source"] for one in said["sources"]} == {"declared"}
        assert [one["threshold"] for one in said["above"]] == [0.5, 0.7, 0.8, 0.9, 0.95]

    @pytest.mark.parametrize("rate", [0.0, 1.0, -1.0, float("nan")])
    def test_a_rate_that_is_none(self, gate: Gate, rate: float) -> None:
        """A rate outside 0 to 1 is refused, and so is an agent that nobody knows."""
        with pytest.raises(DeskError, match="between 0 and 1"):
            gate.signals.report(error_rate=rate)
        with pytest.raises(DeskError, match="nothing is known"):
            gate.signals.report("nobody")


class TestCalibrate:
    def test_twice_is_once(self, gate: Gate) -> None:
        """Learned anew, and anew once more, the same is known; and passes go on from there."""
        pay(gate, 24)
        first = gate.signals.calibrate()
        assert gate.signals.calibrate().agents == first.agents
        pay(gate, 3, agent="cat")
        gate.ledger.seal_entries()
        gate.ledger.clock.sleep(10)
        gate.recover()

        assert [one.agent for one in gate.signals.report()] == ["bot", "cat"]
