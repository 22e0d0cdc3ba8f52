"""Weighing: what is odd for its agent is asked about, and nothing is a way past that."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import select

from interlock.app.policy import Policy
from interlock.conduct.experience import EVERY_S
from interlock.conduct.values import Call, Intent, Judgement
from interlock.conduct.weighing import MIN_HISTORY
from interlock.ledger.learned import LearnedRows
from interlock.ledger.tables import calls
from interlock.path.proposal import Agent, Context, Signal
from interlock.signals.confidence import SourceClaim
from interlock.signals.sighting import Sighting

from .conftest import World, open_world  # isort: skip

POLICY = """
version: v1
tools: {{pay: {{risk_tags: [write]}}, look: {{risk_tags: [read], effect: read}}}}
signals: {{{signals}}}
rules:
  - {{id: reads, match: {{tools: [look, pay]}}, decision: allow}}
  - {{id: odd, match: {{anomaly_score_above: 0.8}}, decision: require_approval}}
  {more}
"""
UNSURE = "- {id: unsure, match: {confidence_below: 0.7}, decision: require_approval}"
IGNORE = "anomaly: {cold_start: ignore, min_history: 20}"
LARGE = {"to": ["x"] * 600}


def policy(signals: str = IGNORE, more: str = "") -> str:
    """Write a policy that asks about odd calls."""
    return POLICY.format(signals=signals, more=more)


@pytest.fixture
def world(tmp_path: Path, database: str) -> Iterator[World]:
    """One world, of which nothing is sealed or learned but when a test says so."""
    made = open_world(tmp_path, policy())
    made.gate.ledger.wrote = lambda _: None
    yield made
    made.gate.close()


def taught(world: World, count: int = 60, agent: Agent = Agent("bot")) -> None:  # noqa: B008
    """Let an agent look and pay, a thread at a time and at all hours, and learn it."""
    for at in range(count // 2):
        world.clock.advance(7 * 3600)
        for call in (("look", {"account": "GB33"}), ("pay", usual(at))):
            made = proposed(world, *call, agent=agent, thread=f"t{at}")
            world.go(made.id)
    learn(world)


def usual(at: int) -> dict[str, Any]:
    """Pay somebody usual a usual amount."""
    return {"to": f"{('ana', 'bo', 'cy')[at % 3]}@example.com", "amount": 20 + at % 10}


def learn(world: World) -> None:
    """Seal all that there is, and learn it."""
    world.gate.ledger.seal_entries()
    world.clock.advance(EVERY_S)
    world.gate.signals.learn_due()


def proposed(
    world: World,
    tool: str,
    args: Mapping[str, Any],
    *,
    agent: Agent = Agent("bot"),  # noqa: B008 - a value
    thread: str = "new",
    signals: Mapping[str, Signal] = MappingProxyType({}),
    said: Mapping[str, SourceClaim] = MappingProxyType({}),
    name: str | None = None,
) -> Call:
    """Propose one call."""
    world.clock.advance(60)
    turn = world.turn((tool, args), name=name)
    context = Context(agent, signals=signals)
    intents = (Intent(tool, args, "c0", said=said),)
    (call,) = world.gate.conductor.propose(
        replace(turn, context=context, thread_id=thread, intents=intents)
    )
    with world.gate.ledger.begin() as tx:
        return tx.call(call)


def judged(call: Call) -> Judgement:
    """Return how a call was judged."""
    assert call.judgement is not None
    return call.judgement


ODD = {"to": "eve@evil.test", "amount": 90_000, "note": "urgent"}


class TestAnomaly:
    def test_the_odd_is_asked_about_and_the_usual_is_not(self, world: World) -> None:
        """Learned from what ran, by whatever process: who pays as always is not in the way."""
        taught(world)
        proposed(world, "look", {"account": "GB33"})
        usually, oddly = (proposed(world, "pay", args) for args in (usual(1), ODD))

        assert (usually.state, oddly.state) == ("decided", "pending")
        assert judged(oddly).signals["anomaly_score"] > 0.8
        assert any("median" in why for why in judged(oddly).reasons["anomaly_score"])

    def test_what_was_refused_does_not_become_usual(self, world: World) -> None:
        """Whoever tries again and again, and is refused, has not moved what is usual at all."""
        taught(world)
        first = judged(proposed(world, "pay", ODD)).signals["anomaly_score"]
        for at in range(5):
            call = proposed(world, "pay", ODD, thread=f"again {at}")
            world.gate.inbox.deny(call.id, by="bea", reason="no")
        learn(world)

        again = proposed(world, "pay", ODD, thread="at last")
        assert again.state == "pending"
        assert judged(again).signals["anomaly_score"] == pytest.approx(first, abs=0.02)

    @pytest.mark.parametrize("args", [LARGE, {"to": "x" * 70_000}, ODD])
    def test_size_is_no_way_past(self, world: World, args: dict[str, Any]) -> None:
        """What is too large to look at is asked about, also where nothing is known of an agent."""
        call = proposed(world, "pay", args)

        assert call.state == ("decided" if args is ODD else "pending")
        if args is not ODD:
            assert "not looked at" in judged(call).reasons["anomaly_score"][0]

    def test_a_cold_start_is_said(self, world: World) -> None:
        """Before enough is known there is no score: asked about, unless the policy says not to."""
        world.gate.reload(Policy.parse(policy("anomaly: {cold_start: escalate}")))
        call = proposed(world, "pay", ODD)

        assert call.state == "pending"
        assert "anomaly_score" not in judged(call).signals
        assert f"0 of {MIN_HISTORY} calls known" in judged(call).reasons["anomaly_score"][0]

    @pytest.mark.parametrize(
        ("given", "state"), [(0.0, "pending"), (1.0, "pending"), ("low", "pending")]
    )
    def test_a_host_lowers_nothing(self, world: World, given: Signal, state: str) -> None:
        """Of a host's score and ours the higher counts; what is no number stays one that fails."""
        taught(world)
        signals = {"anomaly_score": given}
        assert proposed(world, "pay", ODD, signals=signals).state == state
        proposed(world, "look", {"account": "GB33"}, thread="quiet")
        quiet = proposed(world, "pay", usual(1), signals=signals, thread="quiet")
        assert quiet.state == ("decided" if given == 0.0 else state)

    def test_a_turn_again_is_no_repetition(self, world: World) -> None:
        """A host that delivers a turn a second time makes no repetition of it for the next."""
        first = proposed(world, "pay", usual(2), name="m")
        for _ in range(4):
            assert proposed(world, "pay", usual(2), name="m").id == first.id
        again = proposed(world, "pay", usual(2))
        with world.gate.ledger.begin() as tx:
            row = select(calls.c.observation).where(calls.c.id == again.id)
            seen = Sighting.from_text(tx.connection.execute(row).scalar_one())

        assert seen is not None
        assert seen.thread is not None
        assert seen.thread.repeats == 1

    def test_another_process_knows_the_thread(self, world: World, tmp_path: Path) -> None:
        """After a restart a call stands where it stood: after the calls of its thread."""
        taught(world, 4)
        proposed(world, "look", {"account": "GB33"}, thread="on")
        recent = LearnedRows(world.gate.ledger).recent("", "main", "on", 32)

        assert [call.tool for _, call in recent] == ["look"]
        assert LearnedRows(world.gate.ledger).recent("", "main", "o", 32) == []

    def test_what_no_rule_looks_at_is_not_seen(self, world: World) -> None:
        """A policy without such a rule pays for nothing, and keeps nothing."""
        plain = "rules: [{match: {tools: [pay]}, decision: allow}]"
        world.gate.reload(Policy.parse(plain))
        proposed(world, "pay", ODD)

        assert LearnedRows(world.gate.ledger).recent("", "main", "new", 32) == []


def claimed(confidence: object) -> dict[str, Any]:
    """Pay, and say how sure one is."""
    return {**usual(1), "_interlock": {"confidence": confidence}}


class TestConfidence:
    @pytest.mark.parametrize(
        ("source", "args", "said", "state"),
        [
            ("declared", claimed(0.9), 0.1, "decided"),
            ("declared", claimed(0.2), 0.9, "pending"),
            ("logprobs, declared", claimed(0.9), 0.1, "pending"),
            ("logprobs, declared", claimed(0.2), 0.9, "decided"),
            ("logprobs", claimed(0.9), None, "pending"),
            ("declared", claimed("sure"), 0.9, "pending"),
            ("record", claimed(0.9), 0.9, "pending"),
        ],
    )
    def test_the_first_source_that_speaks_counts(
        self, world: World, source: str, args: dict[str, Any], said: float | None, state: str
    ) -> None:
        """In the policy's order; who says nothing, or no probability, is passed over."""
        terms = f"{IGNORE}, confidence: {{source: [{source}]}}"
        world.gate.reload(Policy.parse(policy(terms, UNSURE)))
        heard = {} if said is None else {"logprobs": SourceClaim(said, "tokens")}

        assert proposed(world, "pay", args, said=heard).state == state

    def test_the_claim_reaches_no_tool(self, world: World) -> None:
        """What an agent says of itself is taken out before anything else."""
        call = proposed(world, "pay", claimed(0.9))
        world.go(call.id)

        assert world.effects == [("pay", usual(1))]

    def test_a_boaster_is_seen_through(self, world: World) -> None:
        """Whose calls fail has no say by being sure, until its model is another one."""
        terms = f"{IGNORE}, confidence: {{source: [declared], calibration: learned}}"
        world.gate.reload(Policy.parse(policy(terms, UNSURE)))
        bot = Agent("bot", model="m1")
        world.result = ValueError("no such account")
        for at in range(24):
            call = proposed(world, "pay", claimed(0.95), agent=bot, thread=f"t{at}")
            world.go(call.id)
        learn(world)
        worse, anew = (
            proposed(world, "pay", claimed(0.95), agent=Agent("bot", model=model))
            for model in ("m1", "m2")
        )

        assert (worse.state, anew.state) == ("pending", "decided")
        assert judged(worse).signals["confidence"] < 0.2
        assert "of such calls were right" in judged(worse).reasons["confidence"][0]
